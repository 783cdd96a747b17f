#include "cli/version.hpp"

#include "build_info.hpp"

namespace mlopsctl::cli {

Json version_info() {
  Json info;
  const std::string commit = MLOPSCTL_COMMIT;
  info["version"] = MLOPSCTL_VERSION;
  info["commit"] = commit.empty() ? Json() : Json(commit);
  info["dirty"] = commit.empty() ? Json() : Json(MLOPSCTL_DIRTY);
  info["compiler"] = MLOPSCTL_COMPILER;
  info["build"] = MLOPSCTL_BUILD_TYPE;
  info["features"] = {{"torch", false}};
  info["libraries"] = Json::object();
  for (const auto& [name, version] : build_libraries) info["libraries"][name] = version;
  return info;
}

Json library_versions() {
  Json versions = version_info()["libraries"];
  versions["mlopsctl"] = MLOPSCTL_VERSION;
  return versions;
}

}  // namespace mlopsctl::cli
