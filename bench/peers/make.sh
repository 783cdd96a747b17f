#!/usr/bin/env bash
# Makes the virtual environment of a list of peers, pinned in LIST.txt, unless it is there. usage: make.sh [LIST]
# requirements (default): the orchestration peers; learning: pandas and scikit-learn; tokenizers: Hugging Face's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
list=$here/${1:-requirements}.txt
environment=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/bench-peers${1:+-$1}
stamp=$environment/.made-$(cksum <"$list" | cut -d' ' -f1)
[ -e "$stamp" ] && exit 0
echo "making $environment ..."
rm -rf "$environment"
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check -r "$list"
touch "$stamp"
