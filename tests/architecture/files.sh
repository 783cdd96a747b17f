#!/usr/bin/env bash
# What holds for files: files.sh ROOT RULE, with RULE one of readmes, lengths, paths, main. Prints every breach; ends with 1 if any.
set -euo pipefail
cd "$1"
bad=0
breach() { echo "$1"; bad=1; }

# Files of the project: what git knows or would take, else (outside a repository) everything but build folders.
files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then git ls-files --cached --others --exclude-standard
  else find . -type f -not -path './build/*' -not -path '*/.mlopsctl/*' | sed 's#^\./##'; fi
}

case $2 in
  readmes)  # every folder of code says in a line what it is for
    for folder in $(files | grep -E '\.(cpp|hpp|py|sh)$' | sed 's:/[^/]*$::' | sort -u) .ci pipeline stages k8s_templates configs tests bench cli; do
      case $folder in
        .github) continue ;;       # GitHub would show it in place of the project's
      esac
      [ -s "$folder/README.md" ] || breach "$folder has no README.md"
    done ;;
  lengths)  # past 400 lines there is a second idea in a file
    long=$(files | grep -E '\.(cpp|hpp|sh|cmake|py)$|CMakeLists\.txt$' | xargs -d '\n' wc -l 2>/dev/null | awk '$2 != "total" && $1 > 400 { print $2 " has " $1 " lines; 400 are allowed" }')
    [ -z "$long" ] || breach "$long" ;;
  paths)  # nothing here knows the machine it was written on
    named=$(files | grep -vE '^tests/(architecture/files\.sh|oracle/expected/|fuzz/corpus/)|\.(csv|tsv|svg|png)$' |
      xargs -d '\n' grep -nIHE '(^|[^[:alnum:]_.-])/(work|root|home/[a-z]+)/[[:alnum:]._-]' 2>/dev/null || true)
    [ -z "$named" ] || breach "$named: names a path of some machine" ;;
  main)
    lines=$(wc -l <cli/main.cpp)
    [ "$lines" -lt 40 ] || breach "cli/main.cpp has $lines lines; fewer than 40 are allowed" ;;
  *) echo "files.sh: unknown rule $2"; exit 2 ;;
esac
exit $bad
