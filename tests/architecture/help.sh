#!/usr/bin/env bash
# The real program's help: help.sh MLOPSCTL. Every command opens with an example, fits 80 columns, and exits 0.
set -euo pipefail
binary=$(realpath "$1")
export LC_ALL=C.UTF-8
commands=$("$binary" schema --commands | sed -n 's/^## mlopsctl //p')
[ "$(wc -l <<<"$commands")" -ge 20 ] || { echo "the reference names too few commands"; exit 1; }
while read -r command; do
  # shellcheck disable=SC2086
  help=$("$binary" $command --help)
  wide=$(awk 'length($0) > 80' <<<"$help")
  [ -z "$wide" ] || { echo "$command: wider than 80 columns: $wide"; exit 1; }
  awk 'NR > 1 && NF { print; exit }' <<<"$help" | grep -qx Examples || { echo "$command: help does not open with examples"; exit 1; }
  grep -q '^  mlopsctl ' <<<"$help" || { echo "$command: no example"; exit 1; }
done <<<"$commands"
