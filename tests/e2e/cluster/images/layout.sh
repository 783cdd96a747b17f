# shellcheck shell=bash
# To source: layout NAME TAG ROOT CONFIG makes $out/NAME-TAG, an OCI layout of one layer, from a folder and the image's settings as JSON
# ({"Entrypoint": [...], "Env": [...]}); the same bytes every time. Uses $work, a scratch folder.

# put FILE: into the layout's blobs; prints "DIGEST SIZE"
put() {
  local digest
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  cp "$1" "$layout/blobs/sha256/$digest"
  echo "sha256:$digest $(stat -c %s "$1")"
}
layout() {
  local name=$1 tag=$2 root=$3 settings=$4 layer layer_size config config_size manifest manifest_size
  layout=$work/$name-$tag
  mkdir -p "$layout/blobs/sha256"
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$root" -cf "$work/layer.tar" .
  read -r layer layer_size < <(put "$work/layer.tar")
  jq -cn --arg layer "$layer" --argjson settings "$settings" '{architecture: "amd64", os: "linux", config: $settings, rootfs: {type: "layers", diff_ids: [$layer]}}' >"$work/config"
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
