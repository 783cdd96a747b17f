// Parsed YAML remembered by the digest of its text. yaml-cpp reads about 1.5 MB/s, so a pipeline of 1,000 stages takes it longer than
// everything else of a run with nothing to do; the tree of an unchanged file is read back in a tenth of that.
#pragma once

#include <filesystem>
#include <string>

#include "pipeline/base/document.hpp"

namespace mlopsctl {

// Like parse_yaml. `folder` holds the remembered trees; it is made when first needed, and may be removed at any time. Whatever is wrong
// with what is found there (or when it cannot be written), the text is parsed. Texts below 4 kB are always parsed.
Result<Node> parse_yaml_cached(std::string text, std::string name, const std::filesystem::path& folder);

}  // namespace mlopsctl
