#!/usr/bin/env bash
# The README's two commands on a machine that has nothing but git and make: a fresh Debian 12 root, a fresh clone, a chroot.
#
# usage: tests/e2e/bare/run.sh [packages|run|test|data|all]     (default: all)
#   packages  only what .ci/install installs, and that CMake configures with it: minutes instead of an hour
#   run   make run; make run again (must reuse everything in under a second)
#   test  make test without ../shared beside the clone
#   data  make test with ../shared beside the clone (skipped where this checkout has none)
# Prints wall times. Needs root, mmdebstrap and the package mirrors; by hand or nightly, not part of `make test`.
# Only what is committed is tested. MLOPSCTL_BARE_KEEP=1 keeps the root and says where it is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source_dir=$(cd "$here/../../.." && pwd)
what=${1:-all}
case $what in packages | run | test | data | all) ;; *) echo "usage: tests/e2e/bare/run.sh [packages|run|test|data|all]" >&2; exit 2 ;; esac

if [ "$(id -u)" -ne 0 ] || ! command -v mmdebstrap >/dev/null || ! unshare --mount true 2>/dev/null; then
  echo "skipped: needs root, mount namespaces and mmdebstrap (apt-get install mmdebstrap)" >&2
  exit 77
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl
tarball=$cache/bare-bookworm.tar
mkdir -p "$cache"
if [ ! -s "$tarball" ]; then
  echo "making the Debian root (once): $tarball"
  fresh=$cache/bare-bookworm.$$.tar
  unshare --mount --propagation private mmdebstrap --quiet --variant=minbase --include=git,make,ca-certificates bookworm "$fresh"
  mv "$fresh" "$tarball"
fi

root=$(mktemp -d "${TMPDIR:-/var/tmp}/mlopsctl-bare.XXXXXX")
# All mounts live in a namespace that dies with its command; the check is for the day that one does not.
# shellcheck disable=SC2317
cleanup() {
  if [ -n "${MLOPSCTL_BARE_KEEP:-}" ] || grep -qF "$root" /proc/mounts; then echo "kept: $root"; else rm -rf --one-file-system "$root"; fi
}
trap cleanup EXIT
tar -C "$root" -xf "$tarball"

rm -f "$root/etc/apt/sources.list"  # the host's take its place
# The host's package-client settings, so that the mirrors and certificates that work here work in there; those of this user become root's.
for setting in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/auth.conf.d /etc/apt/preferences.d \
  /etc/apt/keyrings /etc/apt/trusted.gpg.d /etc/pip.conf /etc/xdg/pip/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" \
  "${PIP_CONFIG_FILE:-}" /etc/npmrc /etc/resolv.conf /etc/hosts /etc/ssl/certs /usr/local/share/ca-certificates "$HOME/.config/go/env"; do
  [ -f "$setting" ] || [ -d "$setting" ] || continue
  target=$root${setting/#"$HOME"\//\/root\/}
  mkdir -p "$(dirname "$target")"
  rm -rf "${target:?}"
  cp -aL "$setting" "$target"
done
kept_variables=()
while IFS= read -r name; do kept_variables+=("$name=${!name}"); done < <(compgen -e | grep -E '^(https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|PIP_[A-Z_]+|GO(PROXY|SUMDB|NOSUMDB|FLAGS)|SSL_CERT_(FILE|DIR)|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|GIT_SSL_CAINFO|NODE_EXTRA_CA_CERTS)$')

git clone --quiet "file://$source_dir" "$root/src/mlopsctl"
echo "commit $(git -C "$root/src/mlopsctl" rev-parse --short HEAD), $(nproc) cores"

# inside SHARED COMMAND...: in the new root, with nothing of this machine's but /proc, /dev and (if SHARED is not empty) ../shared, read-only.
inside() {
  local shared=$1; shift
  # shellcheck disable=SC2016
  root=$root shared=$shared unshare --mount --pid --fork --kill-child --propagation private bash -euc '
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    if [ -n "$shared" ]; then
      mkdir -p "$root/src/shared" && mount --bind "$shared" "$root/src/shared" && mount -o remount,bind,ro "$root/src/shared"
    fi
    exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
  ' bash "${kept_variables[@]}" bash -c "cd /src/mlopsctl && $*" </dev/null
}
# timed NAME LIMIT_SECONDS SHARED COMMAND...
failures=0
timed() {
  local name=$1 limit=$2 shared=$3; shift 3
  echo "=== $name: $*"
  local begin status=0 seconds
  begin=$(date +%s.%N)
  inside "$shared" "$@" || status=$?
  seconds=$(awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f", b - a }')
  local verdict=ok
  [ "$status" -eq 0 ] || verdict="FAILED (exit $status)"
  if [ -n "$limit" ] && awk -v s="$seconds" -v l="$limit" 'BEGIN { exit !(s > l) }'; then verdict="$verdict, TOO SLOW (limit $limit s)"; fi
  [ "$verdict" = ok ] || failures=$((failures + 1))
  summary+=("$(printf '%-28s %9s s  %s' "$name" "$seconds" "$verdict")")
  echo "=== ${summary[-1]}"
}
summary=()

if [ "$what" = packages ]; then
  timed "build packages" "" "" ".ci/install build && cmake --preset release >/dev/null"
  timed "test packages" "" "" ".ci/install test && cmake --preset dev >/dev/null"
  timed "tidy packages" "" "" ".ci/install tidy && cmake --preset tidy >/dev/null"
  timed "bench packages" "" "" ".ci/install bench && cmake --preset bench >/dev/null"
fi
if [ "$what" = run ] || [ "$what" = all ]; then
  timed "first make run" 600 "" make run
  timed "second make run" 1 "" make run
fi
if [ "$what" = test ] || [ "$what" = all ]; then
  timed "make test without data" "" "" make test
fi
if [ "$what" = data ] || [ "$what" = all ]; then
  if [ -d "$source_dir/../shared/data" ]; then
    timed "make test with data" "" "$(cd "$source_dir/../shared" && pwd)" make test
  else
    summary+=("make test with data          skipped: no ../shared/data")
  fi
fi
printf '%s\n' "" "${summary[@]}"
exit $((failures > 0))
