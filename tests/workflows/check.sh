#!/usr/bin/env bash
# Our workflows: read by actionlint, then really run by act, on this host and offline, with stand-ins for GitHub's own actions.
# usage: tests/workflows/check.sh MLOPSCTL; 77 where the tools cannot be had
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")

git -C "$root" rev-parse --git-dir >/dev/null 2>&1 || { echo "skipped: this is no git checkout" >&2; exit 77; }
[ -e "$root/models" ] || { echo "skipped: no base model; make base-model" >&2; exit 77; }
actionlint=$("$root/tests/support/go-tools.sh" tool actionlint)
act=$("$root/tests/support/go-tools.sh" tool act)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  [ ! -e "$work/log" ] || tail -n 60 "$work/log" >&2
  exit 1
}

"$actionlint" "$root"/.github/workflows/*.yml || fail "actionlint"
# Every action is pinned by commit, and every workflow says how little it may do.
if grep -nE '^ *-? *uses: ' "$root"/.github/workflows/*.yml | grep -vE '@[0-9a-f]{40}( |$)'; then fail "an action is not pinned by commit"; fi
for workflow in "$root"/.github/workflows/*.yml; do grep -q '^permissions:' "$workflow" || fail "$workflow names no permissions"; done
"$program" version --json | jq -e .features.torch >/dev/null || { echo "skipped beyond actionlint: built without libtorch, and pipeline.yml fine-tunes an encoder" >&2; exit 77; }

# A copy of the working tree as the user's repository.
mkdir "$work/repo" "$work/home" "$work/bin" "$work/store"
git -C "$root" ls-files -z --cached --others --exclude-standard -- . ':!tests/oracle' |
  (cd "$root" && while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done) |
  tar -C "$root" --null --files-from=- -cf - | tar -C "$work/repo" -xf -
cd "$work/repo"
git init -q -b main
git -c user.name=test -c user.email=test@example.com add -A
git -c user.name=test -c user.email=test@example.com commit -qm "Start"

# `make` here records what it is asked for, and "builds" the program under test: building is another test's business. By hand,
# MLOPSCTL_ACT_MAKE=1 lets pipeline.yml build for real, for minutes.
cat >"$work/bin/make" <<MAKE
#!/bin/sh
echo "make \$*" >>"$work/made"
if [ -n "\$MLOPSCTL_ACT_MAKE" ]; then exec "$(command -v make)" "\$@"; fi
mkdir -p build/release && cp "$program" "$(dirname "$program")"/mlopsctl_torch.so build/release
[ -e models ] || ln -s "$root/models" models
MAKE
chmod +x "$work/bin/make"
export PATH=$work/bin:$PATH

runs=0
# run_act EVENT WORKFLOW [OPTIONS...]: act's exit code; its output is in $work/log
run_act() {
  local event=$1 workflow=$2 pin local_repositories=()
  shift 2
  runs=$((runs + 1))
  while IFS= read -r pin; do
    local_repositories+=(--local-repository "$pin=$here/actions/$(cut -d@ -f1 <<<"${pin#actions/}")")
  done < <(grep -hoE 'uses: actions/[^ ]+' "$workflow" | sed -E 's#uses: (actions/[^/@]+)(/[^@]+)?@#\1@#' | sort -u)
  HOME=$work/home XDG_CACHE_HOME=$work/home/cache "$act" "$event" --workflows "$workflow" --platform ubuntu-latest=-self-hosted \
    --var CI_CONTAINER=none --env STUB_STORE="$work/store" --env GITHUB_RUN_ID="$runs" --no-cache-server --pull=false "${local_repositories[@]}" "$@" >"$work/log" 2>&1
}
says() { grep -qE -- "$1" "$work/log" || fail "the run does not say: $1"; }

run_act push .github/workflows/pipeline.yml || fail "pipeline.yml on push"
says 'verdict'
grep -qx 'make build base-model' "$work/made" || fail "pipeline.yml does not build"
report=$work/store/artifacts/pipeline-report/out
for file in report.html run.json manifests; do [ -e "$report/$file" ] || fail "the artifact has no $file"; done
jq -e '.state == "succeeded"' "$report/run.json" >/dev/null || fail "run.json does not tell of a success"

rm -rf "$work/store/artifacts"
run_act schedule .github/workflows/pipeline.yml || fail "pipeline.yml on schedule"
says 'Cache restored'
jq -e '[.stages[].state] | unique == ["reused"]' "$report/run.json" >/dev/null || fail "the second run did not reuse every stage"

# A change on demand runs what it concerns; a broken file stops at its line, with the report still there.
run_act workflow_dispatch .github/workflows/pipeline.yml --input pipeline=configs/quickstart.yaml --input set=stages.judge.gate.accuracy.min=0.4 || fail "pipeline.yml on demand"
jq -e '[.stages[] | select(.state == "succeeded").name] == ["judge", "release"]' "$report/run.json" >/dev/null || fail "another gate ran other stages than it concerns"
sed 's/kind: deploy/kind: deply/' configs/quickstart.yaml >broken.yaml
if run_act workflow_dispatch .github/workflows/pipeline.yml --input pipeline=broken.yaml; then fail "a broken pipeline passes"; fi
says 'broken.yaml.*deply|deply.*broken.yaml'

if [ -n "${MLOPSCTL_ACT_MAKE:-}" ]; then echo "ok: actionlint, and $runs runs by act of pipeline.yml, built for real"; exit; fi
: >"$work/made"
run_act push .github/workflows/ci.yml || fail "ci.yml on push"
for command in test tidy asan tsan no-torch run; do grep -qx "make $command" "$work/made" || fail "ci.yml does not call make $command"; done
echo "ok: actionlint, and $runs runs by act"
