#!/usr/bin/env bash
# Puts an OCI layout into a registry: push.sh LAYOUT http://HOST:PORT; the name is the layout's reference.
set -euo pipefail
layout=$1 registry=$2
reference=$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' "$layout/index.json")
manifest=$layout/blobs/sha256/$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' "$layout/index.json")
name=${reference%:*} tag=${reference##*:}
for digest in $(jq -r '.config.digest, .layers[].digest' "$manifest"); do
  curl -sfI "$registry/v2/$name/blobs/$digest" >/dev/null && continue
  place=$(curl -sf -X POST -D - -o /dev/null "$registry/v2/$name/blobs/uploads/" | tr -d '\r' | awk 'tolower($1) == "location:" { print $2 }')
  curl -sf -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$layout/blobs/sha256/${digest#sha256:}" -o /dev/null "$place&digest=$digest"
done
curl -sf -X PUT -H "Content-Type: $(jq -r .mediaType "$manifest")" --data-binary "@$manifest" -o /dev/null "$registry/v2/$name/manifests/$tag"
