#!/usr/bin/env bash
# Alerts from end to end: run.sh MLOPSCTL. Ends with 77 where aiosmtpd or openssl is missing.
set -euo pipefail
mlopsctl=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || { echo "SKIPPED: no aiosmtpd (apt-get install python3-aiosmtpd)"; exit 77; }
command -v openssl >/dev/null || { echo "SKIPPED: no openssl"; exit 77; }

scratch=$(mktemp -d)
mkdir "$scratch"/{project,outside,out}
cp -r "$here/../../cli/project/." "$scratch/project"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$scratch/outside/key.pem" -out "$scratch/outside/cert.pem" 2>/dev/null

# No secret below is anywhere but in the environment, or in a file outside the project.
secret=PLANTED-$RANDOM$RANDOM
coproc receivers { exec /usr/bin/python3 "$here/receivers.py" "$scratch/outside" "$secret-smtp"; }
pid=$receivers_PID
trap '{ exec {receivers[1]}>&-; wait $pid; } 2>/dev/null || true; rm -rf "$scratch"' EXIT
read -r smtp plain http <&"${receivers[0]}"

cd "$scratch/project"
export SSL_CERT_FILE=$scratch/outside/cert.pem HOOK="http://127.0.0.1:$http/services/$secret-slack" BEARER=$secret-bearer
echo "$secret-smtp" >"$scratch/outside/password"
cat >>pipeline.yaml <<EOF
  watch:
    kind: drift-check
    inputs: [fit, clean.train, clean.test]
alerts:
  team: {to: slack, url: env:HOOK}
  ops:  {to: webhook, url: "http://127.0.0.1:$http/busy", token: env:BEARER}
  post: {to: email, server: "smtp://localhost:$smtp", from: mlops@example.com, recipients: [busy@example.com, team@example.com],
         user: mlops, password: "file:$scratch/outside/password", on: [gate], digest: 1h}
EOF

fail() { echo "FAILED: $1"; cat "$scratch/out/$number.err"; exit 1; }
number=0
# expect CODE WORDS...: the program ends so; what it says is in $said.
expect() {
  local code=$1 found=0
  shift
  number=$((number + 1))
  "$mlopsctl" "$@" -v --log-file "$scratch/out/log" >"$scratch/out/$number.out" 2>"$scratch/out/$number.err" || found=$?
  said=$(cat "$scratch/out/$number.out")
  [[ $found == "$code" ]] || fail "mlopsctl $* ended with $found, not $code"
}
says() { grep -qF -- "$1" <<<"$said" || fail "expected \"$1\" in: $said"; }
silent() { ! grep -qF -- "$1" <<<"$said" || fail "did not expect \"$1\" in: $said"; }
received() { [[ $(jq -r "select(.path | startswith(\"$1\")) | .body" "$scratch/outside/http.jsonl" | grep -cF -- "$2") == "$3" ]] || fail "$1 did not get \"$2\" $3 times"; }

# All is well: nobody hears of it.
expect 0 run
silent 'alert '
[[ ! -e $scratch/outside/http.jsonl ]] || fail "something was sent"

# A gate says no: Slack at once, the webhook after it asked for a second's patience, mail in the digest. And nothing twice.
expect 1 run --set stages.judge.gate.log_loss.max=0
says 'alert team (slack): sent 1 message'
says 'alert ops (webhook): sent 1 message'
says 'alert post (email): 1 message waits for the digest'
received /services 'demo: the gate judge says fail' 1
received /busy '"type":"mlopsctl.gate.fail"' 2
[[ $(jq -r 'select(.path == "/busy") | .headers.Authorization' "$scratch/outside/http.jsonl" | uniq) == "Bearer $secret-bearer" ]] || fail "no bearer"
expect 1 run --set stages.judge.gate.log_loss.max=0
silent 'alert team'
received /services 'demo: the gate judge says fail' 1

# It passes again; and the digest goes out: a server that says 451 once, STARTTLS, a login.
expect 0 run
says 'alert team (slack): sent 1 message'
received /services 'demo: resolved, the gate judge passes again' 1
expect 0 alert flush --set alerts.post.digest=0
says 'post (email): sent 2 messages'
grep -q '^X-To: busy@example.com team@example.com' "$scratch/outside/mail-1" && grep -q '^X-TLS: True' "$scratch/outside/mail-1" || fail "the mail is another"
body=$(/usr/bin/python3 -c '
import email, email.policy, sys
mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
print(mail["Subject"]); print(mail.get_content())' "$scratch/outside/mail-1")
[[ $body == "2 messages about demo/judge"*"the gate judge says fail"*"resolved, the gate judge passes again"* ]] || fail "the mail says: $body"
[[ ! -e $scratch/outside/mail-2 ]] || fail "a mail too many"

# Drift: rows of one class only.
{ head -n 1 data/test.csv; grep -m 60 positive data/train.csv; } >data/later.csv
expect 0 run --set inputs.test.path=data/later.csv
says 'alert team (slack): sent 1 message'
received /services 'demo: the drift check watch says warn' 1

# Receivers that fail or stall, a wrong password, a recipient who is not there: seen in the exit code, the answer and the report; and it waits.
expect 6 run --set alerts.team.url=env:BAD --set alerts.ops.url="http://127.0.0.1:$http/fail" --set alerts.ops.tries=1 --set alerts.post.digest=0 \
  --set alerts.post.password=env:BEARER
says 'alert team (slack): not sent: the environment variable BAD is not set; a secret is expected in it'
says "alert ops (webhook): not sent: POST http://127.0.0.1:$http/fail: HTTP 500 Internal Server Error"
page=$(sed -n 's/^report: //p' <<<"$said")
grep -q 'ops (webhook): not sent: POST' "$page" || fail "the report does not say it"
expect 0 alert flush
says 'ops (webhook): sent 1 message'
expect 6 alert test ops --set alerts.ops.url="http://127.0.0.1:$http/stall" --set alerts.ops.timeout=1 --set alerts.ops.tries=2
says "ops (webhook): not sent: POST http://127.0.0.1:$http/stall: Timeout was reached; tried 2 times"
expect 6 alert test post --set alerts.post.password=env:BEARER
says "post (email): not sent: mail to smtp://localhost:$smtp: Login denied"
expect 6 alert test post --set 'alerts.post.recipients=[nobody@example.com]'
says "post (email): not sent: mail to smtp://localhost:$smtp: RCPT failed: 550"
expect 6 alert test post --set alerts.post.server="smtp://127.0.0.1:$plain" --set alerts.post.user=null
says "STARTTLS"
expect 0 alert test post --set alerts.post.server="smtp://127.0.0.1:$plain" --set alerts.post.user=null --set alerts.post.tls=false
expect 0 alert test --json
says '"error": null'

# A secret where only its place may stand is refused, and not repeated.
sed "s#env:HOOK#$HOOK#" pipeline.yaml >wrong.yaml
expect 2 validate -f wrong.yaml
rm wrong.yaml
grep -q 'alerts.team.url: expected env:NAME or file:PATH, for a secret must not stand in this file' "$scratch/out/$number.err" || fail "a secret was not refused"

# Nobody who looks at command lines, at what was said, at logs, the store or the report finds any of them.
"$mlopsctl" alert test ops --set alerts.ops.url="http://127.0.0.1:$http/stall" --set alerts.ops.timeout=2 --set alerts.ops.tries=1 >"$scratch/out/argv.out" 2>&1 &
stalled=$!
until [[ $(grep -c '"/stall"' "$scratch/outside/http.jsonl") -ge 3 ]]; do kill -0 $stalled || break; done
tr '\0' ' ' <"/proc/$stalled/cmdline" >"$scratch/out/argv"
[[ -s $scratch/out/argv ]] || fail "no command line was seen"
code=0
wait $stalled || code=$?
[[ $code -eq 6 ]] || fail "an alert test that nobody answered ended with $code, expected 6"
code=0
leaks=$(grep -rlaF "$secret" "$scratch/project" "$scratch/out") || code=$?
[[ $code -eq 1 ]] || fail "secrets in: $leaks (grep ended with $code, expected 1: it looked everywhere and found none)"
grep -q "$secret-slack" "$scratch/outside/http.jsonl" || fail "the planted secret was never used"
echo "alerts reached $(ls "$scratch"/outside/mail-* | wc -l) mailboxes and $(wc -l <"$scratch/outside/http.jsonl") times the receiver"
