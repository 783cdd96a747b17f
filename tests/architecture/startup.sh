#!/usr/bin/env bash
# Start-up weight: startup.sh MLOPSCTL. `version` maps no library that is not needed to start, and stays under a bound of relocations' work.
set -euo pipefail
binary=$(realpath "$1")

mapped=$(LD_TRACE_LOADED_OBJECTS=1 "$binary" version)
for heavy in libtorch libc10 libpython libgit2 libssh2 libkrb5 libcurl libicudata; do
  if grep -q "$heavy" <<<"$mapped"; then echo "version maps $heavy"; exit 1; fi
done
if trace=$(strace -f -qq -e trace=openat "$binary" version 2>&1 >/dev/null); then
  if opened=$(grep -E 'libtorch|mlopsctl_torch' <<<"$trace"); then echo "version opens $opened"; exit 1; fi
  grep -q 'libc\.so' <<<"$trace" || { echo "strace saw no library opened: $trace"; exit 1; }
fi
count=$(wc -l <<<"$mapped")
[ "$count" -le 24 ] || { echo "version maps $count libraries; 24 are allowed:"; echo "$mapped"; exit 1; }

# Words alone must not touch a project: no store is made, no pipeline read.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for words in version --help "run --help" "completion bash" schema "history" "model list" "status --help"; do
  # shellcheck disable=SC2086
  "$binary" $words >/dev/null
done
[ -z "$(ls -A)" ] || { echo "something was written: $(ls -A)"; exit 1; }
