#include "cli/version.hpp"

#include "build_info.hpp"
#include "stages/finetune/network.hpp"

namespace mlopsctl::cli {

Json version_info() {
  Json info;
  const std::string commit = MLOPSCTL_COMMIT;
  info["version"] = MLOPSCTL_VERSION;
  info["commit"] = commit.empty() ? Json() : Json(commit);
  info["dirty"] = commit.empty() ? Json() : Json(MLOPSCTL_DIRTY);
  info["compiler"] = MLOPSCTL_COMPILER;
  info["build"] = MLOPSCTL_BUILD_TYPE;
  info["features"] = {{"torch", !finetune::network_backend().empty()}};
  info["libraries"] = Json::object();
  for (const auto& [name, version] : build_libraries) info["libraries"][name] = version;
  if (const std::string_view backend = finetune::network_backend(); !backend.empty())
    info["libraries"][std::string(backend.substr(0, backend.find(' ')))] = std::string(backend.substr(backend.find(' ') + 1));
  return info;
}

Json library_versions() {
  Json versions = version_info()["libraries"];
  versions["mlopsctl"] = MLOPSCTL_VERSION;
  return versions;
}

}  // namespace mlopsctl::cli
