#!/usr/bin/env bash
# The alias moves ten times while clients ask: none fails, none gets two models' answers in one. usage: swaps.sh MLOPSCTL SERVE_LOAD
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
load=$2
command -v jq >/dev/null || { echo "skipped: no jq here (apt-get install jq)"; exit 77; }
make_models
serve --model live
# Short requests are scored where they come from; long ones wait in the queue and go through in batches.
echo '{"inputs": ["a good day", "a bad one", "some day", "number 7"]}' >"$work/short.json"
jq -n '{inputs: [range(60) | "a good day, a bad day, another day and number \(.) of them, " * 10]}' -c >"$work/long.json"

coproc LOAD { "$load" "$port" 8 0 "$work/short.json" "$work/long.json"; }
answers=${LOAD[0]} orders=${LOAD[1]}
for swap in $(seq 1 10); do
  stage=$([ $((swap % 2)) = 1 ] && echo two || echo one)
  "$mlopsctl" -C "$work" model alias live "$stage" >/dev/null 2>&1
  echo "swap $(digest_of "$stage")" >&"$orders"
  read -rt 30 line <&"$answers" && [ "$line" = seen ] || { echo "swap $swap: the new model did not answer within 30 s"; exit 1; }
done
exec {orders}>&-
read -rt 30 line <&"$answers"
echo "$line"
jq -e '.failed == 0 and .mixed == 0 and .models == 2 and .answers > 100' <<<"$line" >/dev/null || exit 1
[ "$(grep -c "now answering: alias live, version" "$work/server.log")" = 10 ] || { echo "not ten swaps:"; cat "$work/server.log"; exit 1; }

# A model that clients would not understand is refused, and the old one goes on.
"$mlopsctl" -C "$work" model alias live three >/dev/null 2>&1
until grep -q "kept the old model" "$work/server.log"; do kill -0 "$server" && read -rt 0.05 <> <(:) || kill -0 "$server" || exit 1; done
told="kept the old model: alias live, version 12 has the labels bad, good, neutral; the model that answers has negative, neutral, positive"
grep -qxF "$told" "$work/server.log" || { grep "kept the old model" "$work/server.log"; exit 1; }
curl -fsS -D "$work/head" -o "$work/answer" -d "@$work/short.json" "http://127.0.0.1:$port/"
grep -qi "x-model-digest: $(digest_of one)" "$work/head" || { cat "$work/head"; exit 1; }
kill "$server"
wait "$server" || { echo "the server ended with $?"; exit 1; }
server=

# A shadow sees copies, and says how often both name the same label.
"$mlopsctl" -C "$work" model alias live one >/dev/null 2>&1
serve --model live --shadow two
for _ in $(seq 1 20); do
  curl -fsS -o "$work/answer" -d "@$work/short.json" "http://127.0.0.1:$port/"
done
of() { sed -n "s/^mlopsctl_shadow_$1_total.* //p" "$work/metrics"; }
until curl -fsS "http://127.0.0.1:$port/metrics" >"$work/metrics" && [ $(($(of compared) + $(of skipped))) = 80 ]; do kill -0 "$server" || exit 1; done
[ "$(of compared)" -gt 0 ] && [ "$(of agreed)" -le "$(of compared)" ] || { grep shadow "$work/metrics"; exit 1; }
