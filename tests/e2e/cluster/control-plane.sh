#!/usr/bin/env bash
# The first process of the cluster's namespaces: control-plane.sh NODES. Starts the servers and the nodes, and a node again when asked to.
set -u
# shellcheck source=tests/e2e/cluster/settings.sh
source "$here/settings.sh"
nodes=$1 pki=$run/pki
cd "$run" || exit 1
mount --make-rshared /
hostname cluster
ip link set lo up
ip link add bridge type bridge
ip addr add "$api/24" dev bridge
ip link set bridge up
until [ -e "$run/connected" ]; do sleep 0.02; done
ip link set outside master bridge up

# A new cpuset has no processors until it is told.
make_group() {
  local controller file
  for controller in $controllers; do mkdir -p "/sys/fs/cgroup/$controller/$1"; done
  for file in cpuset.cpus cpuset.mems; do cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$1/$file"; done
}
make_group "$group"
# A kubelet insists on three settings of the kernel: it is shown files that say so instead of changing this machine.
printf 1 >"$run/setting-1"
printf 10 >"$run/setting-10"

start etcd "$bin/etcd" --data-dir "$run/etcd" --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380 \
  --unsafe-no-fsync --log-level warn
# shellcheck disable=SC2086
start kube-apiserver "$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 --advertise-address="$api" --secure-port=6443 \
  --tls-cert-file="$pki/server.crt" --tls-private-key-file="$pki/server.key" --client-ca-file="$pki/ca.crt" --token-auth-file="$pki/tokens.csv" \
  --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$pki/accounts.key" --service-account-signing-key-file="$pki/accounts.key" \
  --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --service-cluster-ip-range="$services.0/16" --allow-privileged=true \
  --kubelet-client-certificate="$pki/admin.crt" --kubelet-client-key="$pki/admin.key" --kubelet-certificate-authority="$pki/ca.crt" \
  --kubelet-preferred-address-types=InternalIP --default-not-ready-toleration-seconds=5 --default-unreachable-toleration-seconds=5 ${API_FLAGS:-}
sed "s#@RUN@#$run#" "$here/config/registry.yml" >"$run/registry.yml"
start registry docker-registry serve "$run/registry.yml"

start_node() {
  local i=$1 outer pid
  # Cgroups of a killed node cost the new kubelet seconds each.
  find /sys/fs/cgroup/*/"$group/node-$i" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
  make_group "$group/node-$i"
  ip link del "node$i" 2>/dev/null
  ip link add "node$i" type veth peer name "cable$i"
  unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc "$here/node.sh" "$i" "$nodes" >>"$run/log/node-$i.log" 2>&1 &
  outer=$!
  pid=$(first_child "$outer") || return
  ip link set "cable$i" netns "$pid"
  ip link set "node$i" master bridge up
  echo "$pid" >"$run/node-$i.pid"
}
for i in $(seq "$nodes"); do
  start_node "$i"
  ip route add "$pods.$i.0/24" via "$(node_address "$i")"  # what the API server answers to pods
done
until [ "$(curl -sk -H 'Authorization: Bearer admin-token' https://127.0.0.1:6443/readyz)" = ok ]; do sleep 0.1; done
touch "$run/api-is-ready"
# shellcheck disable=SC2086
start kube-controller-manager "$bin/kube-controller-manager" --kubeconfig="$run/admin.kubeconfig" --bind-address=127.0.0.1 --leader-elect=false \
  --service-account-private-key-file="$pki/accounts.key" --root-ca-file="$pki/ca.crt" --use-service-account-credentials=false --allocate-node-cidrs=false \
  --node-monitor-period=1s --node-monitor-grace-period=8s ${CONTROLLER_FLAGS:-}
start kube-scheduler "$bin/kube-scheduler" --kubeconfig="$run/admin.kubeconfig" --bind-address=127.0.0.1 --leader-elect=false
while :; do
  for i in $(seq "$nodes"); do
    if [ -e "$run/start-node-$i" ]; then rm "$run/start-node-$i"; start_node "$i"; fi
  done
  sleep 0.2
done
