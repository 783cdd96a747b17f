#include "pipeline/k8s/manifest.hpp"

namespace mlopsctl::k8s {

std::string Manifest::identity() const { return kind + " " + (name_space.empty() ? name : name_space + "/" + name); }

std::string ManifestSet::stream() const {
  std::string text;
  for (const auto& manifest : manifests) text += "---\n# " + manifest.path + "\n" + manifest.bytes;
  return text;
}

}  // namespace mlopsctl::k8s
