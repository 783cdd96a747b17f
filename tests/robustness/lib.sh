# Sourced by the robustness tests: projects to torment, a look at what they left, and counting.
# shellcheck shell=bash
set -uo pipefail
export LC_ALL=C

[ $# -ge 1 ] || { echo "usage: $0 MLOPSCTL [SEED]" >&2; exit 2; }
mlopsctl=$(realpath "$1")
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mlopsctl-robustness.XXXXXX")
failures=0

# Every program under test carries this in its environment, and so does whatever it starts: that is how an orphan is found.
export_mark="MLOPSCTL_ROBUSTNESS_MARK=$(basename "$work")"

finish() {
  local status=$?
  marked | xargs -r kill -KILL 2>/dev/null
  if [ "$failures" -gt 0 ]; then echo "kept for inspection: $work" >&2; else rm -rf --one-file-system "$work"; fi
  [ "$failures" -gt 0 ] && status=1
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

skip() { echo "skipped: $*"; exit 77; }
fail() {
  failures=$((failures + 1))
  echo "FAILED: $*" >&2
  if [ "$failures" -ge 10 ]; then echo "too many failures, stopping" >&2; exit 1; fi
}

# Process ids that carry the mark.
marked() { grep -lzFx "$export_mark" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }
# No process of ours may live on: SIGKILL takes a moment to arrive, five seconds is not a moment.
expect_no_orphan() {
  local left deadline=$((SECONDS + 5))
  while left=$(marked) && [ -n "$left" ]; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      fail "$1: orphans: $(for pid in $left; do tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null; echo "($pid);"; done)"
      xargs -r kill -KILL <<<"$left" 2>/dev/null
      return
    fi
  done
}

# quickstart_project FOLDER: the shipped first pipeline (two preprocess, two train, evaluate, drift, deploy) in a folder of its own; with a linear
# challenger in the encoder's place, so that it can be run often (finetune.sh torments the encoder).
quickstart_project() {
  mkdir -p "$1/configs/data"
  sed -e 's/model: {type: bert,.*/model: {type: linear-svm, ngrams: [1, 2], weighting: tfidf}/' -e '/^    optimizer: /d' "$source_dir/configs/quickstart.yaml" >"$1/pipeline.yaml"
  cp -r "$source_dir/configs/data/feedback" "$1/configs/data/"
}
# tiny_project FOLDER: one preprocess on 30 rows and one train.
tiny_project() {
  mkdir -p "$1"
  {
    echo text,label
    local i
    for i in 1 2 3 4 5 6 7 8 9 10; do
      echo "the trip number $i was lovely and calm,positive"
      echo "a dreadful night in room $i with noise,negative"
      echo "bus $i leaves from the north gate,neutral"
    done
  } >"$1/rows.csv"
  cat >"$1/pipeline.yaml" <<'YAML'
apiVersion: mlopsctl/v1
name: tiny
seed: 7
inputs:
  rows: {path: rows.csv, text: text, label: label}
stages:
  clean:
    kind: preprocess
    inputs: [rows]
    steps: [lowercase]
    split: {shares: {train: 0.8, validation: 0.2}}
  fit:
    kind: train
    inputs: [clean]
    model: {type: naive-bayes}
YAML
}

# encoder_project FOLDER: one preprocess on 300 rows and a tiny BERT that learns from them for eight epochs.
encoder_project() {
  mkdir -p "$1"
  cp -r "$source_dir/tests/oracle/expected/tiny_bert" "$1/base"
  {
    echo text,label
    local i tail
    for ((i = 0; i < 100; ++i)); do
      tail=$(printf 'the %.0s' $(seq 0 $((i % 7))))
      echo "the crew was late bad $tail,negative"
      echo "a flight was late $tail,neutral"
      echo "the crew good good $tail !,positive"
    done
  } >"$1/rows.csv"
  cat >"$1/pipeline.yaml" <<'YAML'
apiVersion: mlopsctl/v1
name: encoder
seed: 7
inputs:
  rows: {path: rows.csv, text: text, label: label}
stages:
  clean:
    kind: preprocess
    inputs: [rows]
    split: {shares: {train: 0.8, validation: 0.2}}
    checks: {leakage: ignore}
  fit:
    kind: train
    inputs: [clean]
    model: {type: bert, base: base, max_tokens: 16, precision: f32}
    optimizer: {lr: 0.001, epochs: 8, batch_tokens: 128, top: 2}
YAML
}
has_torch() { "$mlopsctl" version | grep -q libtorch; }

# run_in FOLDER ARGUMENTS...: the program under test, marked, in that folder.
run_in() {
  local folder=$1
  shift
  env "$export_mark" "$mlopsctl" -C "$folder" "$@" </dev/null
}

# What the store holds, looked at without the program: every file with its mode and SHA-256.
store_listing() {
  (cd "$1/.mlopsctl/store" 2>/dev/null && find . -type f -printf '%m %p\n' | sort -k2 && find . -type f -print0 | sort -z | xargs -0 -r sha256sum)
}
# What the last run of a project recorded: stage, artifact, digest.
recorded_digests() {
  run_in "$1" history latest --json | jq -r '.stages[] | .name as $s | .artifacts[] | "\($s).\(.name) \(.digest)"'
}
# Which model each alias names: the one effect of a run besides artifacts.
aliases() { run_in "$1" model list --json | jq -rS '[.. | objects | select(has("alias") and has("model")) | "\(.alias) \(.model)"] | unique | .[]'; }
# same_results WHAT FOLDER REFERENCE: the same bytes in the store, the same digests recorded, the same models under the same names.
# The reference is looked at once.
same_results() {
  local view
  for view in store_listing recorded_digests aliases; do
    [ -s "$3.$view" ] || "$view" "$3" >"$3.$view"
    "$view" "$2" >"$2.$view"
    if ! cmp -s "$3.$view" "$2.$view"; then
      fail "$1: $view differs from an undisturbed run:"$'\n'"$(diff "$3.$view" "$2.$view" | head -n 10)"
      return 1
    fi
  done
}
# A plain `run`, which must end 0, reach what the reference folder holds, and leave nothing lying about.
expect_recovery() {
  local what=$1 folder=$2 reference=$3
  shift 3
  local status=0
  run_in "$folder" run "$@" >"$folder.out" 2>"$folder.err" || status=$?
  if [ "$status" -ne 0 ]; then
    fail "$what: the plain run after it ended $status:"$'\n'"$(tail -n 20 "$folder.err")"
    return 1
  fi
  same_results "$what" "$folder" "$reference" || return 1
  expect_swept "$what" "$folder"
}
expect_swept() {
  local left
  left=$(find "$2/.mlopsctl/tmp" -mindepth 1 2>/dev/null; find "$2" -name '*.tmp' 2>/dev/null)
  [ -z "$left" ] || { fail "$1: left behind: $(head -n 5 <<<"$left")"; return 1; }
}
expect_verified() {
  run_in "$2" cache verify --read-data >"$2.verify" 2>&1 || fail "$1: cache verify --read-data ended $?: $(cat "$2.verify")"
}

# A number in [0, bound) from the seed; bash's own generator is 15 bits wide.
random_below() { echo $(((RANDOM * 32768 + RANDOM) % $1)); }
now_us() { local t=$EPOCHREALTIME; echo $((10#${t/./})); }
# sleep_us MICROSECONDS without starting a process.
exec {never}<> <(:)
sleep_us() { read -r -t "$(printf '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000)))" -u "$never" _ || true; }
