#!/usr/bin/env bash
# Puts our own program, and the libraries it is linked to, into a registry as mlopsctl:test; settings as in the Dockerfile.
# usage: mlopsctl.sh MLOPSCTL http://HOST:PORT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$1 registry=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/out root=$work/root
# shellcheck source=tests/e2e/cluster/images/layout.sh
source "$here/layout.sh"

mkdir -p "$out" "$root"/{usr/local/bin,data,tmp}
strip -o "$root/usr/local/bin/mlopsctl" "$program"
curl=$(ldconfig -p | sed -n 's/.*libcurl\.so\.4 .*x86-64.* => //p' | head -n 1)  # opened when it is needed
{ ldd "$program"; [ -z "$curl" ] || { echo " $curl"; ldd "$curl"; }; } | grep -o '/[^ )]*' | sort -u | while read -r library; do install -D "$library" "$root$library"; done
layout mlopsctl test "$root" '{"User": "65532:65532", "WorkingDir": "/data", "Entrypoint": ["/usr/local/bin/mlopsctl"], "Env": ["PATH=/usr/local/bin", "HOME=/data"]}'
"$here/push.sh" "$out/mlopsctl-test" "$registry"
