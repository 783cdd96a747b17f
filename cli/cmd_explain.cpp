#include "cli/cmds.hpp"
#include "cli/stage_names.hpp"
#include "pipeline/engine/plan_json.hpp"

namespace mlopsctl::cli {

namespace {

std::string_view sentence_of(engine::Action action) {
  switch (action) {
    case engine::Action::run:
      return "would run, because";
    case engine::Action::reuse:
      return "would be reused: nothing it depends on has changed";
    case engine::Action::pending:
      return "is pending: it depends on a stage that has to run first";
    case engine::Action::blocked:
      return "is blocked: a verdict before it said no";
  }
  return "";
}

constexpr size_t widest_in_a_table = 40;

// A table, unless a value is too long to be told from another when it is cut.
void add_reasons(Answer& answer, const std::vector<engine::Reason>& reasons) {
  const auto shown = [](const std::string& value) { return value.empty() ? "(nothing)" : cell(Json(value), As::digest); };
  bool wide = false;
  for (const auto& reason : reasons) wide = wide || shown(reason.old_value).size() > widest_in_a_table || shown(reason.new_value).size() > widest_in_a_table;
  if (!wide) {
    answer.table("reasons", {{"what", "CAUSE"}, {"old", "OLD", As::digest}, {"new", "NEW", As::digest}});
    return;
  }
  for (const auto& reason : reasons) {
    answer.line(reason.what);
    if (!reason.old_value.empty() || !reason.new_value.empty()) answer.line("  old  " + shown(reason.old_value)).line("  new  " + shown(reason.new_value));
  }
}

}  // namespace

Result<Answer> cmd_explain(Session& session) {
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  const std::string name = session.arguments().positional("STAGE");
  TRY(check_stage_names(pipeline, {name}));
  TRY_ASSIGN(auto store, session.existing_store());
  engine::RunOptions options = session.run_options();
  options.only = {name};
  TRY_ASSIGN(const auto plan, engine::make_plan(pipeline, session.registry(), store ? &*store : nullptr, options));

  for (const auto& stage : plan.stages) {
    if (stage.name != name) continue;
    Answer answer(Json{{"stage", name},
                       {"kind", stage.kind},
                       {"action", engine::to_string(stage.action)},
                       {"reasons", engine::to_json(stage.reasons)},
                       {"key", stage.key ? Json(stage.key->str()) : Json()},
                       {"key_parts", engine::to_json(stage.parts)},
                       {"artifacts", engine::to_json(stage.artifacts)},
                       {"made_by", nullptr}});
    answer.line(name + " (" + stage.kind + ") " + std::string(sentence_of(stage.action)), Style::bold);
    if (!stage.reasons.empty() && stage.action != engine::Action::reuse) add_reasons(answer, stage.reasons);
    if (stage.key) answer.line("key: " + stage.key->str().substr(0, 16));
    if (stage.action == engine::Action::reuse && store && stage.key) {
      TRY_ASSIGN(const auto cached, store->find(*stage.key));
      if (cached) {
        TRY_ASSIGN(const auto run, store->run(cached->run_id));
        answer.value["made_by"] = {{"run", cached->run_id}, {"at", run ? Json(run->started) : Json()}, {"seconds", cached->seconds}};
        answer.line("made by run " + cached->run_id + (run ? ", " + cell(Json(run->started), As::time) + " UTC" : "") + ", in " +
                    human_duration(cached->seconds));
      }
      answer.table("artifacts", {{"name", "ARTIFACT"}, {"type", "TYPE"}, {"digest", "DIGEST", As::digest}, {"size", "SIZE", As::bytes}});
    }
    return answer;
  }
  return config_error("the plan does not contain " + name);
}

}  // namespace mlopsctl::cli
