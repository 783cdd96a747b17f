// The files that `mlopsctl init` writes, compiled in.
#pragma once

#include <span>
#include <string_view>

namespace mlopsctl::cli {

struct StarterFile {
  std::string_view path;  // relative to the new project
  std::string_view text;
};

std::span<const StarterFile> starter_files();

}  // namespace mlopsctl::cli
