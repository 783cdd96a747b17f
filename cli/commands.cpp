#include "cli/command.hpp"

#include <algorithm>
#include <array>

#include "cli/cluster_commands.hpp"
#include "cli/cmds.hpp"
#include "cli/gate_commands.hpp"
#include "cli/label_commands.hpp"
#include "cli/many_flags.hpp"

namespace mlopsctl::cli {
namespace {

constexpr Flag shared[] = {
    {"--directory", 'C', Takes::folder, "DIR", "work as if started in this folder"},
    {"--file", 'f', Takes::file, "FILE", "pipeline file; several overlay in order", "pipeline.yaml", false, true},
    {"--set", 0, Takes::text, "KEY=VALUE", "set one value: --set seed=2, --set data=/elsewhere", "", false, true},
    {"--jobs", 'j', Takes::integer, "N", "stages (or threads) at once; 0: one per core", "0"},
    {"--json", 0, Takes::nothing, "", "answer in JSON; errors too"},
    {"--color", 0, Takes::choice, "auto|always|never", "when to use colour", "auto"},
    {"--verbose", 'v', Takes::nothing, "", "write the diagnostic log to stderr"},
    {"--log-file", 0, Takes::file, "FILE", "append the diagnostic log to a file"},
};

constexpr Positional any_stages = {"STAGE", Takes::stage, "stages to consider, with what they need; none: all", 0, -1};
constexpr Positional maybe_run = {"RUN", Takes::run, "a run's id, the start of one, or latest", 0, 1};

constexpr Command elsewhere[] = {
    {.name = "init",
     .group = Group::main,
     .summary = "write a pipeline to start from",
     .details = "Writes pipeline.yaml, full of comments, and a small sample to train on. Nothing is ever overwritten.",
     .examples = {{"mlopsctl init && mlopsctl run", "from an empty folder to a judged release"}, {"mlopsctl init reviews", "in a new folder"}},
     .positionals = {{"FOLDER", Takes::folder, "where; made if need be (default: here)", 0, 1}},
     .run = cmd_init},
    {.name = "validate",
     .group = Group::main,
     .uses = uses_pipeline,
     .summary = "check the pipeline file; all faults at once",
     .examples = {{"mlopsctl validate"}, {"mlopsctl validate -f base.yaml -f prod.yaml", "an overlay"}},
     .positionals = {any_stages},
     .exit_codes = {{0, "valid"}, {2, "not valid"}},
     .run = cmd_validate},
    {.name = "plan",
     .group = Group::main,
     .uses = uses_pipeline | uses_jobs,
     .summary = "say what would run, and why; change nothing",
     .examples = {{"mlopsctl plan"}, {"mlopsctl plan --detailed-exitcode", "for scripts: is there anything to do?"}},
     .positionals = {any_stages},
     .flags = {{"--force", 0, Takes::nothing, "", "as if no result were known"},
               {"--detailed-exitcode", 0, Takes::nothing, "", "end with 2 when something would run"}},
     .exit_codes = {{0, "planned; with --detailed-exitcode: nothing to do"},
                    {2, "with --detailed-exitcode: something to run (or the pipeline is not valid: look at stderr)"}},
     .run = cmd_plan},
    {.name = "run",
     .group = Group::main,
     .uses = uses_pipeline | uses_jobs,
     .summary = "run what has to be run, reuse the rest",
     .details = "Ends with the verdict, the metrics, and where release and report lie. After a crash just run again: nothing is left to clean up.",
     .examples = {{"mlopsctl run"}, {"mlopsctl run fit --force", "this stage again, whatever is known"}, {"mlopsctl run -j 4 --json", "events as JSON lines"}},
     .positionals = {any_stages},
     .flags = {{"--force", 0, Takes::nothing, "", "run the named stages even if their result is known"},
               {"--no-wait", 0, Takes::nothing, "", "fail if another run of this pipeline is under way"},
               {"--runner", 0, Takes::choice, "process|thread", "where every stage runs"},
               {"--report", 0, Takes::choice, "yes|no", "write the HTML report", "yes"},
               override_flag},
     .exit_codes = {{1, "a verdict said no"}, {3, "a stage failed"}, {5, "a stage ran out of time"}, {6, "it went as it did, but an alert could not be sent"}},
     .run = cmd_run},
    {.name = "retrain",
     .group = Group::main,
     .uses = uses_pipeline | uses_jobs,
     .summary = "train anew if drift, age or new labels are a reason",
     .details =
         "Asks what `retrain` of the pipeline file asks: does the newest drift report alarm, is the model too old, have enough labelled rows come? If so, "
         "and neither cool-down nor budget forbids it, new windows of rows are chosen and the pipeline runs; the gate decides whether the new model "
         "takes over. To be called as often as you like, from cron or a CronJob: one reason trains once. After a crash the same command goes on with "
         "the training that was decided. Of two at once the second waits.",
     .examples = {{"mlopsctl retrain"},
                  {"mlopsctl retrain --dry-run", "each reason with its numbers, and what would be done"},
                  {"mlopsctl retrain --set stages.judge.champion=baseline", "the first time: no model is there to compare with"}},
     .flags = {{"--dry-run", 0, Takes::nothing, "", "say what would be done, and why; change nothing"},
               {"--report", 0, Takes::choice, "yes|no", "write the HTML report", "yes"},
               override_flag},
     .exit_codes = {{0, "nothing to do, or the new model has taken over; with --dry-run: said what would be done"},
                    {1, "trained, and the old model was kept"},
                    {3, "a stage failed; the same reason may train again"},
                    {6, "it went as it did, but an alert could not be sent"}},
     .run = cmd_retrain},
    {.name = "explain",
     .group = Group::main,
     .uses = uses_pipeline,
     .summary = "say why a stage runs or not: every cause, old and new value",
     .examples = {{"mlopsctl explain fit"}, {"mlopsctl explain fit --set stages.fit.model.c=2", "what would this change?"}},
     .positionals = {{"STAGE", Takes::stage, "the stage", 1, 1}},
     .run = cmd_explain},
    {.name = "status",
     .group = Group::main,
     .uses = uses_pipeline,
     .summary = "show each stage's last result and the registered models",
     .examples = {{"mlopsctl status"}},
     .positionals = {any_stages},
     .run = cmd_status},
    {.name = "history",
     .group = Group::inspect,
     .summary = "list the runs, or show one",
     .examples = {{"mlopsctl history"}, {"mlopsctl history latest", "its stages and metrics"}},
     .positionals = {maybe_run},
     .flags = {{"--limit", 'n', Takes::integer, "N", "at most so many runs", "20"}, {"--pipeline", 0, Takes::text, "NAME", "of this pipeline only"}},
     .run = cmd_history},
    {.name = "diff",
     .group = Group::inspect,
     .uses = uses_pipeline,
     .summary = "compare two runs, or a release with what a cluster has",
     .details = "Without arguments: the latest run against the one before it; parameters, metrics and artifacts. With --live: what `mlopsctl "
                "deploy` would change in the cluster, field by field, as its API server says it.",
     .examples = {{"mlopsctl diff"},
                  {"mlopsctl diff 20260131-08 latest", "ids may be shortened"},
                  {"mlopsctl diff --live", "the pipeline's release against the cluster"},
                  {"mlopsctl diff --live --manifests k8s/ --context staging"}},
     .positionals = {{"OLD", Takes::run, "a run's id or the start of one", 0, 1}, {"NEW", Takes::run, "the other run (default: latest)", 0, 1}},
     .flags = {{"--live", 0, Takes::nothing, "", "compare with a cluster"}, manifests_flag, kubeconfig_flag, context_flag, force_flag},
     .exit_codes = {{0, "they are the same"}, {1, "they differ"}},
     .run = cmd_diff},
    {.name = "report",
     .group = Group::inspect,
     .summary = "write one self-contained page about a run",
     .details = "With --stage, about one gate or drift check: what was compared, each test with its error rates, what it could have seen, and how it went in "
                "earlier runs; the same as JSON lies beside the page.",
     .examples = {{"mlopsctl report"},
                  {"mlopsctl report latest --output report.html"},
                  {"mlopsctl report --stage drift"},
                  {"mlopsctl report --stage drift --format markdown >>$GITHUB_STEP_SUMMARY"}},
     .positionals = {maybe_run},
     .flags = {{"--output", 'o', Takes::file, "FILE", "where to; - is stdout (default: .mlopsctl/reports/RUN.html)"},
               {"--stage", 0, Takes::stage, "NAME", "about this gate or drift check alone"},
               {"--format", 0, Takes::choice, "html|markdown|json", "what to write", "html"}},
     .run = cmd_report},
    {.name = "predict",
     .group = Group::models,
     .uses = uses_jobs,
     .summary = "label the rows of a CSV, TSV or JSON Lines file",
     .details = "Every column is kept, of JSON Lines every object as it is; two are added. The output appears complete or not at all; after a crash the same "
                "command goes on where the "
                "first one was (OUTPUT.partial and OUTPUT.journal beside the output). Memory does not grow with the file.",
     .examples = {{"mlopsctl predict --model feedback --input new.csv --output labelled.csv", "a registered alias"},
                  {"mlopsctl predict --model ./model --input - --output - <new.csv", "in a pipe"},
                  {"mlopsctl predict -m feedback -i new.csv -o out.csv --keep text --no-confidence", "two columns: the text, its label"}},
     .many_flags = predict_flags,
     .run = cmd_predict},
    {.name = "serve",
     .group = Group::models,
     .uses = uses_jobs,
     .summary = "answer requests over HTTP with a model",
     .details = "Answers in the Open Inference Protocol and in Hugging Face's shape; GET /docs shows all routes. Serves until SIGTERM: then it says that "
                "it is not ready, accepts no more, finishes what is under way, and ends with 0.",
     .examples = {{"mlopsctl serve --model feedback", "a registered alias, on port 8080; when it moves, the new model takes over"},
                  {"mlopsctl serve --model ./model --store sqlite:kept.sqlite --record 1", "a folder; keep what is predicted"},
                  {"mlopsctl serve --model feedback --api-keys keys --host 127.0.0.1", "not for everybody"}},
     .many_flags = serve_flags,
     .run = cmd_serve},
    {.name = "pages",
     .group = Group::models,
     .summary = "give the web pages of a server that runs elsewhere",
     .details = "A browser then needs to reach only the pages: what they ask of the API is passed on to it, with the user's key. "
                "`mlopsctl serve` has the same pages at /ui.",
     .examples = {{"mlopsctl pages --api http://api:8080", "on port 8501"}},
     .flags = {{"--api", 0, Takes::text, "URL", "the server that has the model", "", true},
               {"--host", 0, Takes::text, "ADDRESS", "listen on this address only (default: every address)"},
               {"--port", 'p', Takes::integer, "N", "listen on this port; 0: any free one", "8501"},
               {"--grace", 0, Takes::integer, "SECONDS", "after SIGTERM, finish what is under way for so long at most", "25"}},
     .run = cmd_pages},
    {.name = "probe",
     .group = Group::models,
     .summary = "ask a running server whether it is ready",
     .details = "For health checks in images that have no other HTTP client: asks once, and waits five seconds at most.",
     .examples = {{"mlopsctl probe"}, {"mlopsctl probe http://127.0.0.1:8501"}},
     .positionals = {{"URL", Takes::text, "the server (default: http://127.0.0.1:8080); a path after it is asked instead of /readyz", 0, 1}},
     .exit_codes = {{0, "it is ready"}, {1, "it is not, or does not answer"}},
     .run = cmd_probe},
    {.name = "alert test",
     .group = Group::models,
     .uses = uses_pipeline,
     .summary = "send a test message over the pipeline's alert channels",
     .examples = {{"mlopsctl alert test"}, {"mlopsctl alert test team", "that channel only"}},
     .positionals = {{"CHANNEL", Takes::text, "names under `alerts`; none: all", 0, -1}},
     .exit_codes = {{0, "all took it"}, {6, "one did not, and why"}},
     .run = cmd_alert_test},
    {.name = "alert flush",
     .group = Group::models,
     .uses = uses_pipeline,
     .summary = "send what waits: due digests, and what could not be sent",
     .details = "`mlopsctl run` does so, too, after it told what it found.",
     .examples = {{"mlopsctl alert flush"}},
     .exit_codes = {{0, "nothing waits that is due"}, {6, "a message could not be sent, and why; it waits"}},
     .run = cmd_alert_flush},
    {.name = "drift self-test",
     .group = Group::models,
     .uses = uses_jobs,
     .summary = "say how often drift rules alarm for nothing",
     .details = "Deals rows of yours again and again into a reference and a window, so that nothing has changed, and shows how often a drift check would "
                "alarm all the same, and the smallest change it would see.",
     .examples = {{"mlopsctl drift self-test --model feedback --input feedback.csv"},
                  {"mlopsctl drift self-test -m fit -i all.csv --label-column label --window 200"}},
     .flags = {{"--model", 'm', Takes::alias, "PATH|ALIAS", "a registered alias, a stage of the latest run, or a folder", "", true},
               {"--input", 'i', Takes::file, "FILE", "rows that the model has not learned from", "", true},
               {"--text-column", 0, Takes::text, "NAME", "the column with the text", "text"},
               {"--label-column", 0, Takes::text, "NAME", "the column with the label, for what is said of accuracy without labels"},
               {"--window", 0, Takes::integer, "N", "rows of the window (default: a third)"},
               {"--trials", 0, Takes::integer, "N", "deal so often", "400"}},
     .exit_codes = {{0, "no more alarms than stated"}, {1, "more than chance explains"}},
     .run = cmd_drift_self_test},
    {.name = "drift monitor",
     .group = Group::models,
     .summary = "watch the predictions that a server kept",
     .details = "Reads a store that `mlopsctl serve --store ... --record 1` writes, in order of time, against the profile in the model: has a label's "
                "share risen, has the confidence fallen, and since when? Set by how seldom it may alarm for nothing.",
     .examples = {{"mlopsctl drift monitor --model feedback --store sqlite:kept.sqlite"},
                  {"mlopsctl drift monitor -m feedback --store env:MLOPSCTL_STORE --change 0.05"}},
     .flags = {{"--model", 'm', Takes::alias, "PATH|ALIAS", "a registered alias, a stage of the latest run, or a folder", "", true},
               {"--store", 0, Takes::text, "ADDRESS", "sqlite:FILE or postgresql://...; env:NAME and file:FILE say where the address is", "", true},
               {"--change", 0, Takes::text, "SHARE", "the change to be found; half of it is let pass", "0.1"},
               {"--run-length", 0, Takes::integer, "N", "an alarm for nothing at most once in so many predictions", "100000"}},
     .exit_codes = {{0, "nothing has changed"}, {1, "something has"}},
     .run = cmd_drift_monitor},
    {.name = "model list", .group = Group::models, .summary = "list the registered models", .examples = {{"mlopsctl model list"}}, .run = cmd_model_list},
    {.name = "model show",
     .group = Group::models,
     .summary = "show what a model is: kind, labels, data, parameters",
     .examples = {{"mlopsctl model show feedback"}, {"mlopsctl model show ./model", "any model folder"}},
     .positionals = {{"MODEL", Takes::alias, "a registered alias, a stage of the latest run, a digest, or a folder", 1, 1}},
     .run = cmd_model_show},
    {.name = "model alias",
     .group = Group::models,
     .summary = "give a model a name, or show where a name pointed",
     .examples = {{"mlopsctl model alias feedback challenger", "the model of that stage, as last run"}, {"mlopsctl model alias feedback", "its history"}},
     .positionals = {{"NAME", Takes::alias, "the alias", 1, 1}, {"MODEL", Takes::stage, "a stage, a digest, another alias, or a folder", 0, 1}},
     .run = cmd_model_alias},
    {.name = "model fetch",
     .group = Group::models,
     .summary = "download a BERT from a hub, or a published model",
     .details = "From a hub it fetches config.json, the tokenizer's files and the weights, to fine-tune them. A private repository needs a token, in "
                "HF_TOKEN or in a file that HF_TOKEN_PATH names. HF_ENDPOINT names another hub. With HF_HUB_OFFLINE=1 only what was fetched before is "
                "checked.\n\nFrom a web server it fetches what `mlopsctl model publish` wrote, and checks every byte against the digest; a token may "
                "stand in MODEL_TOKEN.\n\nThe new folder appears complete or not at all; a download that was cut off goes on where it was.",
     .examples = {{"mlopsctl model fetch hf://org/name"},
                  {"mlopsctl model fetch hf://org/name@v1.0 --to models/base", "a tag, branch or commit"},
                  {"mlopsctl model fetch https://example.com/airline@sha256:1a2b... --to model", "that very model"}},
     .positionals = {{"REPOSITORY", Takes::text, "hf://ORGANISATION/NAME[@REVISION] (default: main), or https://HOST/PATH@DIGEST", 1, 1}},
     .flags = {{"--to", 0, Takes::folder, "FOLDER", "where to (default: a folder of the repository's name)"}},
     .run = cmd_model_fetch},
    {.name = "rollback",
     .group = Group::models,
     .summary = "go back to the model that was there before",
     .details = "Of an alias in .mlopsctl/; with --namespace, --context or --kubeconfig of a Deployment in the cluster, to a model that its ReplicaSets "
                "still know. A promotion that is under way is undone.",
     .examples = {{"mlopsctl rollback feedback"},
                  {"mlopsctl rollback feedback --to sha256:1a2b3c", "to that very model"},
                  {"mlopsctl rollback feedback --namespace shop", "the Deployment in the cluster"}},
     .positionals = {{"NAME", Takes::alias, "the alias, or the Deployment", 1, 1}},
     .flags = {{"--to", 0, Takes::text, "DIGEST", "a model it named before (default: the one before this)"},
               in_namespace_flag,
               kubeconfig_flag,
               context_flag,
               promotion_timeout_flag},
     .run = cmd_rollback},
    {.name = "cache gc",
     .group = Group::utility,
     .summary = "remove what no kept run needs",
     .examples = {{"mlopsctl cache gc --dry-run"}, {"mlopsctl cache gc --keep-runs 5"}},
     .flags = {{"--keep-runs", 0, Takes::integer, "N", "keep the results of so many last runs of each pipeline", "10"},
               {"--dry-run", 0, Takes::nothing, "", "only say what would be removed"}},
     .run = cmd_cache_gc},
    {.name = "cache verify",
     .group = Group::utility,
     .summary = "check that every stored artifact is there and whole",
     .examples = {{"mlopsctl cache verify"}, {"mlopsctl cache verify --read-data", "reads every byte: finds flipped bits"}},
     .flags = {{"--read-data", 0, Takes::nothing, "", "hash every artifact again"}},
     .exit_codes = {{0, "all is well"}, {1, "something was damaged or missing; it was set aside"}},
     .run = cmd_cache_verify},
    {.name = "schema",
     .group = Group::utility,
     .summary = "print the JSON Schema of pipeline files, for editors",
     .examples = {{"mlopsctl schema >pipeline.schema.json"}, {"mlopsctl schema --reference", "every key, as a Markdown page"}},
     .flags = {{"--reference", 0, Takes::nothing, "", "the reference of keys as Markdown"},
               {"--commands", 0, Takes::nothing, "", "the reference of commands as Markdown"}},
     .run = cmd_schema},
    {.name = "doctor",
     .group = Group::utility,
     .summary = "check this machine and this project",
     .examples = {{"mlopsctl doctor"}},
     .exit_codes = {{0, "all is well"}, {1, "something needs attention"}},
     .run = cmd_doctor},
    {.name = "completion",
     .group = Group::utility,
     .summary = "print a completion script for a shell",
     .examples = {{"mlopsctl completion bash >~/.local/share/bash-completion/completions/mlopsctl"},
                  {"mlopsctl completion zsh >~/.zfunc/_mlopsctl"},
                  {"mlopsctl completion fish >~/.config/fish/completions/mlopsctl.fish"}},
     .positionals = {{"SHELL", Takes::text, "bash, zsh or fish", 0, 1}},
     .flags = {{"--names", 0, Takes::choice, "stages|runs|aliases", "instead: print the names that the scripts offer"}},
     .run = cmd_completion},
    {.name = "version", .group = Group::utility, .summary = "print version, features and libraries", .examples = {{"mlopsctl version"}}, .run = cmd_version},
};

template <size_t... n>
constexpr auto joined(const Command (&... rows)[n]) {
  std::array<Command, (n + ...)> all;
  auto next = all.begin();
  ((next = std::copy(std::begin(rows), std::end(rows), next)), ...);
  return all;
}
constexpr auto table = joined(elsewhere, gate_commands, label_commands, cluster_commands);

// The rows before the first empty one.
template <typename Row, size_t n, typename Filled>
std::span<const Row> filled(const Row (&rows)[n], Filled is_filled) {
  return {rows, static_cast<size_t>(std::find_if_not(std::begin(rows), std::end(rows), is_filled) - std::begin(rows))};
}

}  // namespace

std::span<const Command> commands() { return table; }
std::span<const Flag> shared_flags() { return shared; }

const Command* find_command(std::string_view name) {
  const auto found = std::find_if(std::begin(table), std::end(table), [&](const Command& command) { return command.name == name; });
  return found == std::end(table) ? nullptr : found;
}

std::span<const Example> examples_of(const Command& command) {
  return filled(command.examples, [](const Example& row) { return !row.line.empty(); });
}

std::span<const Positional> positionals_of(const Command& command) {
  return filled(command.positionals, [](const Positional& row) { return !row.name.empty(); });
}

std::span<const Flag> flags_of(const Command& command) {
  if (!command.many_flags.empty()) return command.many_flags;
  return filled(command.flags, [](const Flag& row) { return !row.name.empty(); });
}

std::span<const ExitCode> exit_codes_of(const Command& command) {
  return filled(command.exit_codes, [](const ExitCode& row) { return row.code >= 0; });
}

bool honours(const Command& command, const Flag& flag) {
  if (flag.name == "--file" || flag.name == "--set") return (command.uses & uses_pipeline) != 0;
  if (flag.name == "--jobs") return (command.uses & uses_jobs) != 0;
  return true;
}

}  // namespace mlopsctl::cli
