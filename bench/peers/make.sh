#!/usr/bin/env bash
# Makes the virtual environment of the orchestration peers (pinned in requirements.txt), unless it is there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
environment=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/bench-peers
stamp=$environment/.made-$(cksum <"$here/requirements.txt" | cut -d' ' -f1)
[ -e "$stamp" ] && exit 0
echo "making $environment ..."
rm -rf "$environment"
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
touch "$stamp"
