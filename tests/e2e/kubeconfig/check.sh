#!/usr/bin/env bash
# For every case of cases.sh kubectl and our client are started alike; what they ask of the server must be the same to the header.
# usage: tests/e2e/kubeconfig/check.sh KUBE_GET     77 where kubectl cannot be had
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
ours=$1
programs=$("$here/../cluster/build.sh" --programs) || exit $?
kubectl=$programs/bin/kubectl
recorder=$("$here/../../support/go-tools.sh" local "$here/recorder") || exit $?
command -v jq >/dev/null || { echo "skipped: no jq here (apt-get install jq)" >&2; exit 77; }

work=$(mktemp -d)
exec 8> >(:)
trap 'exec 8>&-; rm -rf "$work"' EXIT
mkdir "$work/rec" "$work/home" "$work/kube"
mkfifo "$work/stdin"
"$recorder" "$work/rec" <"$work/stdin" &
recording=$!
exec 8>"$work/stdin"
until [ -e "$work/rec/ready" ]; do kill -0 "$recording" 2>/dev/null || { echo "FAILED: the recorder ended" >&2; exit 1; }; read -rt 0.02 <> <(:) || true; done
# shellcheck disable=SC1091
source "$work/rec/ready"
CA=$work/rec/ca.crt OTHER_CA=$work/rec/other-ca.crt ALICE=$work/rec/alice BOB=$work/rec/bob KUBE=$work/kube
encoded() { base64 -w0 "$1"; }
PORT=${HTTPS##*:}

# Starts one of the two in an environment of its own; what reached the server goes to $work/$1, how it ended to $work/$1.said.
ask() {
  local who=$1
  shift
  : >"$work/rec/requests"
  env -i PATH="$work/kube/bin:/usr/bin:/bin" HOME="$work/home" "${settings[@]}" "$@" >"$work/$who.said" 2>&1 </dev/null
  local ended=$?
  jq -S -c 'del(.time)' "$work/rec/requests" | sort >"$work/$who"
  # Refused by the server is an answer; refused by the program is none.
  if [ $ended -eq 0 ]; then echo "answered" >>"$work/$who"; else echo "failed" >>"$work/$who"; fi
}
# compare NAME [VARIABLE=VALUE...] [--FLAG VALUE...]: the kubeconfig on stdin goes to $KUBE/config, which is $KUBECONFIG unless said otherwise.
compare() {
  local name=$1 flags=()
  shift
  cat >"$work/kube/config"
  settings=(KUBECONFIG="$work/kube/config")
  while [ $# -gt 0 ]; do
    case $1 in
      --*) flags+=("$1" "$2"); shift 2 ;;
      *) settings+=("$1"); shift ;;
    esac
  done
  ask kubectl "$kubectl" "${flags[@]}" get --raw /probe
  ask ours "$ours" "${flags[@]}" /probe
  local expected got
  case " ${flags[*]} " in
    *" --namespace "*) expected=${flags[-1]} ;;  # `config view` does not look at it
    *) expected=$(env -i HOME="$work/home" "${settings[@]}" "$kubectl" "${flags[@]}" config view --minify -o 'jsonpath={..namespace}' 2>/dev/null) ;;
  esac
  got=$(env -i HOME="$work/home" "${settings[@]}" "$ours" "${flags[@]}" namespace 2>/dev/null)
  if ! cmp -s "$work/kubectl" "$work/ours"; then
    echo "FAILED: $name" >>"$work/results"
    printf 'FAILED: %s\n  kubectl: %s\n  ours:    %s\n  kubectl said: %s\n  we said:      %s\n' "$name" "$(paste -sd' ' "$work/kubectl")" "$(paste -sd' ' "$work/ours")" \
      "$(head -n 2 "$work/kubectl.said" | paste -sd' ')" "$(head -n 3 "$work/ours.said" | paste -sd' ')"
  elif [ "$(tail -n 1 "$work/ours")" = answered ] && [ "${expected:-default}" != "$got" ]; then
    echo "FAILED: $name" >>"$work/results"
    printf 'FAILED: %s: the namespace is %s, expected %s\n' "$name" "$got" "${expected:-default}"
  else
    echo "ok: $name" >>"$work/results"
  fi
}

# The comparison can say no: a plug-in that prints another token each time.
one() { printf '{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, user: u%s}}], clusters: [{name: k, cluster: {%s}}], users: [{name: u, user: {%s}}]}\n' "${3:-}" "$1" "$2"; }
mkdir -p "$KUBE/bin"
# shellcheck disable=SC2016
printf '#!/bin/sh\nprintf \x27{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%%s"}}\x27 "$(date +%%N)"\n' >"$KUBE/bin/moody"
chmod +x "$KUBE/bin/moody"
one "server: \"https://$HTTPS\", certificate-authority: \"$CA\"" "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: moody}" | compare "negative control" >/dev/null
grep -q '^FAILED: negative control' "$work/results" || { echo "FAILED: the comparison cannot say no"; exit 1; }
: >"$work/results"

# shellcheck source=tests/e2e/kubeconfig/cases.sh
source "$here/cases.sh"
# Where kubectl ends with an answer of 401, we ask the plug-in for another token and try once more.
# shellcheck disable=SC2016
printf '#!/bin/sh\necho >>%s/runs; n=$(wc -l <%s/runs); t=refused; [ $n -lt 2 ] || t=fresh\nprintf \x27{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%%s"}}\x27 $t\n' "$KUBE" "$KUBE" >"$KUBE/bin/moody"
settings=(KUBECONFIG="$work/kube/config")
one "server: \"https://$HTTPS\", certificate-authority: \"$CA\"" "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: moody}" >"$KUBE/config"
ask ours "$ours" /probe
got=$(jq -rs '[.[].authorization] | join(", ")' "$work/rec/requests")
[ "$got" = "Bearer refused, Bearer fresh" ] || { echo "FAILED: after 401: sent $got"; echo "FAILED: after 401" >>"$work/results"; }

failures=$(grep -c '^FAILED' "$work/results")
echo "$(wc -l <"$work/results") cases, $failures differ"
[ "$failures" -eq 0 ] && [ "$(wc -l <"$work/results")" -ge 60 ]
