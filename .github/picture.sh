#!/usr/bin/env bash
# Makes .github/terminal.svg, the README's picture: the real program runs the quickstart in a real terminal (tmux), and what the terminal
# shows at the end is drawn as SVG by Rich (PyPI). Usage: make picture
set -euo pipefail
cd "$(dirname "$0")/.."
program=$PWD/build/release/mlopsctl
columns=108 rows=44

for tool in tmux python3; do
  command -v "$tool" >/dev/null || { echo "error: $tool is missing; apt-get install tmux python3-venv" >&2; exit 2; }
done
venv=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/picture-venv
[ -x "$venv/bin/python" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q rich==15.0.0; }

work=$(mktemp -d)
session=mlopsctl-picture-$$
trap 'tmux kill-session -t "$session" 2>/dev/null || true; rm -rf "$work"' EXIT
ln -s "$PWD/configs" "$work/configs"
ln -s "$PWD/models" "$work/models"
tmux new-session -d -s "$session" -x $columns -y $rows "cd '$work' && PS1= exec env PATH='$(dirname "$program"):$PATH' LANG=C.UTF-8 bash --norc -c '
  printf \"\\033[1;32m\$\\033[0m mlopsctl run -f configs/quickstart.yaml\n\"
  mlopsctl run -f configs/quickstart.yaml; touch done; read -r'"
for _ in $(seq 6000); do [ -e "$work/done" ] && break; read -r -t 0.1 <> <(:) || true; done
[ -e "$work/done" ] || { echo "error: the run did not end within ten minutes" >&2; exit 3; }
tmux capture-pane -p -e -t "$session" | sed -e :a -e '/^[[:space:]]*$/{$d;N;ba' -e '}' > "$work/screen.ansi"

"$venv/bin/python" - "$work/screen.ansi" "$columns" > .github/terminal.svg <<'PYTHON'
import io, re, sys
from rich.console import Console
from rich.text import Text

console = Console(record=True, width=int(sys.argv[2]), file=io.StringIO(), force_terminal=True, color_system="truecolor")
console.print(Text.from_ansi(open(sys.argv[1], encoding="utf-8").read().rstrip()))
svg = console.export_svg(title="mlopsctl", unique_id="terminal")
# No web fonts: the picture must not ask another host for anything.
print(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S))
PYTHON
echo "wrote .github/terminal.svg" >&2
