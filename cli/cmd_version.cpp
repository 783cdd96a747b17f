#include "cli/cmds.hpp"
#include "cli/version.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_version(Session&) {
  Answer answer(version_info());
  const Json& info = answer.value;
  std::string first = "mlopsctl " + info["version"].get<std::string>();
  if (!info["commit"].is_null()) first += " (commit " + info["commit"].get<std::string>() + (info["dirty"].get<bool>() ? ", with changes" : "") + ")";
  std::string libraries;
  for (const auto& [name, version] : info["libraries"].items()) libraries += (libraries.empty() ? "" : ", ") + name + " " + version.get<std::string>();
  std::string features;
  for (const auto& [name, built] : info["features"].items()) features += (features.empty() ? "" : ", ") + name + (built.get<bool>() ? "" : " (not built)");
  answer.line(first, Style::bold);
  answer.line("built by " + info["compiler"].get<std::string>() + ", " + info["build"].get<std::string>());
  answer.line("features: " + features);
  answer.line("libraries: " + libraries);
  return answer;
}

}  // namespace mlopsctl::cli
