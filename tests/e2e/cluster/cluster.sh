#!/usr/bin/env bash
# A Kubernetes cluster on this machine: control plane, registry and real nodes, each in namespaces of its own; a minute after `down`, or
# after a kill -9 of its first process, nothing is left of it but files in the cache.
#
# usage: cluster.sh up [NODES]      builds what is missing, starts (2 nodes), waits until the nodes are ready; prints where the kubeconfig is
#        cluster.sh down
#        cluster.sh borrow | give-back   as up and down, but a cluster that was up before stays
#        cluster.sh kill-node I     a crash;   start-node I
#        cluster.sh inside CMD...    in the control plane's namespaces;   on-node I CMD...   on a node
#        cluster.sh where            the folder of the running cluster; 1 when there is none
# Ends with 77, and says why, where there cannot be one: no root, no namespaces, no packages. $API_FLAGS and $CONTROLLER_FLAGS are passed on.
#
#   this machine .254 --cable-- [bridge .1: etcd, API server, controllers, scheduler, registry] --cable-- [node i .10+i, its pods]
set -euo pipefail
export here
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/cluster/settings.sh
source "$here/settings.sh"

skip() { echo "skipped: $*" >&2; exit 77; }
fail() { echo "FAILED: $*; see $run/log" >&2; tail -n 3 "$run"/log/*.log >&2 || true; down; exit 1; }
first_process() { cat "$run/first.pid" 2>/dev/null; }
is_up() { local pid; pid=$(first_process) && grep -qs control-plane.sh "/proc/$pid/cmdline"; }
ask() { curl -sS --max-time 5 --cacert "$run/pki/ca.crt" -H "Authorization: Bearer admin-token" "https://$api:6443$1" 2>/dev/null; }
# wait_for WHAT SECONDS CONDITION...
wait_for() {
  local what=$1 end=$((SECONDS + $2))
  shift 2
  until "$@"; do
    is_up || fail "the cluster ended while waiting for $what"
    [ $SECONDS -lt $end ] || fail "$what is not there after $2 s"
    sleep 0.05
  done
}
is_ready() { [ "$(ask /readyz)" = ok ]; }
has_account() { ask /api/v1/namespaces/default/serviceaccounts/default | grep -q '"uid"'; }
nodes_ready() { [ "$(ask /api/v1/nodes | tr -d ' \n' | grep -o '"reason":"KubeletReady"' | wc -l)" -eq "$1" ]; }
registry_answers() { curl -sf --max-time 5 "http://$api:5000/v2/" >/dev/null; }

up() {
  local nodes=$1 unshare_pid pid i
  [ "$(id -u)" -eq 0 ] || skip "a cluster needs root"
  [ -d /sys/fs/cgroup/cpuset ] || skip "this machine has no cgroups of version 1; those of version 2 are not supported yet"
  unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc true 2>/dev/null || skip "namespaces cannot be made here"
  # What a killed one left.
  rm -rf --one-file-system "$run"
  ip link del "$link" 2>/dev/null || true
  mkdir -p "$run/log"
  "$here/pki.sh" "$nodes"

  setsid unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc "$here/control-plane.sh" "$nodes" >"$run/log/control-plane.log" 2>&1 </dev/null 8>&- &
  unshare_pid=$!
  pid=$(first_child "$unshare_pid") || fail "the control plane did not start"
  echo "$pid" >"$run/first.pid"
  ip link add "$link" type veth peer name outside netns "$pid"
  ip addr add "$network.254/24" dev "$link"
  ip link set "$link" up
  ip route add "$services.0/16" via "$(node_address 1)"
  for i in $(seq "$nodes"); do ip route add "$pods.$i.0/24" via "$(node_address "$i")"; done
  touch "$run/connected"

  wait_for "the registry" 30 registry_answers
  for image in "$cache"/images/*/; do "$here/images/push.sh" "$image" "http://$api:5000" >>"$run/log/push.log" 2>&1 || fail "cannot push $image"; done
  wait_for "the API server" 60 is_ready
  wait_for "the default service account" 60 has_account
  wait_for "a ready node ($nodes)" 120 nodes_ready "$nodes"
}

down() {
  local pid i
  if is_up; then
    pid=$(first_process)
    kill -9 "$pid"
    while [ -d "/proc/$pid" ]; do sleep 0.02; done
  fi
  ip link del "$link" 2>/dev/null || true
  rm -f "$run/first.pid" "$run/borrowed"
  # The kernel needs a moment to end the processes in them.
  for i in $(seq 100); do
    for folder in /sys/fs/cgroup/*/"$group"; do [ ! -d "$folder" ] || find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || true; done
    compgen -G "/sys/fs/cgroup/*/$group" >/dev/null || break
    sleep 0.05
  done
}

enter() { local pid=$1; shift; exec nsenter -t "$pid" -m -p -n -u -i -- "$@"; }
lock() { mkdir -p "$cache"; exec 8>"$cache/cluster-$number.lock"; flock 8; }

case ${1:-} in
  up)
    built=0
    "$here/build.sh" >/dev/null || built=$?
    [ $built -eq 0 ] || exit $built
    lock
    is_up || up "${2:-2}"
    echo "$run/admin.kubeconfig" ;;
  down) lock; down ;;
  borrow)
    if is_up; then echo "$run/admin.kubeconfig"; exit; fi
    "$here/cluster.sh" up "${2:-2}" || exit $?
    touch "$run/borrowed" ;;
  give-back) [ ! -e "$run/borrowed" ] || "$here/cluster.sh" down ;;
  where) is_up && echo "$run" ;;
  kill-node) pid=$(cat "$run/node-$2.pid") && nsenter -t "$(first_process)" -m -p kill -9 "$pid" ;;
  start-node) touch "$run/start-node-$2" ;;
  inside) shift; enter "$(first_process)" "$@" ;;
  on-node) node=$2; shift 2; enter "$(first_process)" nsenter -t "$(cat "$run/node-$node.pid")" -m -p -n -u -i -- "$@" ;;
  *) sed -n '5,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
