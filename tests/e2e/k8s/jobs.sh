#!/usr/bin/env bash
# `mlopsctl job` and `mlopsctl schedule` on the real cluster, with the program itself in the pods and configs/sentiment140-jobs.yaml as a user
# has it: batch prediction, drift check and retraining, as Jobs and from CronJobs, onto a mounted volume.
# usage: tests/e2e/k8s/jobs.sh MLOPSCTL TWEETS     while the cluster is up; 77 when it is not, or where there are no tweets
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/k8s/jobs_lib.sh
source "$here/jobs_lib.sh"

# Retraining makes the model on the volume that the prediction then takes.
starts 0 retrain
says err "created ServiceAccount $space/sentiment140"
says err "started Job $space/sentiment140-retrain-r1"
says out "verdict of judge: pass"
says err "Job $space/sentiment140-retrain-r1 is done, watched for"
on_volume model list --json | jq -e '[.models[].alias] == ["model_sentiment140-retrain-r1", "sentiment140"]' >/dev/null || fail "the model is not on the volume"
starts 0 predict
says err "started Job $space/sentiment140-predict-r1"
same_as_here sentiment140-predict-r1
expect 0 job list --json
jq -e '[.jobs[] | [.job, .work, .state, .exit_code]] == [["sentiment140-retrain-r1", "retrain", "done", 0], ["sentiment140-predict-r1", "predict", "done", 0]]' out >/dev/null || fail "job list"
expect 0 job logs retrain
says out "verdict of judge: pass"
says err "Job $space/sentiment140-retrain-r1: done"

# An alarm is an answer and no failure: told to Slack, exit code 1, not tried again. Most of these texts were trained on, which the check sees.
starts 1 drift
says out "verdict of drift: fail"
says err "Job $space/sentiment140-drift-r1 failed: exit code 1: a verdict said no; so it is not tried again"
[ "$("$kubectl" -n "$space" get job sentiment140-drift-r1 -o jsonpath='{.status.failed}')" = 1 ] || fail "the drift check was tried again"
[ "$(grep -c 'unknown_share' told)" = 1 ] || fail "Slack was not told of the drift once"

# What the pipeline has and nobody has applied is told; what the model is made of need not be here.
expect 1 schedule status retrain
says out "retrain: the pipeline has it and the cluster has not; \`mlopsctl schedule apply\` brings it there"
expect 0 schedule apply --dry-run retrain --set data=elsewhere.csv
[ "$(grep -c ' 00:00 UTC$' out)" = 3 ] || fail "not the next three times"

# The retraining's CronJob, fired twice for one reason: one training, which the second finds in the journal on the volume.
expect 0 schedule apply retrain
says err "created CronJob $space/sentiment140-retrain"
label_more
starts_schedule 0 retrain
says out "labels: 2000 labelled rows came since"
says err "Job $space/sentiment140-retrain-r2 is done, watched for"
[ "$("$kubectl" -n "$space" get job sentiment140-retrain-r2 -o jsonpath='{.metadata.ownerReferences[0].name}')" = sentiment140-retrain ] || fail "the Job is not the CronJob's"
on_volume model list --json | jq -e '[.models[].alias] | index("model_sentiment140-retrain-r2")' >/dev/null || fail "the second model has no name of its own"
starts_schedule 0 retrain
says out "no reason to train anew"
says err "Job $space/sentiment140-retrain-r3 is done, watched for"
jq -e '[.attempts[] | [.state, .reasons[].name]] == [["accepted", "first"], ["accepted", "labels"]]' "$volume/.mlopsctl/retrain/sentiment140-jobs.json" >/dev/null ||
  fail "not one training for each reason"
on_volume model list --json | jq -e '[.models[].alias] | index("model_sentiment140-retrain-r3") | not' >/dev/null || fail "one reason has trained twice"

# Every minute from now on; the controller's own run of it is waited for at the end.
every_minute=(--set 'stages.release.target.kubernetes.jobs.predict.cron="* * * * *"')
expect 0 schedule apply "${every_minute[@]}"
says err "created CronJob $space/sentiment140-predict"
says out "predict: * * * * * in Etc/UTC; a run that is still under way is never joined by another"
grep -Eq '^  [A-Z][a-z]{2} [0-9-]{10} [0-9:]{5} UTC$' out || fail "the next times are not said"
expect 0 schedule apply "${every_minute[@]}"
[ ! -s err ] || fail "applied twice, the schedules are told as changed"
expect 0 schedule status

# The exit code is passed on, and says whether it is worth another try.
starts 2 wrong --claim data -- predict --model nothing --input new.csv --output x.csv
says err "Job $space/sentiment140-wrong-r1 failed: exit code 2: the command line, the pipeline or an input is wrong; so it is not tried again"
[ "$("$kubectl" -n "$space" get job sentiment140-wrong-r1 -o jsonpath='{.status.failed}')" = 1 ] || fail "it was tried again"
starts_schedule 2 broken
expect 1 schedule status
says out "broken: the last run, sentiment140-broken-r1, failed: exit code 2:"
expect 1 schedule status --json broken
jq -e '.well == false and .schedules[0].state == "failed"' out >/dev/null || fail "schedule status --json"
starts_schedule 1 drift
expect 0 schedule status drift

# What keeps it from running is told.
kubernetes=stages.release.target.kubernetes
starts 5 far --set $kubernetes.image=registry.test/nowhere:v1 --timeout 3 -- version
says err "container job: the image registry.test/nowhere:v1 cannot be pulled"
says err "error: Job $space/sentiment140-far-r1 is not done after 3 s"
says err "goes on in the cluster; watch it again: \`mlopsctl job logs sentiment140-far-r1 --namespace $space --follow\`; end it: \`mlopsctl job cancel"
expect 0 job cancel far
says out "cancelled Job $space/sentiment140-far-r1"
starts 5 large --set $kubernetes.resources.requests.cpu=100 --set $kubernetes.resources.limits.cpu=100 --timeout 2 -- version
says err "no node takes it: 0/2 nodes are available"
expect 0 job cancel large
starts 3 hungry --claim data --set $kubernetes.resources.requests.memory=8Mi --set $kubernetes.resources.limits.memory=12Mi \
  -- run -f pipeline.yaml --runner thread --set data=window.csv --set new=new.csv --set stages.fit.model.c=3
says err "it was killed for using more memory than its limit"
starts 5 slow
says err "it was not done within its deadline of 3 s"

# Who watches may die, the Job goes on; the same command finds it again.
starts_aside endless
until grep -q "serving" aside.out aside.err; do kill -0 $aside || fail "the watching ended"; sleep 0.05; done
kill -9 $aside
starts 5 endless --timeout 2
says err "Job $space/sentiment140-endless-r1 is under way already"
says err "is not done after 2 s"
starts 4 endless -- version
says err "error: Job $space/sentiment140-endless-r1 is under way with another image or other arguments"
starts_aside endless
until grep -q "runs on node" aside.err; do kill -0 $aside || fail "the watching ended"; sleep 0.05; done
kill -INT $aside
code=0
wait $aside || code=$?
[ $code -eq 130 ] || fail "Ctrl-C ended with $code"
grep -q "hint: Job $space/sentiment140-endless-r1 goes on in the cluster" aside.err || fail "Ctrl-C does not say that it goes on"
expect 0 job start endless --detach
says out "watch it: mlopsctl job logs sentiment140-endless-r1 --namespace $space --follow"
expect 0 job cancel endless --json
jq -e '.cancelled' out >/dev/null || fail "job cancel --json"
expect 2 job logs endless
says err "error: there is no Job \"endless\" of ours in $space"

# The controller has started one by itself meanwhile, or does so now.
end=$((SECONDS + 70))
until job=$("$kubectl" -n "$space" get jobs -o name | grep -oE 'sentiment140-predict-[0-9]+$' | head -n 1) && [ -n "$job" ]; do
  [ $SECONDS -lt $end ] || fail "the controller started nothing within a minute"
  sleep 0.2
done
expect 0 job logs "$job" --follow
same_as_here "$job"
echo "ok: Jobs and schedules run, fail, and are told about, as they should"
