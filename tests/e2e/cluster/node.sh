#!/usr/bin/env bash
# The first process of a node's namespaces: node.sh I NODES.
set -u
# shellcheck source=tests/e2e/cluster/settings.sh
source "$here/settings.sh"
i=$1 nodes=$2 name=node-$1
address=$(node_address "$i") own=$run/$name
mkdir -p "$own"
cd "$own" || exit 1
mount --make-rshared /
hostname "$name"
ip link set lo up

# The node writes to a layer of its own over this machine's folders.
for folder in var/lib var/log etc opt; do
  layer=$own/layers/${folder//\//-}
  rm -rf "$layer/work"
  mkdir -p "$layer/upper" "$layer/work"
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$layer/upper,workdir=$layer/work" "/$folder"
done
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/netns
mount --bind "$run/setting-1" /proc/sys/vm/overcommit_memory
mount --bind "$run/setting-1" /proc/sys/kernel/panic_on_oops
mount --bind "$run/setting-10" /proc/sys/kernel/panic

until ip link show "cable$i" >/dev/null 2>&1; do sleep 0.02; done
ip link set "cable$i" name eth0
ip addr add "$address/24" dev eth0
ip link set eth0 up
for j in $(seq "$nodes"); do [ "$j" = "$i" ] || ip route add "$pods.$j.0/24" via "$(node_address "$j")"; done
echo 1 >/proc/sys/net/ipv4/ip_forward
: >"$own/resolv.conf"
mount --bind "$own/resolv.conf" /etc/resolv.conf

fill() { sed "s#@RUN@#$run#g; s#@NODE@#$name#g; s#@GROUP@#$group#g; s#@PODS@#$pods#g; s#@OWN_PODS@#$pods.$i#g" "$here/config/$1"; }
mkdir -p /etc/cni/net.d /etc/containerd/certs.d/registry.test
fill cni.conflist >/etc/cni/net.d/10-mlopsctl.conflist
printf 'server = "http://%s:5000"\n[host."http://%s:5000"]\n  capabilities = ["pull", "resolve"]\n' "$api" "$api" >/etc/containerd/certs.d/registry.test/hosts.toml
for file in containerd.toml kubelet.yaml kube-proxy.yaml; do fill $file >"$own/$file"; done

PATH=$bin:$PATH start "$name-containerd" "$bin/containerd" -c "$own/containerd.toml"
until [ -S /run/containerd/containerd.sock ]; do sleep 0.05; done
until [ -e "$run/api-is-ready" ]; do sleep 0.05; done
start "$name-kubelet" "$bin/kubelet" --config="$own/kubelet.yaml" --kubeconfig="$run/$name.kubeconfig" --root-dir=/var/lib/kubelet --hostname-override="$name" \
  --node-ip="$address" --tls-cert-file="$run/pki/$name.crt" --tls-private-key-file="$run/pki/$name.key" --node-labels="topology.kubernetes.io/zone=zone-$i" --v=1
start "$name-kube-proxy" "$bin/kube-proxy" --config="$own/kube-proxy.yaml" --hostname-override="$name"
sleep infinity &  # so that there is always somebody to wait for; orphans are buried meanwhile
wait
