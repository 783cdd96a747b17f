# Sourced by the tests of the server: a project with two models under one alias, and a server that answers with it.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C
mlopsctl=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/mlopsctl-serve.XXXXXX")
server=
finish() {
  local status=$?
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  [ "$status" = 0 ] || [ "$status" = 77 ] || cat "$work/server.log" >&2 2>/dev/null || true
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

# Two models of the same labels that are never sure to the same digit, and one of other labels.
make_models() {
  {
    echo "text,label"
    for i in $(seq 1 60); do
      echo "a good day number $i,positive"
      echo "a bad day number $i,negative"
      echo "a day number $i,neutral"
    done
  } >"$work/rows.csv"
  sed 's/negative/bad/; s/positive/good/' "$work/rows.csv" >"$work/others.csv"
  cat >"$work/pipeline.yaml" <<'YAML'
apiVersion: mlopsctl/v1
name: served
inputs:
  rows: {path: rows.csv, text: text, label: label}
  others: {path: others.csv, text: text, label: label}
stages:
  clean: {kind: preprocess, inputs: [rows], steps: []}
  one: {kind: train, inputs: [clean], model: {type: naive-bayes, alpha: 1}}
  clean_others: {kind: preprocess, inputs: [others], steps: []}
  three: {kind: train, inputs: [clean_others], model: {type: naive-bayes, alpha: 1}}
  two: {kind: train, inputs: [clean], model: {type: naive-bayes, alpha: 0.1}}
YAML
  "$mlopsctl" -C "$work" run --report no >"$work/run.log" 2>&1 || { cat "$work/run.log" >&2; exit 1; }
  "$mlopsctl" -C "$work" model alias live one >/dev/null 2>&1
}
digest_of() { "$mlopsctl" -C "$work" model show "$1" --json | jq -r .digest; }

# serve FLAGS...: sets `port`, returns when it is ready.
serve() {
  : >"$work/server.log"
  "$mlopsctl" -C "$work" serve --port 0 "$@" >"$work/server.log" 2>&1 &
  server=$!
  until port=$(sed -n 's/.* on port \([0-9]*\).*/\1/p' "$work/server.log" | head -n 1) && [ -n "$port" ]; do
    kill -0 "$server" 2>/dev/null || exit 1
    read -rt 0.02 <> <(:) || true
  done
}
