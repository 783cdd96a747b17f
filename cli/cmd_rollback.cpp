#include "cli/cmds.hpp"
#include "cli/models.hpp"
#include "cli/releases.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_rollback(Session& session) {
  for (const char* flag : {"--namespace", "--context", "--kubeconfig"})
    if (session.arguments().has(flag)) return cmd_rollback_in_cluster(session);
  const std::string name = session.arguments().positional("NAME");
  const std::string to = session.arguments().value("--to");
  TRY_ASSIGN(auto existing, session.existing_store());
  std::vector<engine::AliasEntry> history;
  if (existing) { TRY_ASSIGN(history, existing->alias_history(name)); }
  if (history.empty()) {
    Error error = config_error("there is no alias \"" + name + "\"");
    std::vector<std::string> names;
    if (existing) {
      TRY_ASSIGN(const auto aliases, current_aliases(*existing));
      for (const auto& entry : aliases) names.push_back(entry.alias);
    }
    const auto near = nearest(name, names);
    error.hint = near ? "did you mean " + *near + "?" : "`mlopsctl model list` shows the registered models";
    return error;
  }

  engine::Store& store = *existing;
  const engine::AliasEntry& current = history.front();
  const engine::AliasEntry* target = nullptr;
  for (const auto& entry : history) {
    const bool wanted = to.empty() ? entry.model != current.model : entry.model.str().starts_with(to) || entry.model.hex().starts_with(to);
    if (!wanted) continue;
    if (target != nullptr && target->model != entry.model && !to.empty())
      return config_error("--to " + to + " is the start of several digests that " + name + " named").with_hint("write more of its digits");
    if (target == nullptr) target = &entry;
    if (to.empty()) break;
  }
  if (target == nullptr && to.empty())
    return config_error(name + " never named another model than " + current.model.brief())
        .with_hint("`mlopsctl model alias " + name + " MODEL` points it elsewhere");
  if (target == nullptr) return config_error(name + " never named a model " + to).with_hint("`mlopsctl model alias " + name + "` shows those it named");
  if (!store.has(target->model))
    return config_error("the model " + target->model.brief() + " that " + name + " named in version " + std::to_string(target->version) +
                        " is no longer in the store")
        .with_hint("choose another with --to, or make it again with `mlopsctl run`");

  Answer answer;
  if (target->model == current.model) {
    answer.value = to_json(current);
    answer.line(name + " names " + current.model.brief() + " already: nothing to do");
  } else {
    TRY_ASSIGN(const auto entry, store.set_alias(name, target->model, "", "rollback"));
    TRY(relink_release(store, name));
    answer.value = to_json(entry);
    answer.line(name + " names " + entry.model.brief() + " again (version " + std::to_string(entry.version) + ", as version " +
                std::to_string(target->version) + ")");
    answer.line("undo with: mlopsctl rollback " + name + " --to " + current.model.brief());
  }
  answer.value["before"] = current.model.str();
  return answer;
}

}  // namespace mlopsctl::cli
