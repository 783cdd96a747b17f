#!/usr/bin/env bash
# The cluster is a real one: images are pulled, pods run on both nodes, Services lead to them, a crash is a crash.
# usage: tests/e2e/cluster/check.sh     while the cluster is up; 77 when it is not
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
run=$("$here/cluster.sh" where) || { echo "skipped: no cluster is up (make cluster-up)" >&2; exit 77; }
cp "$run/admin.kubeconfig" "$run/check.kubeconfig"
kubectl() { "$run/../bin/kubectl" --kubeconfig "$run/check.kubeconfig" "$@"; }
fail() { echo "FAILED: $*" >&2; kubectl get pods -o wide >&2; kubectl get events >&2; exit 1; }

kubectl delete namespace cluster-check --ignore-not-found --wait=true >/dev/null
kubectl create namespace cluster-check >/dev/null
kubectl config set-context --current --namespace=cluster-check >/dev/null
trap 'kubectl delete namespace cluster-check --wait=false >/dev/null' EXIT
kubectl create -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]
      containers:
      - {name: web, image: registry.test/web:v1, readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: ends}
spec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, containers: [{name: c, image: registry.test/web:v1, env: [{name: EXIT, value: "7"}]}]}}}
YAML
kubectl rollout status deployment/web --timeout=300s >/dev/null || fail "the Deployment is not available"
[ "$(kubectl get pods -l app=web -o jsonpath='{.items[*].spec.nodeName}' | tr ' ' '\n' | sort | uniq -c | awk '{ print $1 }' | paste -sd' ')" = "2 2" ] || fail "the pods are not on two nodes"
kubectl wait --for=condition=Failed job/ends --timeout=300s >/dev/null || fail "the Job did not end"
[ "$(kubectl get pods -l job-name=ends -o jsonpath='{.items[0].status.containerStatuses[0].state.terminated.exitCode}')" = 7 ] || fail "the Job's exit code is not 7"
[ "$(kubectl logs job/ends)" = "web: told to end with code 7" ] || fail "the Job's log is not there"

# The nodes learn of a Service in the order of a second.
address=$(kubectl get service web -o jsonpath='{.spec.clusterIP}')
for _ in $(seq 1000); do curl -sf --max-time 1 "http://$address/" >/dev/null && break; sleep 0.05; done
answers=$(for _ in $(seq 40); do curl -sf --max-time 2 "http://$address/" || echo "no answer"; done | sort | uniq -c)
grep -q "no answer" <<<"$answers" && fail "requests got lost: $answers"
[ "$(wc -l <<<"$answers")" -eq 4 ] || fail "not every pod answers: $answers"
echo "ok: 4 pods on 2 nodes answer through a Service, a Job ends with its exit code and log"
