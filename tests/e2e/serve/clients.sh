#!/usr/bin/env bash
# Public clients and schemathesis against the real server. usage: clients.sh MLOPSCTL    77 where PyPI cannot be had
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
command -v jq >/dev/null || { echo "skipped: no jq here (apt-get install jq)"; exit 77; }

environment=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/serve-clients
stamp=$environment/.made-$(cksum <"$here/clients.txt" | cut -d' ' -f1)
mkdir -p "$(dirname "$environment")"
exec 9>"$environment.lock"
flock 9
if [ ! -e "$stamp" ]; then
  rm -rf "$environment"
  { python3 -m venv "$environment" && "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$here/clients.txt"; } >"$work/pip.log" 2>&1 || {
    echo "skipped: the clients of clients.txt cannot be installed: $(tail -n 1 "$work/pip.log")"
    exit 77
  }
  touch "$stamp"
fi
exec 9>&-

make_models
serve --model live --api imdb-api
HF_HUB_DISABLE_TELEMETRY=1 "$environment/bin/python" "$here/clients.py" "$port" "$(digest_of one)"
kill "$server" && wait "$server"
server=

# conform FLAGS...: schemathesis over what the server says of itself.
conform() {
  (cd "$work" && "$environment/bin/schemathesis" run openapi.json --url "http://127.0.0.1:$port" --checks all --phases examples,coverage,fuzzing \
    --max-examples 20 --generation-deterministic --no-color "$@") || { echo "schemathesis found something"; exit 1; }
}

# Every format at once, as far as they go together.
for apis in "--api imdb-api --api gke-twitter" "--api sentiment140-k8s --api nlp-on-eks" "--api airline-ulmfit"; do
  # shellcheck disable=SC2086
  serve --model live $apis
  curl -fsS "http://127.0.0.1:$port/openapi.json" >"$work/openapi.json"
  conform --exclude-path /insert_tweet_data --exclude-path /update_tweet_sentiment --exclude-path-regex '/infer$'
  # No schema says that a tensor's shape goes with its data.
  conform --include-path-regex '/infer$' --exclude-checks positive_data_acceptance
  # That system answers a request without JSON with 500, and says so.
  [[ $apis != *gke-twitter* ]] || conform --include-path /insert_tweet_data --include-path /update_tweet_sentiment --exclude-checks not_a_server_error
  kill "$server" && wait "$server"
  server=
done
