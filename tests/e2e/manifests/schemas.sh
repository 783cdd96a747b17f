#!/usr/bin/env bash
# Makes strict JSON Schemas, one per kind, from the OpenAPI that the API server itself publishes; kept in the cache.
# usage: tests/e2e/manifests/schemas.sh VERSION     (1.36.2) prints the folder; 77 when the module cannot be had
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=v$1
command -v jq >/dev/null || { echo "skipped: no jq here (apt-get install jq)" >&2; exit 77; }

folder=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/schemas/$version-$(cksum <"$here/schemas.jq" | cut -d' ' -f1)
if [ ! -d "$folder" ]; then
  module=$("$here/../../support/go-tools.sh" module "k8s.io/kubernetes@$version")
  mkdir -p "$(dirname "$folder")"
  fresh=$(mktemp -d "$folder.XXXXXX")
  for group in api__v1 apis__apps__v1 apis__autoscaling__v2 apis__batch__v1 apis__networking.k8s.io__v1 apis__policy__v1; do
    jq -f "$here/schemas.jq" "$module/api/openapi-spec/v3/${group}_openapi.json" >"$fresh/all"
    jq -r 'keys[]' "$fresh/all" | while IFS= read -r kind; do
      jq -c --arg kind "$kind" '.[$kind]' "$fresh/all" >"$fresh/$kind.json"
    done
    rm "$fresh/all"
  done
  rm -rf "$module"  # a hundred megabytes, of which we need two
  mv -T "$fresh" "$folder" 2>/dev/null || rm -rf "$fresh"
fi
echo "$folder"
