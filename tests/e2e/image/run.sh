#!/usr/bin/env bash
# Builds the image with buildah, runs it as the manifests do, and brings compose.yaml up with podman-compose.
#
# usage: tests/e2e/image/run.sh              builds all of the Dockerfile, from what is committed: as long as a release build takes
#        tests/e2e/image/run.sh MLOPSCTL     puts this program into the image instead (no libtorch): a minute
# Needs root, buildah, podman, podman-compose, runc, netavark, aardvark-dns, iptables, mmdebstrap and Debian's mirrors; else ends with 77
# and the reason. The base is a Debian root made here (shared with tests/e2e/bare), PostgreSQL is Debian's, in an image of its own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source_dir=$(cd "$here/../../.." && pwd)
binary=${1:+$(realpath "$1")}
skip() { echo "skipped: $1" >&2; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "needs root"
for tool in buildah podman podman-compose runc iptables curl jq; do command -v "$tool" >/dev/null || skip "no $tool (apt-get install $tool)"; done
ls /usr/lib/podman/netavark /usr/lib/podman/aardvark-dns >/dev/null 2>&1 || skip "no netavark and aardvark-dns (apt-get install netavark aardvark-dns)"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl
tarball=$cache/bare-bookworm.tar
if [ ! -s "$tarball" ]; then
  command -v mmdebstrap >/dev/null || skip "no mmdebstrap (apt-get install mmdebstrap)"
  mkdir -p "$cache"
  unshare --mount --propagation private mmdebstrap --quiet --variant=minbase --include=git,make,ca-certificates bookworm "$tarball.$$.tar" && mv "$tarball.$$.tar" "$tarball"
fi

work=$(mktemp -d "${TMPDIR:-/var/tmp}/mlopsctl-image.XXXXXX")
export STORAGE_DRIVER=vfs CONTAINERS_CONF=$work/containers.conf
cat >"$CONTAINERS_CONF" <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=10000:10000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
[network]
network_backend = "netavark"
CONF
stores=(--root "$work/root" --runroot "$work/run")
# Where no systemd runs, podman says at each start that it cannot ask it to look after health: this script asks itself.
podman() { command podman "${stores[@]}" "$@" 2> >(grep -v 'systemd connection' >&2); }
compose() { (cd "$work/compose" && podman-compose --podman-args "${stores[*]}" "$@" >"$work/compose.log" 2>&1) || { cat "$work/compose.log"; return 1; }; }
# shellcheck disable=SC2317
cleanup() {
  if [ -d "$work/compose" ]; then compose down || true; fi
  podman rm --force --all >/dev/null 2>&1 || true
  if grep -qF "$work" /proc/mounts; then echo "kept: $work"; else rm -rf --one-file-system "$work"; fi
}
trap cleanup EXIT
step() { printf '%5d s  %s\n' "$SECONDS" "$*"; }
fail() { echo "FAILED: $*"; exit 1; }
expect() { [ "$2" = "$3" ] || fail "$1: found $2, expected $3"; }
# within SECONDS COMMAND...: until it succeeds.
within() {
  local until=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do [ "$SECONDS" -lt "$until" ] || fail "not in time: $*"; sleep 0.2; done
}

# The base: a bare Debian with this machine's ways to mirrors and certificates.
mkdir "$work/base"
tar -C "$work/base" -xf "$tarball" --exclude=./dev
rm -f "$work/base/etc/apt/sources.list"
for setting in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/auth.conf.d /etc/apt/keyrings /etc/pip.conf /etc/ssl/certs /usr/local/share/ca-certificates; do
  [ -e "$setting" ] || continue
  rm -rf "$work/base${setting:?}"
  cp -aL "$setting" "$work/base$setting" 2>/dev/null || true
done
container=$(buildah "${stores[@]}" from scratch 2>/dev/null)
buildah "${stores[@]}" add --quiet "$container" "$work/base" / >/dev/null
buildah "${stores[@]}" commit --quiet "$container" localhost/base >/dev/null
buildah "${stores[@]}" rm "$container" >/dev/null
rm -rf "$work/base"
step "base image"

image_build() { buildah "${stores[@]}" build --isolation chroot --format docker --build-arg BASE=localhost/base "$@" >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log"; fail "buildah build $*"; }; }
mkdir "$work/context"
git -C "$source_dir" archive HEAD | tar -C "$work/context" -x
if [ -n "$binary" ]; then
  mkdir -p "$work/built/out/usr/local/bin" "$work/built/out/data"
  strip -o "$work/built/out/usr/local/bin/mlopsctl" "$binary"
  chown 65532:65532 "$work/built/out/data"
  image_build --build-context "build=$work/built" --target runtime --tag localhost/mlopsctl:local "$work/context"
else
  image_build ${MLOPSCTL_IMAGE_TORCH:+--build-arg "TORCH=$MLOPSCTL_IMAGE_TORCH"} --tag localhost/mlopsctl:local "$work/context"
fi
step "mlopsctl's image, $(podman image inspect localhost/mlopsctl:local | jq -r '.[0].Size / 1e6 | floor') MB"
image_build --file "$here/postgres.Dockerfile" --tag localhost/postgres:15-bookworm "$here"
step "PostgreSQL's image"

# The image by itself, as the manifests run it: another user than root, nothing to write on, no capability.
expect "user" "$(podman image inspect localhost/mlopsctl:local | jq -r '.[0].Config.User')" 65532:65532
podman run --rm localhost/mlopsctl:local version
if podman run --rm --entrypoint test localhost/mlopsctl:local -e /usr/local/bin/mlopsctl_torch.so; then
  missing=$(podman run --rm --entrypoint ldd localhost/mlopsctl:local /usr/local/bin/mlopsctl_torch.so | grep 'not found' || true)
  [ -z "$missing" ] || fail "the module with libtorch lacks $missing"
fi
mkdir "$work/project"
(cd "$work/project" && podman run --rm --user 0 --volume "$work/project:/data" localhost/mlopsctl:local init && podman run --rm --user 0 --volume "$work/project:/data" localhost/mlopsctl:local run) >"$work/run.log" 2>&1 || { cat "$work/run.log"; fail "a pipeline in the image"; }
model=$(podman run --rm --user 0 --volume "$work/project:/data" localhost/mlopsctl:local model show feedback --json | jq -r .path)
cp -rL "$work/project/${model#/data/}" "$work/model"
chmod -R a+rX "$work" "$work/model"
podman run --detach --name alone --read-only --cap-drop all --security-opt no-new-privileges --volume "$work/model:/model:ro" --publish 127.0.0.1::8080 localhost/mlopsctl:local >/dev/null
within 10 podman healthcheck run alone
url=http://$(podman port alone 8080/tcp)
curl -sf "$url/" -H 'content-type: application/json' -d '{"inputs": ["I love it"]}' | jq -e '.[0][0].label' >/dev/null || fail "the image gives no label"
if podman exec alone sh -c 'echo x >/usr/x' 2>/dev/null; then fail "the root file system can be written"; fi
podman stop --time 20 alone >/dev/null
expect "exit code after SIGTERM" "$(podman inspect alone --format '{{.State.ExitCode}}')" 0
step "runs read-only as 65532 without capabilities; healthy; ends with 0 after SIGTERM"

# compose.yaml: API, pages and database together.
mkdir "$work/compose"
cp "$source_dir/compose.yaml" "$work/compose/"
sed -e "s#^MODEL_PATH=.*#MODEL_PATH=$work/model#; s#^POSTGRES_PASSWORD=.*#POSTGRES_PASSWORD=$(head -c 18 /dev/urandom | base64 | tr +/ -_)#; s#^API_PORT=.*#API_PORT=18000#; s#^UI_PORT=.*#UI_PORT=18501#" \
  "$source_dir/.env.example" >"$work/compose/.env"
printf '%s\n' MLOPSCTL_IMAGE=localhost/mlopsctl:local POSTGRES_IMAGE=localhost/postgres:15-bookworm >>"$work/compose/.env"
compose up --detach
for service in database api ui; do within 60 podman healthcheck run "compose_${service}_1"; done
step "compose: database, API and pages are healthy"
api=http://127.0.0.1:18000 ui=http://127.0.0.1:18501
curl -sf "$ui/ui" | grep -q '<title>Analyse a text - mlopsctl</title>' || fail "no page at $ui/ui"
expect "the pages' model" "$(curl -sf "$ui/ui/model.json" | jq -r .digest)" "$(curl -sf "$api/ui/model.json" | jq -r .digest)"
label() { curl -sf -m 10 "$1/" -H 'content-type: application/json' -d '{"inputs": ["I love it"], "parameters": {"top_k": null}}' | jq -re '.[0] | max_by(.score).label'; }
expect "the pages' label" "$(label "$ui")" "$(label "$api")"
rows() { podman exec compose_database_1 psql --username mlopsctl --dbname mlopsctl --tuples-only --no-align --command 'select count(*) from tweets'; }
tweet() { curl -sf -m 10 "$api/insert_tweet_data" -H 'content-type: application/json' -d "{\"user_id\": \"u1\", \"tweet_content\": \"$1\"}" >/dev/null; }
tweet "I love it"
expect "tweets in PostgreSQL" "$(rows)" 1
expect "tweets by way of the pages" "$(curl -sf "$ui/tweets?limit=5" | jq .total)" 1
step "labels and tweets go through both, into PostgreSQL"

podman stop --time 10 compose_database_1 >/dev/null
expect "a label without the database" "$(label "$ui")" "$(label "$api")"
podman start compose_database_1 >/dev/null
within 30 podman healthcheck run compose_database_1
within 30 tweet "again"
expect "tweets after the database came back" "$(rows)" 2
step "predictions go on while the database is away, tweets when it is back"
begin=$SECONDS
compose down
[ $((SECONDS - begin)) -le 15 ] || fail "compose down took $((SECONDS - begin)) s: something does not end when it is told to"
step "compose: down"
echo "all is well"
