#!/usr/bin/env bash
# Everything we render is what the API servers of Kubernetes 1.31 to 1.36 take: checked by kubeconform against their own OpenAPI, strictly.
# usage: tests/e2e/manifests/check.sh RENDER_SETS [MLOPSCTL]; 77 where the tools cannot be had
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
render_sets=$1 mlopsctl=${2:-}

kubeconform=$("$root/tests/support/go-tools.sh" tool kubeconform)
newest=1.36.2
versions=(1.31.14 1.32.13 1.33.13 1.34.4 1.35.4 "$newest")
for version in "${versions[@]}"; do "$here/schemas.sh" "$version" >/dev/null || exit $?; done
schemas=$("$here/schemas.sh" "$newest")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

conforms() {
  "$kubeconform" -strict -summary -schema-location "$schemas/{{.ResourceKind}}{{.KindSuffix}}.json" "$@"
}
fail() { echo "FAILED: $*" >&2; exit 1; }

mkdir "$work/good" "$work/bad"
"$render_sets" "$work/good"
if [ -n "$mlopsctl" ]; then
  for config in "$root"/configs/*.yaml; do
    grep -q 'kubernetes:' "$config" || continue
    "$mlopsctl" -C "$root" render -f "$config" >"$work/good/config-$(basename "$config")" 2>"$work/said" || { cat "$work/said" >&2; fail "render $config"; }
  done
fi
for version in "${versions[@]}"; do
  schemas=$("$here/schemas.sh" "$version")  # what conforms() asks; last the newest
  conforms "$work/good" || fail "the API server of Kubernetes $version would refuse what we render"
done

# The check itself must be able to say no: at the top, deep inside a pod, by type, by a missing field, by an unknown kind.
airline=$work/good/airline.yaml sentiment=$work/good/sentiment140.yaml
breaks() {
  local name=$1 from=$2 expression=$3
  sed "$expression" "$from" >"$work/bad/$name.yaml"
  cmp -s "$from" "$work/bad/$name.yaml" && fail "the edit $name changed nothing"
  if conforms "$work/bad/$name.yaml" >"$work/said" 2>&1; then fail "$name passes, and must not"; fi
}
breaks unknown-top-level "$airline" 's/^automountServiceAccountToken:/automountToken:/'
breaks unknown-deep "$airline" 's/readOnlyRootFilesystem:/readOnlyRootFileSystem:/'
breaks wrong-type "$airline" 's/maxReplicas: 12/maxReplicas: twelve/'
# shellcheck disable=SC2016
breaks missing-field "$airline" '/scaleTargetRef:/,$d'
breaks unknown-in-job "$sentiment" 's/activeDeadlineSeconds:/activeDeadline:/'
breaks unknown-kind "$sentiment" 's/kind: CronJob/kind: CronJobs/'
breaks old-version "$sentiment" 's#apiVersion: policy/v1$#apiVersion: policy/v1beta1#'
good=("$work"/good/*) bad=("$work"/bad/*)
echo "ok: ${#good[@]} streams fit Kubernetes ${versions[*]}, ${#bad[@]} broken ones are refused"
