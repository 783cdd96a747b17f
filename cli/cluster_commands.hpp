// The rows of the table of commands (commands.cpp) that have to do with a cluster.
#pragma once

#include "cli/cmds.hpp"
#include "cli/command.hpp"
#include "cli/gate_commands.hpp"

namespace mlopsctl::cli {

inline constexpr Flag manifests_flag = {"--manifests", 0, Takes::file, "PATH", "these instead of the pipeline's: a file, a folder, or - for stdin"};
inline constexpr Flag kubeconfig_flag = {"--kubeconfig", 0, Takes::file, "FILE", "how to reach the cluster (default: as kubectl finds it)"};
inline constexpr Flag context_flag = {"--context", 0, Takes::text, "NAME", "which of the kubeconfig's contexts (default: its current one)"};
inline constexpr Flag namespace_flag = {"--namespace", 0, Takes::text, "NAME", "look in this namespace (default: those of the pipeline's releases)"};
inline constexpr Flag detach_flag = {"--detach", 0, Takes::nothing, "", "do not watch it"};
inline constexpr Flag watch_flag = {"--timeout", 0, Takes::integer, "SECONDS", "watch for so long at most, the Job goes on; 0: to its end", "0"};
inline constexpr Flag in_namespace_flag = {"--namespace", 0, Takes::text, "NAME", "where the Deployment is (default: the context's namespace)"};
inline constexpr Flag promotion_timeout_flag = {"--timeout", 0, Takes::integer, "SECONDS",
                                                "watch for so long at most (default: as long as the gates allow, step by step)"};
inline constexpr Flag record_flag = {"--record", 0, Takes::file, "FILE", "a decision record from elsewhere", "", false, true};
inline constexpr Flag override_flag = {"--override", 0, Takes::text, "REASON", "release although a verdict says no; recorded with the reason"};
inline constexpr Flag force_flag = {"--force-conflicts", 0, Takes::nothing, "", "take over fields that belong to others"};

inline constexpr Positional deployment_positional = {"NAME", Takes::text, "the Deployment", 1, 1};
inline constexpr Positional job_positional = {"JOB", Takes::text, "a Job's name, or a job of the pipeline: its newest Job", 1, 1};
inline constexpr ExitCode promotion_waits = {5, "paused or out of time; it waits in the cluster"};
inline constexpr ExitCode job_done = {0, "the job is done"}, job_failed = {3, "it failed, also where its own code is none of these"},
                          job_late = {5, "it, or the watching, ran out of time"};

inline constexpr Flag promote_flags[] = {{"--to", 0, Takes::text, "DIGEST", "the model that must be the release's"},
                                         {"--strategy", 0, Takes::text, "HOW", "rolling, blue-green or canary:10,50,100 (default: the release's)"},
                                         manifests_flag,
                                         record_flag,
                                         trust_flag,
                                         override_flag,
                                         kubeconfig_flag,
                                         context_flag,
                                         force_flag,
                                         promotion_timeout_flag};
inline constexpr Flag deploy_flags[] = {
    {"--dry-run", 0, Takes::nothing, "", "change nothing"},
    manifests_flag,
    record_flag,
    trust_flag,
    override_flag,
    kubeconfig_flag,
    context_flag,
    force_flag,
    {"--no-wait", 0, Takes::nothing, "", "do not wait for the pods"},
    {"--timeout", 0, Takes::integer, "SECONDS", "wait for so long at most (default: 600; for a promotion as long as its gates allow, step by step)"}};

inline constexpr Command cluster_commands[] = {
    {.name = "model publish",
     .group = Group::models,
     .summary = "write a model for any web server to hand out",
     .details = "Into a folder of the digest's name and a list of its files beside it. What is fetched from there is checked against the digest, so the "
                "server need not be trusted.",
     .examples = {{"mlopsctl model publish feedback --to /srv/models/feedback"}},
     .positionals = {{"MODEL", Takes::alias, "a registered alias, a digest, a stage of the latest run, or a folder", 1, 1}},
     .flags = {{"--to", 0, Takes::folder, "FOLDER", "what the server hands out", "", true}},
     .run = cmd_model_publish},
    {.name = "promote",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "let a new model take over in the cluster, step by step",
     .details = "Deploys the release NAME by its strategy: rolling, blue-green (all new pods beside the old ones, then all requests), or canary (a share of "
                "the requests first, as the number of pods makes it). What the pods count at /metrics decides: errors, slow answers, and how often "
                "which label is named, compared with the old model. A model that does worse, crashes or does not start is undone. The journal is "
                "in the cluster: any machine can go on with it (`mlopsctl rollout`).",
     .examples = {{"mlopsctl promote feedback"},
                  {"mlopsctl promote feedback --strategy canary:33,100"},
                  {"mlopsctl promote feedback --manifests k8s/ --to sha256:1a2b3c", "only if that is its model"}},
     .positionals = {{"NAME", Takes::text, "the release: the name of its Deployment", 1, 1}},
     .many_flags = promote_flags,
     .exit_codes = {{0, "promoted"}, {1, "undone: the new model did worse; or no decision record grants it"}, promotion_waits},
     .run = cmd_promote},
    {.name = "rehearse",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "rehearse a promotion and what may go wrong in it",
     .details =
         "Drives the promotion of the release by its strategy, replicas and gates as `mlopsctl promote` does, but in simulated clusters, from a "
         "release like it that has another model. In each something else goes wrong: the new model crashes, does not start, answers with errors, "
         "slowly or with other labels; nobody asks; a node or the API server is lost; each single write fails; mlopsctl is killed after each. Says how each "
         "ends (stopped: it waits for `mlopsctl rollout resume|abort`), how many pods answered at the least, how many requests failed, and how "
         "long it took to undo it. No model has to be made for that. The same seed gives the same answer.",
     .examples = {{"mlopsctl rehearse"},
                  {"mlopsctl rehearse --rate 2 --start 40", "few requests, and a model that loads slowly"},
                  {"mlopsctl rehearse --manifests k8s/ --json"}},
     .positionals = {{"STAGE", Takes::stage, "deploy stages; none: all with a kubernetes target", 0, -1}},
     .flags = {{"--rate", 0, Takes::integer, "N", "requests a second, all together", "100"},
               {"--start", 0, Takes::integer, "SECONDS", "from the start of a container until it answers", "5"},
               {"--seed", 0, Takes::integer, "N", "what happens by chance", "1"},
               manifests_flag},
     .exit_codes = {{0, "every scenario ends as it should, and never with fewer pods than it must"}, {1, "one does not, and which"}},
     .run = cmd_rehearse},
    {.name = "rollout status",
     .group = Group::cluster,
     .summary = "how far a promotion is",
     .examples = {{"mlopsctl rollout status feedback --namespace shop"}},
     .positionals = {deployment_positional},
     .flags = {in_namespace_flag, kubeconfig_flag, context_flag},
     .run = cmd_rollout_status},
    {.name = "rollout watch",
     .group = Group::cluster,
     .summary = "look on while somebody drives a promotion, to its end",
     .details = "From any machine. After a lost connection it goes on where the promotion is by then; with --json each change is a line.",
     .examples = {{"mlopsctl rollout watch feedback --namespace shop"}},
     .positionals = {deployment_positional},
     .flags = {in_namespace_flag, kubeconfig_flag, context_flag, {"--timeout", 0, Takes::integer, "SECONDS", "look on for so long at most", "3600"}},
     .exit_codes = {{0, "promoted"}, {1, "undone: the new model did worse, or somebody aborted it"}, promotion_waits},
     .run = cmd_rollout_watch},
    {.name = "rollout pause",
     .group = Group::cluster,
     .summary = "stop a promotion where it is, whoever drives it",
     .details = "Whoever drives it hears of it before its next write, and ends. It waits in the cluster, with as many pods as it had, until somebody goes on "
                "with it (`mlopsctl rollout resume`) or undoes it. A rolling update stands still, too.",
     .examples = {{"mlopsctl rollout pause feedback --namespace shop"}},
     .positionals = {deployment_positional},
     .flags = {in_namespace_flag, kubeconfig_flag, context_flag, promotion_timeout_flag},
     .exit_codes = {{0, "it is paused"}, {4, "it ended before that, or is being undone"}, {5, "out of time: whoever drives it has not stopped yet"}},
     .run = cmd_rollout_pause},
    {.name = "rollout resume",
     .group = Group::cluster,
     .summary = "go on with a promotion that was paused or left",
     .examples = {{"mlopsctl rollout resume feedback --namespace shop"},
                  {"mlopsctl rollout resume feedback --without-verdict", "pods that are available are enough"}},
     .positionals = {deployment_positional},
     .flags = {{"--without-verdict", 0, Takes::nothing, "", "go on though too few requests came to judge by"},
               in_namespace_flag,
               kubeconfig_flag,
               context_flag,
               promotion_timeout_flag},
     .exit_codes = {{0, "promoted"}, {1, "undone: the new model did worse"}, promotion_waits},
     .run = cmd_rollout_resume},
    {.name = "rollout abort",
     .group = Group::cluster,
     .summary = "undo a promotion that has not ended",
     .details = "The Deployment and whom its Service sends requests to are as before then. Other objects that were deployed with the new model stay as "
                "they are now: to take them back, deploy the release of before.",
     .examples = {{"mlopsctl rollout abort feedback --namespace shop"}},
     .positionals = {deployment_positional},
     .flags = {in_namespace_flag, kubeconfig_flag, context_flag, promotion_timeout_flag},
     .exit_codes = {{0, "all is as before"}, {5, "out of time; it waits in the cluster"}},
     .run = cmd_rollout_abort},
    {.name = "rollout history",
     .group = Group::cluster,
     .summary = "past promotions: who, when, which models",
     .examples = {{"mlopsctl rollout history feedback --namespace shop"}},
     .positionals = {deployment_positional},
     .flags = {in_namespace_flag, kubeconfig_flag, context_flag},
     .run = cmd_rollout_history},
    {.name = "render",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "print the Kubernetes manifests of the release",
     .examples = {{"mlopsctl render"}, {"mlopsctl render release --output manifests", "one file each"}},
     .positionals = {{"STAGE", Takes::stage, "deploy stages; none: all", 0, -1}},
     .flags = {{"--output", 'o', Takes::folder, "DIR", "write files here instead of printing; - is stdout", "-"}},
     .run = cmd_render},
    {.name = "deploy",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "bring the release into a Kubernetes cluster, and wait for it",
     .details = "First everything that would stop it is looked for, and nothing is changed where something is found: rights, refused or "
                "immutable fields, fields that belong to others, Pod Security, quota, autoscalers, room on the nodes. Then the objects are "
                "applied in order, and the pods waited for; what keeps them from starting is told as it shows, with the end of the log. A release "
                "whose pods answer already is promoted by its strategy, as `mlopsctl promote` does it.",
     .examples = {{"mlopsctl deploy"},
                  {"mlopsctl deploy --dry-run", "what would change, and what would stop it"},
                  {"mlopsctl deploy --manifests k8s/ --context staging --timeout 120"}},
     .positionals = {{"STAGE", Takes::stage, "deploy stages; none: all with a kubernetes target", 0, -1}},
     .many_flags = deploy_flags,
     .exit_codes = {{0, "done; with --dry-run: nothing stands in the way"},
                    {1, "with --dry-run: something does; no decision record grants the model; or it did worse and was undone"},
                    {5, "the pods are not available in time, or a promotion is paused"}},
     .run = cmd_deploy},
    {.name = "job start",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "run a job of the release in the cluster, and watch it",
     .details = "A job of target.kubernetes.jobs by its name, or, after --, any command line of mlopsctl, as a Job with the release's image, "
                "settings and volumes. Its log goes to stdout as it is written, what keeps it from running to stderr, and its exit code is "
                "passed on. Whether it is tried again its exit code says: 1 and 2 never, 3, 4, 5 and 70 up to its retries, 130 and a lost "
                "node without being counted. Of one job only one runs at a time: where it is under way already, that run is watched, so that "
                "the same command goes on after a lost connection. Ctrl-C ends the watching, not the Job.",
     .examples = {{"mlopsctl job start predict", "a job of the pipeline"},
                  {"mlopsctl job start predict --detach"},
                  {"mlopsctl job start once --claim data -- run -f /data/pipeline.yaml", "any pipeline, with the volume data at /data"}},
     .positionals = {{"NAME", Takes::text, "the job's name", 1, 1},
                     {"ARG", Takes::text, "after --: what mlopsctl is to do there, instead of the pipeline's args", 0, -1}},
     .flags = {{"--release", 0, Takes::stage, "STAGE", "the deploy stage it belongs to, where several could be meant"},
               {"--claim", 0, Takes::text, "NAME", "mount this PersistentVolumeClaim at /data, for arguments after --"},
               detach_flag,
               watch_flag,
               kubeconfig_flag,
               context_flag},
     .exit_codes = {job_done, job_failed, job_late},
     .run = cmd_job_start},
    {.name = "job list",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "list the Jobs in the cluster: state, time, why one failed",
     .examples = {{"mlopsctl job list"}, {"mlopsctl job list --namespace reviews", "without a pipeline file"}},
     .flags = {namespace_flag, kubeconfig_flag, context_flag},
     .run = cmd_job_list},
    {.name = "job logs",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "print what a Job has written, or watch it to its end",
     .examples = {{"mlopsctl job logs predict", "the newest Job of that work"},
                  {"mlopsctl job logs feedback-predict-r3 --follow", "to its end; ends with its exit code"}},
     .positionals = {job_positional},
     .flags = {{"--follow", 0, Takes::nothing, "", "watch it to its end"}, watch_flag, namespace_flag, kubeconfig_flag, context_flag},
     .exit_codes = {{0, "printed; with --follow: the job is done, else its own exit code"}},
     .run = cmd_job_logs},
    {.name = "job cancel",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "end a Job, and wait until its pod has ended",
     .details = "The pod is told to stop (SIGTERM): a prediction keeps what it has written, and the next run of it goes on from there.",
     .examples = {{"mlopsctl job cancel predict"}},
     .positionals = {job_positional},
     .flags = {namespace_flag, kubeconfig_flag, context_flag},
     .run = cmd_job_cancel},
    {.name = "schedule apply",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "bring the release's schedules into the cluster",
     .details = "Every job of target.kubernetes.jobs that has `cron` becomes a CronJob; the server is left as it is. Schedule and time zone are "
                "checked here, and the next three times are said. Of one schedule two runs never overlap (concurrencyPolicy Forbid), and a run "
                "that cannot start within ten minutes of its time is left out.",
     .examples = {{"mlopsctl schedule apply"}, {"mlopsctl schedule apply predict --dry-run", "only say when it would run"}},
     .positionals = {{"NAME", Takes::text, "jobs of the pipeline; none: all that have cron", 0, -1}},
     .flags = {{"--dry-run", 0, Takes::nothing, "", "change nothing, ask no cluster"}, kubeconfig_flag, context_flag},
     .run = cmd_schedule_apply},
    {.name = "schedule status",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "say whether the schedules keep their times",
     .details = "Those of the cluster; with --local, or where the pipeline has no kubernetes target, those that cron or systemd timers of this machine run.",
     .examples = {{"mlopsctl schedule status", "for alerts: 1 when something is wrong"}},
     .positionals = {{"NAME", Takes::text, "schedules; none: all", 0, -1}},
     .flags = {{"--local", 0, Takes::nothing, "", "those of this machine"}, namespace_flag, kubeconfig_flag, context_flag},
     .exit_codes = {{0, "all are well"}, {1, "one is overdue or missing, or its last run failed"}},
     .run = cmd_schedule_status},
    {.name = "schedule fire",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "run what a schedule runs, now, and watch it",
     .details = "Makes a Job of the CronJob as the cluster has it; else as `mlopsctl job start`.",
     .examples = {{"mlopsctl schedule fire predict"}},
     .positionals = {{"NAME", Takes::text, "the schedule", 1, 1}},
     .flags = {detach_flag, watch_flag, namespace_flag, kubeconfig_flag, context_flag},
     .exit_codes = {job_done, job_failed, job_late},
     .run = cmd_schedule_fire},
    {.name = "schedule run",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "run a scheduled job here: what cron or a timer calls",
     .details =
         "Notes when it began and how it ended, for `mlopsctl schedule status`. A run that is still under way is never joined by another. What was cut off "
         "keeps its name in the next run, so that a prediction goes on where it was. What failed is tried again at once, as often as the job's `retries` say; "
         "at its `deadline` it is told to stop.",
     .examples = {{"mlopsctl schedule run drift"}, {"mlopsctl -C /srv/reviews schedule run retrain", "as a crontab has it"}},
     .positionals = {{"NAME", Takes::text, "the job", 1, 1}},
     .exit_codes = {{0, "done, or under way already; else the job's own exit code"}, {5, "it was not done within its deadline"}},
     .run = cmd_schedule_run},
    {.name = "schedule render",
     .group = Group::cluster,
     .uses = uses_pipeline,
     .summary = "print crontab lines or systemd units for the schedules",
     .details = "Of the jobs of target.local, and of those of target.kubernetes, to be run here with `mlopsctl schedule run`. From then on `mlopsctl schedule "
                "status` expects them to keep their times.",
     .examples = {{"mlopsctl schedule render --for cron", "lines for `crontab -e`"},
                  {"mlopsctl schedule render --for systemd --output ~/.config/systemd/user", "then: systemctl --user enable --now mlopsctl-NAME.timer"}},
     .positionals = {{"NAME", Takes::text, "jobs; none: all that have cron", 0, -1}},
     .flags = {{"--for", 0, Takes::choice, "cron|systemd", "who is to call", "", true},
               {"--output", 'o', Takes::folder, "DIR", "write files here instead of printing; - is stdout", "-"}},
     .run = cmd_schedule_render},
};

}  // namespace mlopsctl::cli
