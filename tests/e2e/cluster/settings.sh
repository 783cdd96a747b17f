# Names and addresses, for the other scripts to source. Several clusters can stand side by side: $MLOPSCTL_CLUSTER_NUMBER, 0 to 20.
# shellcheck shell=bash disable=SC2034
number=${MLOPSCTL_CLUSTER_NUMBER:-0}
cache=${MLOPSCTL_CLUSTER_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/cluster}
bin=$cache/bin
run=$cache/run-$number      # all that a running cluster writes; made anew by every `up`
group=mlopsctl-cluster-$number  # of cgroups

network=10.$((200 + number)).0    # .1: control plane and registry; .10 + i: node i; .254: this machine
api=$network.1
link=mlopsctl$number        # this machine's end of the cable
services=10.$((96 + number)).0
pods=10.$((144 + number))         # of node i: .i.0/24
controllers="cpu cpuacct cpuset memory devices freezer blkio pids systemd"

node_address() { echo "$network.$((10 + $1))"; }
# Starts a server in the background, its output in a file of its own.
start() {
  local name=$1
  shift
  "$@" >>"$run/log/$name.log" 2>&1 &
}
# The first process of the namespaces that `unshare --fork` with this pid has made.
first_child() {
  local child=
  until [ -n "$child" ]; do
    [ -d "/proc/$1" ] || return 1
    child=$(awk '{ print $1; exit }' "/proc/$1/task/$1/children")
    sleep 0.02
  done
  echo "$child"
}
