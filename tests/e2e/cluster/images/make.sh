#!/usr/bin/env bash
# Builds the images, each as an OCI layout: make.sh FOLDER -> FOLDER/pause-1, FOLDER/web-v1, FOLDER/web-v2
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# put FILE: into the layout's blobs; prints "DIGEST SIZE"
put() {
  local digest
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  cp "$1" "$layout/blobs/sha256/$digest"
  echo "sha256:$digest $(stat -c %s "$1")"
}
# layout NAME TAG ROOT ENV COMMAND...: one layer; the same bytes every time
layout() {
  local name=$1 tag=$2 root=$3 variable=$4 layer config manifest
  shift 4
  layout=$work/$name-$tag
  mkdir -p "$layout/blobs/sha256"
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$root" -cf "$work/layer.tar" .
  read -r layer layer_size < <(put "$work/layer.tar")
  jq -cn --arg layer "$layer" --arg variable "$variable" '{architecture: "amd64", os: "linux", config: {Entrypoint: $ARGS.positional, Env: (["PATH=/bin"] + [$variable | select(. != "")])},
    rootfs: {type: "layers", diff_ids: [$layer]}}' --args "$@" >"$work/config"
  read -r config config_size < <(put "$work/config")
  jq -cn --arg config "$config" --argjson config_size "$config_size" --arg layer "$layer" --argjson layer_size "$layer_size" '{schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json", config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $config_size},
    layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $layer, size: $layer_size}]}' >"$work/manifest"
  read -r manifest manifest_size < <(put "$work/manifest")
  jq -cn --arg digest "$manifest" --argjson size "$manifest_size" --arg name "$name:$tag" '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $digest, size: $size, annotations: {"org.opencontainers.image.ref.name": $name}}]}' >"$layout/index.json"
  echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
  rm -rf "${out:?}/$name-$tag"
  mv "$layout" "$out/$name-$tag"
}

mkdir -p "$work/pause/bin" "$work/web"/{bin,tmp}
chmod 1777 "$work/web/tmp"
gcc -O2 -static -o "$work/pause/bin/pause" "$here/pause.c"
gcc -O2 -static -pthread -o "$work/web/bin/web" "$here/web.c"
cp /bin/busybox "$work/web/bin/busybox"
ln -s busybox "$work/web/bin/sh"
layout pause 1 "$work/pause" "" /bin/pause
for version in v1 v2; do layout web $version "$work/web" VERSION=$version /bin/web; done
