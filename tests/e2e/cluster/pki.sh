#!/usr/bin/env bash
# Certificates and tokens of one cluster: pki.sh NODES, into $run/pki. Good for a month.
set -euo pipefail
# shellcheck source=tests/e2e/cluster/settings.sh
source "$(dirname "$0")/settings.sh"
mkdir -p "$run/pki"
cd "$run/pki"

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
openssl req -x509 "${new_key[@]}" -days 30 -subj /CN=mlopsctl-test-ca -keyout ca.key -out ca.crt 2>/dev/null
# issue NAME SUBJECT EXTENSIONS
issue() {
  openssl req "${new_key[@]}" -subj "$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" -extfile <(printf '%b' "$3") 2>/dev/null
  rm "$1.csr"
}
issue server /CN=kube-apiserver "subjectAltName=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$services.1,IP:$api\nextendedKeyUsage=serverAuth"
issue admin /O=system:masters/CN=admin extendedKeyUsage=clientAuth
issue proxy /CN=system:kube-proxy extendedKeyUsage=clientAuth
for i in $(seq "$1"); do
  issue "node-$i" "/O=system:nodes/CN=system:node:node-$i" "subjectAltName=DNS:node-$i,IP:$(node_address "$i")\nextendedKeyUsage=clientAuth,serverAuth"
done
openssl ecparam -name prime256v1 -genkey -noout -out accounts.key
# Somebody who may do everything, and somebody who may do what a test gives to the group devs.
printf 'admin-token,admin,1,"system:masters"\ndev-token,dev,2,"devs"\n' >tokens.csv

# kubeconfig NAME USER
kubeconfig() {
  cat >"$run/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: $1}}]
clusters: [{name: test, cluster: {server: "https://$api:6443", certificate-authority: pki/ca.crt}}]
users: [{name: $1, user: {$2}}]
YAML
}
for name in admin proxy $(seq -f node-%g "$1"); do kubeconfig "$name" "client-certificate: pki/$name.crt, client-key: pki/$name.key"; done
kubeconfig dev "token: dev-token"
