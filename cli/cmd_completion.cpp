#include "cli/cmds.hpp"
#include "cli/completion.hpp"
#include "cli/models.hpp"

namespace mlopsctl::cli {

namespace {

constexpr int most_runs_offered = 30;

// What a script offers for a value; nothing where there is no pipeline or store, and never a fault: TAB must stay silent.
std::vector<std::string> names(Session& session, const std::string& kind) {
  std::vector<std::string> found;
  if (kind == "stages") {
    const auto pipeline = session.pipeline();
    if (!pipeline.ok()) return found;
    for (const auto& stage : pipeline->stages) found.push_back(stage.name);
    return found;
  }
  auto store = session.existing_store();
  if (!store.ok() || !*store) return found;
  if (kind == "runs") {
    const auto runs = (*store)->runs("", most_runs_offered);
    if (!runs.ok()) return found;
    found.emplace_back("latest");
    for (const auto& run : *runs) found.push_back(run.id);
    return found;
  }
  const auto aliases = current_aliases(**store);
  if (!aliases.ok()) return found;
  for (const auto& entry : *aliases) found.push_back(entry.alias);
  return found;
}

}  // namespace

Result<Answer> cmd_completion(Session& session) {
  const std::string kind = session.arguments().value("--names");
  if (!kind.empty()) {
    Answer answer(Json{{"names", Json::array()}});
    for (const auto& name : names(session, kind)) {
      answer.value["names"].push_back({{"name", name}});
      answer.line(name);
    }
    return answer;
  }
  const std::string shell = session.arguments().positional("SHELL");
  TRY_ASSIGN(const auto script, completion_script(shell));
  Answer answer(Json{{"shell", shell}, {"script", script}});
  answer.verbatim(script);
  return answer;
}

}  // namespace mlopsctl::cli
