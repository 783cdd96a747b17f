// An artifact: the named, immutable result of a stage; a file or a folder, known by the digest of its bytes.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/base/digest.hpp"

namespace mlopsctl::engine {

struct Artifact {
  std::string name;  // "test": the output's name within its stage
  std::string type;  // "rows", "model", "profile", "evaluation", "drift", "release", "table"
  Digest digest;
  uint64_t size = 0;  // bytes, all files together
};

// What a stage promises to write, known before it runs.
struct OutputDecl {
  std::string name;
  std::string type;
};

}  // namespace mlopsctl::engine
