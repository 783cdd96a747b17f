#!/usr/bin/env bash
# includes.sh must find each kind of breach: a test that cannot fail proves nothing.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

expect() {  # file, include line, part of the message
  rm -rf "${tree:?}"/*
  mkdir -p "$tree"/{pipeline,stages,cli} "$tree/$(dirname "$1")"
  printf '#include <vector>\n#include <sys/stat.h>\n%s\n' "$2" >"$tree/$1"
  local found
  if found=$(bash "$here/includes.sh" "$tree" 2>&1); then echo "$1 with $2 was let through"; exit 1; fi
  [[ $found == *"$1:3: "*"$3"* ]] || { echo "expected a message with '$3', got: $found"; exit 1; }
}
expect pipeline/engine/a.cpp '#include <yaml-cpp/yaml.h>' 'may be included only in pipeline/base/'
expect cli/app.cpp '#include <CLI/CLI.hpp>' 'may be included only in cli/parse.cpp'
expect stages/train/a.hpp '#include <torch/torch.h>' 'may be included only in stages/torch/'
expect stages/data/a.cpp '#include <boost/beast.hpp>' 'is on no list'
expect pipeline/base/a.cpp '#include "pipeline/spec/pipeline.hpp"' 'is above pipeline/base'
expect pipeline/spec/a.cpp '#include "pipeline/engine/plan.hpp"' 'is above pipeline/spec'
expect pipeline/engine/a.cpp '#include "stages/registry.hpp"' 'is above pipeline/engine'
expect stages/a.cpp '#include "cli/app.hpp"' 'is above stages'
expect stages/data/a.cpp '#include "pipeline/engine/store.hpp"' 'is above stages/data'
expect cli/app.cpp '#include "build_info.hpp"' 'belongs to cli/version.cpp'
expect pipeline/unheard/a.cpp '#include "pipeline/base/error.hpp"' 'no layer is known'

rm -rf "${tree:?}"/*
mkdir -p "$tree"/{pipeline/base,stages,cli}
printf '#include <vector>\n#include <yaml-cpp/yaml.h>\n#include "pipeline/base/error.hpp"\n' >"$tree/pipeline/base/a.cpp"
bash "$here/includes.sh" "$tree"
