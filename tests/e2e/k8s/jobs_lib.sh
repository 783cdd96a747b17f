# shellcheck shell=bash
# To source: a namespace with a volume, on which the project of configs/sentiment140-jobs.yaml lies, and our program as an image.
mlopsctl=$(realpath "$1")
tweets=$(realpath -m "$2")
# shellcheck source=tests/e2e/k8s/space.sh
source "$here/space.sh"
[ -e "$tweets" ] || { echo "skipped: there is no $tweets" >&2; exit 77; }
space=jobs-$$
work=$(mktemp -d)
# What the nodes see as well, of whichever user.
volume=$work/volume
chmod 755 "$work"
mkdir -m 777 "$volume" "$volume/predictions"
chmod 777 "$volume/predictions"
slack=
clean_up() {
  [ -z "$slack" ] || kill "$slack" 2>/dev/null || true
  drop_space "$space"
  rm -rf "$work" 2>/dev/null || true  # a pod that still ends may write
}
trap clean_up EXIT
cd "$work"
fail() { echo "FAILED: $*" >&2; [ ! -s out ] || tail -n 30 out | sed 's/^/  stdout: /' >&2; [ ! -s err ] || tail -n 30 err | sed 's/^/  stderr: /' >&2; "$kubectl" -n "$space" get pods,jobs >&2 || true; exit 1; }
says() { grep -qF -- "$2" "$1" || fail "expected in std$1: $2"; }
# expect CODE ARGUMENTS...: of mlopsctl; what it said is in out and err.
expect() {
  local code=0 wanted=$1
  shift
  "$mlopsctl" -f pipeline.yaml -f cluster.yaml "$@" >out 2>err </dev/null || code=$?
  [ $code -eq "$wanted" ] || fail "mlopsctl $* ended with $code, expected $wanted"
}
starts() { local code=$1; shift; expect "$code" job start "$@"; }
starts_schedule() { local code=$1; shift; expect "$code" schedule fire "$@"; }
# Watched aside, in aside.out and aside.err; its process is $aside.
starts_aside() {
  rm -f aside.out aside.err
  touch aside.out aside.err
  "$mlopsctl" -f pipeline.yaml -f cluster.yaml job start "$@" >aside.out 2>aside.err </dev/null &
  aside=$!
}
on_volume() { "$mlopsctl" -C "$volume" "$@"; }
# same_as_here JOB [MODEL]: the file of that prediction is byte for byte what this program makes of the same rows.
same_as_here() {
  on_volume predict --model "${2:-sentiment140}" --input new.csv --output "$work/expected.csv" --label-column predicted_class --keep text --no-confidence 2>/dev/null >/dev/null
  cmp "$work/expected.csv" "$volume/predictions/test_results_$1.csv" || fail "the prediction of $1 is not what it should be"
}

# So many more of them are a reason to train anew.
label_more() { head -n 2000 "$tweets" >>"$volume/sentiment140.csv"; }

push_image
cp "$here/../../../configs/sentiment140-jobs.yaml" pipeline.yaml
# The pods' own: nobody waits a day here for the next training.
sed 's/^  drift: drift$/  labels: 1000\n  cooldown: 1s/' pipeline.yaml >"$volume/pipeline.yaml"
grep -q 'labels: 1000' "$volume/pipeline.yaml" || fail "retrain of the pipeline is no longer as this test takes it to be"
cp "$tweets" "$volume/sentiment140.csv"
{ echo text; head -n 500 "$tweets" | cut -d, -f6- | iconv -f latin1 -t utf8; } >"$volume/new.csv"
# Nothing of the pipeline is changed but where it goes.
cat >cluster.yaml <<YAML
vars: {data: $tweets}
stages:
  release:
    target:
      kubernetes: {namespace: $space, name: sentiment140, image: "registry.test/mlopsctl:test", resources: {requests: {cpu: 50m, memory: 64Mi}}, env: {SSL_CERT_FILE: /data/slack.pem},
        jobs: {slow: {args: [serve, --model, sentiment140], claim: data, deadline: 3s}, endless: {args: [serve, --model, sentiment140], claim: data},
               broken: {args: [predict, --model, nothing, --input, new.csv, --output, x.csv], cron: "0 0 1 1 *"}, hungry: {args: [version], retries: 0}}}
YAML
make_space "$space" data ReadWriteMany "$volume"
# Slack, as far as a pod sees it; what it was told is in $work/told.
machine=$(sed -n 's#.*https://\(.*\)\.[0-9]*:6443.*#\1#p' "$KUBECONFIG" | tr -d '"').254
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$volume/slack.pem" -days 2 -subj /CN=slack -addext "subjectAltName=IP:$machine" 2>/dev/null
chmod 644 "$volume/slack.pem"
python3 - "$machine" "$work/port" "$work/told" "$volume/slack.pem" "$work/key.pem" <<'PYTHON' &
import http.server, os, ssl, sys
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open(sys.argv[3], "ab") as told:
            told.write(self.rfile.read(int(self.headers["content-length"])) + b"\n")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *unused):
        pass
server = http.server.HTTPServer((sys.argv[1], 0), Hook)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[4], sys.argv[5])
server.socket = tls.wrap_socket(server.socket, server_side=True)
with open(sys.argv[2] + ".new", "w") as port:
    port.write(str(server.server_port))
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
PYTHON
slack=$!
until [ -s "$work/port" ]; do kill -0 $slack || fail "nothing listens for what Slack is told"; sleep 0.05; done
"$kubectl" -n "$space" create secret generic slack --from-literal=webhook="https://$machine:$(cat "$work/port")/hook" >/dev/null
