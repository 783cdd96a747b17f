#!/usr/bin/env bash
# serve records every prediction in PostgreSQL: kill -9 of PostgreSQL under load, several times, and of the server itself while PostgreSQL is
# down, lose none that was on disk and double none; no request waits or fails.
# usage: serve_store.sh MLOPSCTL     MLOPSCTL_STORE_KILLS=N sets how often PostgreSQL is killed (default 3)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=../support/postgres.sh
. "$source_dir/tests/support/postgres.sh"
[ -n "$postgres_programs" ] || skip "no PostgreSQL server here: apt-get install postgresql"
command -v curl >/dev/null || skip "no curl here"
kills=${MLOPSCTL_STORE_KILLS:-3}

folder=$work/project
tiny_project "$folder"
run_in "$folder" run >"$work/out" 2>"$work/err" || { fail "the run ended $?: $(cat "$work/err")"; exit 1; }
postgres_make "$work/postgres" && postgres_start || { fail "PostgreSQL does not start: $(cat "$work/postgres/output" "$work/postgres/log")"; exit 1; }
trap 'postgres_kill; finish' EXIT
postgres_url >"$folder/dsn"

serve() {
  rm -f "$work/serve.err"
  env "$export_mark" "$mlopsctl" -C "$folder" serve --model fit --port 0 --host 127.0.0.1 --store file:dsn --record 1 --api gke-twitter </dev/null >"$work/serve.out" 2>"$work/serve.err" &
  server=$!
  local deadline=$((SECONDS + 20))
  until port=$(sed -n 's/^serving .* on port \([0-9]*\).*/\1/p' "$work/serve.err" 2>/dev/null) && [ -n "$port" ]; do
    kill -0 "$server" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ] || { fail "serve does not start: $(cat "$work/serve.err")"; exit 1; }
    sleep_us 10000
  done
}
# ask COUNT FILE [WHERE]: as many requests on one connection; their status codes, and how long each took.
ask() {
  curl -s -m 300 -o /dev/null -w '%{http_code} %{time_total}\n' -H 'content-type: application/json' -d "{\"inputs\": [\"a lovely trip @ann ${3:-}\", \"a dreadful night ${3:-}\"]}" \
    "http://127.0.0.1:$port/?n=[1-$1]" >"$2"
}
metric() { curl -s "http://127.0.0.1:$port/metrics" | sed -n "s/^$1 //p"; }
# until_metric NAME VALUE SECONDS
until_metric() {
  local deadline=$((SECONDS + $3))
  until [ "$(metric "$1")" = "$2" ]; do [ "$SECONDS" -lt "$deadline" ] || { fail "$1 is $(metric "$1"), not $2: $(cat "$work/serve.err")"; return 1; }; sleep_us 20000; done
}
kept() { postgres_ask "SELECT count(*) || ' ' || count(DISTINCT prediction_id) FROM predictions"; }

serve
ask 4000 "$work/codes.1" &
first=$!
ask 4000 "$work/codes.2" &
second=$!
for ((k = 1; k <= kills; ++k)); do
  aim=$(($(cat "$work"/codes.* | wc -l) + 600))
  until [ "$(cat "$work"/codes.* | wc -l)" -ge "$aim" ] || ! kill -0 "$first" 2>/dev/null; do sleep_us 5000; done
  postgres_kill
  aim=$(($(cat "$work"/codes.* | wc -l) + 300))
  until [ "$(cat "$work"/codes.* | wc -l)" -ge "$aim" ] || ! kill -0 "$first" 2>/dev/null; do sleep_us 5000; done
  postgres_start || fail "PostgreSQL does not come back: $(tail -n 3 "$work/postgres/log")"
done
wait "$first" "$second"
[ "$(cut -d' ' -f1 "$work"/codes.* | sort | uniq -c | tr -s ' ')" = " 8000 200" ] || fail "answers: $(cut -d' ' -f1 "$work"/codes.* | sort | uniq -c)"
slowest=$(cut -d' ' -f2 "$work"/codes.* | sort -n | tail -n 1)
until_metric mlopsctl_recorded_delivered_total 16000 30
[ "$(metric mlopsctl_recorded_dropped_total)" = 0 ] || fail "dropped: $(metric mlopsctl_recorded_dropped_total)"
[ "$(kept)" = "16000 16000" ] || fail "PostgreSQL was killed $kills times: 16000 predictions, kept (all, distinct): $(kept)"
[ "$(postgres_ask "SELECT count(*) FROM predictions WHERE text LIKE '%ann%'")" = 0 ] || fail "a mention was kept"
echo "PostgreSQL killed $kills times under 8000 requests: $(kept) of 16000 predictions kept, distinct; the slowest answer took $slowest s"

# Both die: what is on disk is delivered by the next server.
postgres_kill
spooled() { cat "$folder"/.mlopsctl/spool/*.spool 2>/dev/null | grep -c 'in the dark'; }  # beside them may lie what was delivered a moment ago
ask 250 "$work/codes.3" "in the dark"
deadline=$((SECONDS + 10))
until [ "$(spooled)" -ge 500 ]; do [ "$SECONDS" -lt "$deadline" ] || { fail "the spool holds $(spooled) of 500 lines"; break; }; sleep_us 10000; done
kill -KILL "$server"
wait "$server" 2>/dev/null
serve  # without its database
[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/tweets")" = 503 ] || fail "tweets without a database"
postgres_start
deadline=$((SECONDS + 30))
until [ "$(kept 2>/dev/null)" = "16500 16500" ]; do [ "$SECONDS" -lt "$deadline" ] || { fail "after both died 16500 were to be kept, kept (all, distinct): $(kept)"; break; }; sleep_us 50000; done

# The server dies under load, its database lives: nothing is kept twice, and all that it had counted as delivered is there.
for k in 1 2 3; do
  before=$(postgres_ask 'SELECT count(*) FROM predictions')
  earlier=$(metric mlopsctl_recorded_delivered_total)
  ask 20000 "$work/codes.4" 2>/dev/null &
  client=$!
  until [ "$(metric mlopsctl_recorded_delivered_total)" -ge $((earlier + 500 * k)) ]; do kill -0 "$client" 2>/dev/null || break; done
  delivered=$(($(metric mlopsctl_recorded_delivered_total) - earlier))
  kill -KILL "$server"
  wait "$server" "$client" 2>/dev/null
  answered=$(grep -c '^200' "$work/codes.4")
  serve
  deadline=$((SECONDS + 20))
  until [ -z "$(find "$folder/.mlopsctl/spool" -name '*.spool' ! -newer "$work/serve.err")" ]; do [ "$SECONDS" -lt "$deadline" ] || { fail "what the dead server left is not delivered: $(ls "$folder/.mlopsctl/spool")"; break; }; sleep_us 10000; done
  read -r all distinct <<<"$(kept)"
  all=$((all - before)) distinct=$((distinct - before))
  [ "$all" -eq "$distinct" ] && [ "$all" -ge "$delivered" ] && [ "$all" -le $((2 * (answered + 2))) ] ||
    fail "the server was killed after $answered answers, $delivered predictions delivered: kept $all, distinct $distinct"
  echo "the server killed after $answered answers: $all of their $((2 * answered)) predictions kept, $delivered were there when it died"
  rm -f "$work/codes.4"
done

# That system's own routes, over the real database; which may have been told a moment ago that it is away.
deadline=$((SECONDS + 10))
until id=$(curl -s -H 'content-type: application/json' -d '{"user_id": "ann", "tweet_content": "a lovely trip"}' "http://127.0.0.1:$port/insert_tweet_data" | jq -r .result) && [ "$id" -gt 0 ] 2>/dev/null; do
  [ "$SECONDS" -lt "$deadline" ] || { fail "no tweet is taken: $id"; break; }
  sleep_us 50000
done
answer=$(curl -s -H 'content-type: application/json' -d "{\"id\": \"$id\", \"tweet_content\": \"a lovely trip\"}" "http://127.0.0.1:$port/sentiment_analysis")
[ "$(postgres_ask "SELECT sentiment FROM tweets WHERE id = $id")" = "$(jq -r .result <<<"$answer")" ] || fail "sentiment_analysis answered $answer; kept: $(postgres_ask 'SELECT * FROM tweets')"

begin=$(now_us)
kill -TERM "$server"
wait "$server" || fail "serve ended $? after SIGTERM: $(cat "$work/serve.err")"
echo "ended $((($(now_us) - begin) / 1000)) ms after SIGTERM"
[ -z "$(ls "$folder/.mlopsctl/spool")" ] || fail "left in the spool: $(ls "$folder/.mlopsctl/spool")"
grep -q 'password\|tester:' "$work/serve.err" && fail "a secret: $(cat "$work/serve.err")"
echo "$failures failures, $SECONDS s"
