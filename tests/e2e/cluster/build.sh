#!/usr/bin/env bash
# Makes ready what cluster.sh starts, once: Debian packages, kubebox and containerd (from the Go module proxy), two small images.
# usage: tests/e2e/cluster/build.sh [--programs]    prints the folder that holds them; 77, with the reason, where they cannot be had
#        --programs: only kubebox and its links, kubectl among them (no root needed)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${MLOPSCTL_CLUSTER_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/cluster}
version=1.36.2
packages=(runc containernetworking-plugins nftables iptables conntrack busybox-static docker-registry iproute2 openssl curl jq)

skip() { echo "skipped: $*" >&2; exit 77; }
mkdir -p "$cache"/{bin,images}
# Of several that build at once the others wait.
exec 9>"$cache/lock"
flock 9

# build FOLDER WHAT PACKAGE OUTPUT FLAG...: of the module in FOLDER.
build() {
  local folder=$1 what=$2 package=$3 output=$4
  shift 4
  (cd "$here/$folder" && GOTOOLCHAIN=local GOWORK=off "$go" list -modcacherw -deps "$package" >/dev/null) || skip "cannot have the modules of $what from $("$go" env GOPROXY)"
  (cd "$here/$folder" && GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 nice "$go" build -modcacherw -buildvcs=false -trimpath "$@" -o "$output" "$package" >&2) ||
    { echo "FAILED: $what does not build" >&2; exit 1; }
}

# The names say what they were made from, so that a later build finds them.
kubebox=$cache/bin/kubebox-$(cat "$here"/kubebox/{main.go,go.mod} | cksum | cut -d' ' -f1)
if [ ! -x "$kubebox" ]; then
  go=$("$here/../../support/go-tools.sh" go)
  echo "building Kubernetes $version: five minutes, once" >&2
  flags="-s -w"
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=v$version -X $package.gitMajor=1 -X $package.gitMinor=${version:2:2} -X $package.gitTreeState=clean"
    flags+=" -X $package.gitCommit=$(printf '0%.0s' {1..40}) -X $package.buildDate=2026-01-01T00:00:00Z"
  done
  build kubebox "Kubernetes $version" . "$kubebox.new" -ldflags "$flags"
  mv "$kubebox.new" "$kubebox"
fi
for name in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
  ln -sfT "$(basename "$kubebox")" "$cache/bin/$name"
done
if [ "${1:-}" = --programs ]; then echo "$cache"; exit; fi

missing=()
installed=$(dpkg-query -W -f '${Status} ${Package}\n' 2>/dev/null | sed -n 's/^install ok installed //p') || skip "no dpkg here: install ${packages[*]}"
for package in "${packages[@]}"; do grep -qxF "$package" <<<"$installed" || missing+=("$package"); done
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" -eq 0 ] || skip "these packages are missing, and only root can install them: ${missing[*]}"
  echo "installing ${missing[*]}" >&2
  # Their services are not to start: we run the programs, in namespaces of our own.
  mask=$(mktemp -d)
  trap 'rm -rf "$mask"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$mask/policy-rc.d"
  chmod +x "$mask/policy-rc.d"
  placed=
  [ -e /usr/sbin/policy-rc.d ] || { cp "$mask/policy-rc.d" /usr/sbin/policy-rc.d; placed=yes; }
  status=0
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -o DPkg::Lock::Timeout=300 -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "${missing[@]}"; } >&2 || status=$?
  [ -z "$placed" ] || rm -f /usr/sbin/policy-rc.d
  [ $status -eq 0 ] || skip "cannot install ${missing[*]}"
fi

# Debian's is too old for image volumes.
containerd=$cache/bin/containerd-$(cksum <"$here/containerd/go.mod" | cut -d' ' -f1)
if [ ! -d "$containerd" ]; then
  go=$("$here/../../support/go-tools.sh" go)
  echo "building containerd: two minutes, once" >&2
  rm -rf "$containerd.new"
  build containerd containerd tool "$containerd.new/" -tags "no_btrfs no_zfs no_devmapper no_aufs" -ldflags "-s -w"
  mv -T "$containerd.new" "$containerd"
fi
for name in containerd containerd-shim-runc-v2; do ln -sfT "$(basename "$containerd")/$name" "$cache/bin/$name"; done

made=$cache/images/made-$(cat "$here"/images/* | cksum | cut -d' ' -f1)
if [ ! -e "$made" ]; then
  "$here/images/make.sh" "$cache/images" >&2
  touch "$made"
fi
echo "$cache"
