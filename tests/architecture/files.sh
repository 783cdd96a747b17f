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
    for folder in $(files | grep -E '\.(cpp|hpp)$' | xargs -n1 dirname | sort -u) pipeline stages k8s_templates configs tests bench cli; do
      case $folder in tests/unit/*) continue ;; esac  # mirrors: their subjects have one
      [ -s "$folder/README.md" ] || breach "$folder has no README.md"
    done ;;
  lengths)  # past 400 lines there is a second idea in a file
    while read -r file; do
      [ -f "$file" ] || continue
      lines=$(wc -l <"$file")
      [ "$lines" -le 400 ] || breach "$file has $lines lines; 400 are allowed"
    done < <(files | grep -E '\.(cpp|hpp|sh|cmake|py)$|CMakeLists\.txt$') ;;
  paths)  # nothing here knows the machine it was written on
    while read -r file; do
      [ -f "$file" ] || continue
      if grep -nIE '(^|[^[:alnum:]_.-])/(work|root|home/[a-z]+)/[[:alnum:]._-]' "$file" /dev/null; then breach "$file names a path of some machine"; fi
    done < <(files | grep -vE '^tests/(architecture/files\.sh|oracle/expected/|fuzz/corpus/)|\.(csv|tsv|svg|png)$') ;;
  main)
    lines=$(wc -l <cli/main.cpp)
    [ "$lines" -lt 40 ] || breach "cli/main.cpp has $lines lines; fewer than 40 are allowed" ;;
  *) echo "files.sh: unknown rule $2"; exit 2 ;;
esac
exit $bad
