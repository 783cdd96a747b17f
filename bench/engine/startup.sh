#!/usr/bin/env bash
# How long until `mlopsctl version` has answered: limit 10 ms. Beside it /bin/true, the cost of starting anything at all.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
measure -n 40 -w 3 /bin/true
result "start anything (/bin/true)" "$median" ms info "" "$(spread 40)"
for command in version "--help" "completion bash"; do
  # shellcheck disable=SC2086
  measure -n 40 -w 3 "$mlopsctl" $command
  result "mlopsctl $command" "$median" ms at_most 10 "$(spread 40)"
done
