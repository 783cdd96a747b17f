#!/usr/bin/env bash
# Each third-party header only in its place, our own layers only downwards: includes.sh ROOT. Prints every breach; ends with 1 if any.
set -euo pipefail
cd "$1"

# A header (a prefix when it ends in /) and the places that may include it, each a path or the start of one.
third_party="
CLI/              cli/parse.cpp
spdlog/           cli/log.cpp
yaml-cpp/         pipeline/base/
nlohmann/         pipeline/base/json.hpp
openssl/          pipeline/base/digest.cpp pipeline/base/base64.cpp stages/serve/http/
sqlite3.h         pipeline/engine/
libpq-fe.h        stages/serve/store/
git2.h            pipeline/git/
boost/math/       pipeline/stats/
boost/asio/       stages/serve/http/
boost/beast/      stages/serve/http/
zlib.h            stages/data/ stages/serve/web/
re2/              stages/text/
utf8proc.h        stages/text/
libstemmer.h      stages/text/
linear.h          stages/train/
torch/            stages/torch/
ATen/             stages/torch/
c10/              stages/torch/
curl/             pipeline/net/
sodium.h          pipeline/decision/
"
# The operating system's headers; C and C++ standard headers have neither a slash nor a dot.
system=" arpa/inet.h assert.h dirent.h dlfcn.h emmintrin.h errno.h fcntl.h float.h limits.h math.h poll.h pty.h pwd.h sched.h signal.h stdint.h
 stdio.h stdlib.h string.h sys/eventfd.h sys/file.h sys/inotify.h sys/ioctl.h sys/mman.h sys/prctl.h sys/random.h sys/resource.h sys/socket.h sys/stat.h
 sys/statvfs.h sys/syscall.h sys/types.h sys/uio.h sys/utsname.h sys/vfs.h sys/wait.h termios.h time.h unistd.h x86intrin.h immintrin.h "

# A folder and what it may include of ours. The longest folder that fits decides.
layers="
pipeline/base      pipeline/base
pipeline/spec      pipeline/base pipeline/spec
pipeline/engine    pipeline/base pipeline/spec pipeline/engine
pipeline/git       pipeline/base pipeline/git
pipeline/stats     pipeline/base pipeline/stats
pipeline/net       pipeline/base pipeline/net
pipeline/k8s       pipeline/base pipeline/net pipeline/stats pipeline/k8s
pipeline/schedule  pipeline/base pipeline/k8s pipeline/schedule
pipeline/decision  pipeline/base pipeline/decision
pipeline/alert     pipeline/base pipeline/net pipeline/alert
stages/data        pipeline/base pipeline/spec stages/data
stages/text        pipeline/base pipeline/spec stages/text
stages/weights     pipeline/base stages/weights
stages/serve       pipeline/base pipeline/spec pipeline/engine pipeline/stats pipeline/net stages
stages             pipeline/base pipeline/spec pipeline/engine pipeline/stats pipeline/k8s pipeline/schedule stages
cli                pipeline stages cli
"

find pipeline stages cli \( -name '*.cpp' -o -name '*.hpp' \) -print0 | sort -z | xargs -0 awk -v third_party="$third_party" -v system_headers="$system" -v layers="$layers" '
  BEGIN {
    n = split(third_party, lines, "\n")
    for (i = 1; i <= n; i++) { m = split(lines[i], words, " "); if (m == 0) continue; header[++headers] = words[1]; places[headers] = ""; for (j = 2; j <= m; j++) places[headers] = places[headers] " " words[j] }
    n = split(layers, lines, "\n")
    for (i = 1; i <= n; i++) { m = split(lines[i], words, " "); if (m == 0) continue; folder[++folders] = words[1]; allowed[folders] = ""; for (j = 2; j <= m; j++) allowed[folders] = allowed[folders] " " words[j] }
  }
  function below(path, place) { return place ~ /\/$/ || place ~ /\.[ch]pp$/ ? index(path, place) == 1 : index(path, place "/") == 1 }
  function anywhere(path, list,    words, m, j) { m = split(list, words, " "); for (j = 1; j <= m; j++) if (below(path, words[j])) return 1; return 0 }
  function breach(text) { print FILENAME ":" FNR ": " text; bad = 1 }
  /^[ \t]*#[ \t]*include[ \t]*</ {
    name = $0; sub(/^[^<]*</, "", name); sub(/>.*/, "", name)
    for (i = 1; i <= headers; i++)
      if (header[i] == name || (header[i] ~ /\/$/ && index(name, header[i]) == 1)) { if (!anywhere(FILENAME, places[i])) breach("<" name "> may be included only in" places[i]); next }
    if (name !~ /[.\/]/ || index(system_headers, " " name " ") || system_headers ~ ("[ \n]" name "[ \n]")) next
    breach("<" name "> is on no list; see tests/architecture/includes.sh")
  }
  /^[ \t]*#[ \t]*include[ \t]*"/ {
    name = $0; sub(/^[^"]*"/, "", name); sub(/".*/, "", name)
    if (name == "build_info.hpp") { if (FILENAME != "cli/version.cpp") breach("build_info.hpp belongs to cli/version.cpp"); next }
    best = 0
    for (i = 1; i <= folders; i++) if (below(FILENAME, folder[i]) && (!best || length(folder[i]) > length(folder[best]))) best = i
    if (!best) breach("no layer is known for this folder")
    else if (!anywhere(name, allowed[best])) breach("\"" name "\" is above " folder[best] ", which may include only" allowed[best])
  }
  END { exit bad }'
