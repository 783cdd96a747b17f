#!/usr/bin/env bash
# Two real servers, scraped by a real Prometheus as the pods of a canary would be; prometheus_evidence compares. usage: run.sh MLOPSCTL PROMETHEUS_EVIDENCE
# 77 where there is no Prometheus to be had: Debian's is used where it lies, else unpacked (not installed: it would start) into a cache.
# shellcheck source=tests/e2e/serve/lib.sh
. "$(dirname "$0")/../serve/lib.sh"
evidence=$(realpath "$2")

find_prometheus() {
  prometheus=$(command -v prometheus || true)
  [ -z "$prometheus" ] || return 0
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/tools/prometheus
  prometheus=$cache/usr/bin/prometheus
  [ ! -x "$prometheus" ] || return 0
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { echo "skipped: no prometheus here"; exit 77; }
  mkdir "$work/fetched"
  (cd "$work/fetched" && timeout 120 apt-get download prometheus && dpkg-deb -x prometheus_*.deb unpacked) >"$work/apt.log" 2>&1 || {
    echo "skipped: no prometheus here, and none can be fetched: $(tail -n 1 "$work/apt.log")"
    exit 77
  }
  mkdir -p "$(dirname "$cache")"
  mv -T "$work/fetched/unpacked" "$cache" 2>/dev/null || [ -x "$prometheus" ]
}
find_prometheus

children=()
stop_all() { kill "${children[@]}" 2>/dev/null && wait "${children[@]}" 2>/dev/null; children=(); }
trap 'stop_all || true; finish' EXIT

make_models
serve --model one
old=$port children+=("$server")
serve --model two
new=$port children+=("$server") new_server=$server
server=

cat >"$work/prometheus.yml" <<YAML
global: {scrape_interval: 200ms, scrape_timeout: 200ms}
scrape_configs:
  - job_name: pods
    static_configs:
      - {targets: ["127.0.0.1:$old"], labels: {namespace: shop, pod: web-5d4f8-aaaaa}}
      - {targets: ["127.0.0.1:$new"], labels: {namespace: shop, pod: web-candidate-7c6b9-bbbbb}}
YAML
# It does not say which port it takes of its own accord: one that is free now.
free=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$prometheus" --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --web.listen-address="127.0.0.1:$free" >"$work/server.log" 2>&1 &
children+=($!)
prometheus_server=$!

# Users of both: texts by the hundred, and a few requests that are wrong.
{
  for i in $(seq 1 150); do
    for port in "$old" "$new"; do
      printf 'url = "http://127.0.0.1:%s/v2/models/live/infer"\noutput = /dev/null\nnext\n' "$port"
      printf 'url = "http://127.0.0.1:%s/"\ndata = "{\\"inputs\\": [\\"a good day number %s\\", \\"a bad day\\"]}"\noutput = /dev/null\nnext\n' "$port" "$i"
    done
  done
  printf 'url = "http://127.0.0.1:%s/v2/health/live"\noutput = /dev/null\n' "$new"
} >"$work/requests"
curl -sS -K "$work/requests"

url=http://127.0.0.1:$free
"$evidence" "$url" same "http://127.0.0.1:$old/metrics" "http://127.0.0.1:$new/metrics" || { echo "FAILED: another count than the servers'"; exit 1; }
kill "$new_server" && wait "$new_server"
"$evidence" "$url" without-candidate || { echo "FAILED: a server that is gone still counts"; exit 1; }
kill "$prometheus_server" && wait "$prometheus_server"
"$evidence" "$url" unreachable || { echo "FAILED: nobody answers, and yet there is an answer"; exit 1; }
