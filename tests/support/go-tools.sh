#!/usr/bin/env bash
# Tools and data that tests take from the Go module proxy, built once into a cache.
#
# usage: tests/support/go-tools.sh tool kubeconform|actionlint|act   prints the executable's path
#        tests/support/go-tools.sh module PATH@VERSION               prints the folder of an unpacked module
#        tests/support/go-tools.sh local FOLDER                      builds a program of this project, without dependencies; prints its path
#        tests/support/go-tools.sh go                                prints the path of a go that is new enough
#
# Any `go` will do to start with, Debian 12's 1.19 too: where it is older than the tools need, it fetches a newer toolchain, which is
# itself a module. What is fetched is checked against the Go checksum database. Exit code 77, with the reason, when it cannot be had.
set -euo pipefail

toolchain=1.26.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/tools
declare -A packages=(
  [kubeconform]=github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
  [actionlint]=github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
  [act]=github.com/nektos/act@v0.2.89
)

skip() { echo "skipped: $*" >&2; exit 77; }
usage() { sed -n '4,7s/^# *//p' "$0" >&2; exit 2; }

# A writable module cache of its own: nothing is left behind that rm cannot remove.
export GOPATH=$cache/go GOTOOLCHAIN=local GO111MODULE=on GOWORK=off CGO_ENABLED=0 GOFLAGS="-modcacherw -buildvcs=false"
unset GOROOT GOBIN GOOS GOARCH

# Sets `go` to one that builds today's modules.
find_go() {
  go=$(command -v go || true)
  [ -n "$go" ] || skip "no go here (apt-get install golang-go)"
  local version
  version=$("$go" env GOVERSION | sed 's/^go//')
  if [ "$(printf '%s\n%s\n' 1.26 "$version" | sort -V | head -n 1)" = 1.26 ]; then return; fi

  local platform root
  platform=$("$go" env GOOS)-$("$go" env GOARCH)
  root=$cache/go/pkg/mod/golang.org/toolchain@v0.0.1-go$toolchain.$platform
  if [ ! -x "$root/bin/go" ]; then
    echo "fetching go $toolchain (here: $version)" >&2
    "$go" mod download "golang.org/toolchain@v0.0.1-go$toolchain.$platform" >&2 || skip "cannot fetch go $toolchain from $("$go" env GOPROXY)"
    # Module archives carry no modes; bin/go last, as the mark of a whole toolchain.
    find "$root/pkg/tool" -type f -exec chmod +x {} +
    chmod +x "$root/bin/gofmt" "$root/bin/go"
  fi
  go=$root/bin/go
}

tool() {
  local name=$1 package=${packages[$1]:-}
  [ -n "$package" ] || usage
  local file=$cache/bin/$name-${package##*@}
  if [ ! -x "$file" ]; then
    find_go
    echo "building $package" >&2
    local fresh
    fresh=$(mktemp -d "$cache/bin.XXXXXX")
    if ! GOBIN=$fresh nice "$go" install -trimpath -ldflags='-s -w' "$package" >&2; then
      rm -rf "$fresh"
      skip "cannot build $package from $("$go" env GOPROXY)"
    fi
    mkdir -p "$cache/bin"
    mv "$fresh/$name" "$file"
    rmdir "$fresh"
  fi
  echo "$file"
}

module() {
  local file=$cache/go/pkg/mod/$1
  if [ ! -d "$file" ]; then
    find_go
    echo "fetching $1" >&2
    "$go" mod download "$1" >&2 || skip "cannot fetch $1 from $("$go" env GOPROXY)"
  fi
  echo "$file"
}

local_program() {
  local folder name file
  folder=$(cd "$1" && pwd)
  name=$(awk '$1 == "module" { sub(".*/", "", $2); print $2 }' "$folder/go.mod")
  file=$cache/bin/$name-$(cat "$folder"/*.go "$folder/go.mod" | cksum | cut -d' ' -f1)
  if [ ! -x "$file" ]; then
    find_go
    mkdir -p "$cache/bin"
    (cd "$folder" && "$go" build -trimpath -o "$file.new" . >&2) || { echo "FAILED: $folder does not build" >&2; exit 1; }  # it depends on nothing
    mv "$file.new" "$file"
  fi
  echo "$file"
}

[ $# -eq 2 ] || [ "$*" = go ] || usage
mkdir -p "$cache"
# Tests that run at once wait for one another here instead of building twice.
exec 9>"$cache/lock"
flock 9
case $1 in
  tool | module) "$1" "$2" ;;
  local) local_program "$2" ;;
  go) find_go; echo "$go" ;;
  *) usage ;;
esac
