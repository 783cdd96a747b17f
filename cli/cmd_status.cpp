#include "cli/cmds.hpp"
#include "cli/models.hpp"

namespace mlopsctl::cli {

namespace {

std::string_view word_of(engine::Action action) {
  switch (action) {
    case engine::Action::run:
      return "has to run";
    case engine::Action::reuse:
      return "up to date";
    case engine::Action::pending:
      return "pending";
    case engine::Action::blocked:
      return "blocked";
  }
  return "";
}

}  // namespace

Result<Answer> cmd_status(Session& session) {
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  TRY_ASSIGN(auto store, session.existing_store());
  TRY_ASSIGN(const auto plan, engine::make_plan(pipeline, session.registry(), store ? &*store : nullptr, session.run_options()));

  std::optional<engine::RunRecord> last;
  Answer answer(Json{{"pipeline", pipeline.name}, {"last_run", nullptr}, {"stages", Json::array()}, {"models", Json::array()}});
  if (store) {
    TRY_ASSIGN(auto runs, store->runs(pipeline.name, 1));
    if (!runs.empty()) last = std::move(runs.front());
    TRY_ASSIGN(const auto aliases, current_aliases(*store));
    for (const auto& entry : aliases) answer.value["models"].push_back(to_json(entry));
  }
  for (const auto& stage : plan.stages) {
    const engine::StageRun* ran = last ? last->stage(stage.name) : nullptr;
    answer.value["stages"].push_back({{"name", stage.name},
                                      {"kind", stage.kind},
                                      {"now", word_of(stage.action)},
                                      {"last_state", ran ? Json(engine::to_string(ran->state)) : Json()},
                                      {"seconds", ran && ran->seconds > 0 ? Json(ran->seconds) : Json()}});
  }
  if (last) {
    answer.value["last_run"] = {{"run", last->id}, {"state", engine::to_string(last->state)}, {"started", last->started}, {"seconds", last->seconds}};
    answer.line("pipeline " + pipeline.name + "; last run " + last->id + " " + std::string(engine::to_string(last->state)) + ", " +
                cell(Json(last->started), As::time) + " UTC");
  } else {
    answer.line("pipeline " + pipeline.name + "; never run here");
  }
  answer.table("stages", {{"name", "STAGE"}, {"kind", "KIND"}, {"now", "NOW"}, {"last_state", "LAST RUN", As::state}, {"seconds", "TIME", As::seconds}});
  if (!answer.value["models"].empty()) {
    answer.line("");
    answer.table("models", {{"alias", "ALIAS"}, {"version", "VERSION", As::integer}, {"model", "MODEL", As::digest}, {"at", "SET AT", As::time}});
  }
  return answer;
}

}  // namespace mlopsctl::cli
