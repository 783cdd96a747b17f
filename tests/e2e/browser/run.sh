#!/usr/bin/env bash
# usage: run.sh MLOPSCTL [name of a test]. Ends with 77 and the reason where the browser or what drives it is missing.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
binary=$(realpath "$1")
skip() { echo "skipped: $1"; exit 77; }

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "no chromium (.ci/install browser)"
command -v node >/dev/null && command -v npm >/dev/null || skip "no node and npm (.ci/install browser)"
version=$(node -p 'process.versions.node.split(".")[0]')
[ "$version" -ge 18 ] || skip "node $version is too old; 18 or newer is needed"

# What drives it, by the lock file; made under another name and renamed, so that a folder that is there is whole.
modules=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/browser-$(cat "$here/package.json" "$here/package-lock.json" | sha256sum | cut -c1-12)
if [ ! -d "$modules" ]; then
  mkdir -p "$(dirname "$modules")"
  making=$(mktemp -d "$modules.XXXXXX")
  cp "$here/package.json" "$here/package-lock.json" "$making"
  if ! (cd "$making" && npm ci --ignore-scripts --no-audit --no-fund --silent); then rm -rf "$making"; skip "npm could not fetch what package-lock.json lists"; fi
  mv -T "$making" "$modules" 2>/dev/null || rm -rf "$making"  # another run was quicker
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$binary" init >/dev/null
"$binary" run >run.log 2>&1 || { cat run.log; exit 1; }
MLOPSCTL=$binary BROWSER=$browser MODULES=$modules node --test ${2:+--test-name-pattern="$2"} "$here/pages.test.mjs"
