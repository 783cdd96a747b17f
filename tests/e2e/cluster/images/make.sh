#!/usr/bin/env bash
# Builds the images, each as an OCI layout: make.sh FOLDER -> FOLDER/pause-1, FOLDER/web-v1, FOLDER/web-v2
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck source=tests/e2e/cluster/images/layout.sh
source "$here/layout.sh"

mkdir -p "$work/pause/bin" "$work/web"/{bin,tmp}
chmod 1777 "$work/web/tmp"
gcc -O2 -static -o "$work/pause/bin/pause" "$here/pause.c"
gcc -O2 -static -pthread -o "$work/web/bin/web" "$here/web.c"
cp /bin/busybox "$work/web/bin/busybox"
ln -s busybox "$work/web/bin/sh"
layout pause 1 "$work/pause" '{"Entrypoint": ["/bin/pause"], "Env": ["PATH=/bin"]}'
for version in v1 v2; do layout web $version "$work/web" '{"Entrypoint": ["/bin/web"], "Env": ["PATH=/bin", "VERSION='$version'"]}'; done
