#include "cli/cmds.hpp"
#include "cli/starter.hpp"
#include "pipeline/base/files.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_init(Session& session) {
  const std::string named = session.arguments().positional("FOLDER");
  const std::filesystem::path folder = named.empty() ? std::filesystem::path() : std::filesystem::path(named);
  std::vector<Error> taken;
  for (const auto& file : starter_files()) {
    const auto path = folder / file.path;
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored)))
      taken.push_back(config_error(path.string() + " is there already").with_hint("use another folder: mlopsctl init reviews"));
  }
  if (!taken.empty()) {
    Error error = std::move(taken.front());
    error.also.assign(std::make_move_iterator(taken.begin() + 1), std::make_move_iterator(taken.end()));
    return error;
  }
  Answer answer(Json{{"folder", folder.empty() ? "." : folder.string()}, {"files", Json::array()}});
  for (const auto& file : starter_files()) {
    const auto path = folder / file.path;
    if (path.has_parent_path()) TRY(make_folders(path.parent_path()));
    TRY(write_file_atomically(path, file.text));
    answer.value["files"].push_back({{"path", path.string()}});
    answer.line("wrote " + path.string());
  }
  answer.line("next: " + std::string(named.empty() ? "" : "cd " + named + " && ") + "mlopsctl run");
  return answer;
}

}  // namespace mlopsctl::cli
