#!/usr/bin/env bash
# files.sh must find each kind of breach.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir "$tree/cli"
{ printf '// see /%s/somewhere/x\n' home/someone; seq 401; } >"$tree/cli/main.cpp"
for rule in readmes lengths paths main; do
  if found=$(cd / && bash "$here/files.sh" "$tree" "$rule"); then echo "$rule let it through"; exit 1; fi
  [[ $found == *cli* ]] || { echo "$rule said: $found"; exit 1; }
done
