#!/usr/bin/env bash
# Puts our own program, and the libraries it is linked to, into a registry as mlopsctl:test, with the Dockerfile's settings.
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
# setting WORD: what the Dockerfile says of the image that is released.
setting() { sed -n "/ AS runtime\$/,\$ s/^$1 //p" "$here/../../../../Dockerfile"; }
layout mlopsctl test "$root" "$(jq -cn --arg user "$(setting USER)" --arg folder "$(setting WORKDIR)" --arg env "$(setting ENV)" --arg port "$(setting EXPOSE)" \
  --arg signal "$(setting STOPSIGNAL)" --argjson entrypoint "$(setting ENTRYPOINT)" --argjson command "$(setting CMD)" '{User: $user, WorkingDir: $folder,
    Env: ["PATH=/usr/local/bin", $env], ExposedPorts: {"\($port)/tcp": {}}, StopSignal: $signal, Entrypoint: $entrypoint, Cmd: $command}')"
"$here/push.sh" "$out/mlopsctl-test" "$registry"
