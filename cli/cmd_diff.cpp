#include <map>

#include "cli/cmds.hpp"

namespace mlopsctl::cli {

namespace {

using Values = std::map<std::string, Json>;

// Rows {"stage", <what>, "old", "new"} for every name whose value differs.
void differences(const std::string& stage, const char* what, const Values& old_values, const Values& new_values, Json& into) {
  Values names = old_values;
  names.insert(new_values.begin(), new_values.end());
  for (const auto& [name, unused] : names) {
    const auto before = old_values.find(name), after = new_values.find(name);
    const Json old_value = before == old_values.end() ? Json() : before->second;
    const Json new_value = after == new_values.end() ? Json() : after->second;
    if (old_value == new_value) continue;
    Json row{{"stage", stage}, {what, name}, {"old", old_value}, {"new", new_value}};
    if (std::string_view(what) == "metric")
      row["difference"] = old_value.is_number() && new_value.is_number() ? Json(new_value.get<double>() - old_value.get<double>()) : Json();
    into.push_back(std::move(row));
  }
}

Values parts_of(const engine::StageRun* stage) {
  Values values;
  if (stage != nullptr)
    for (const auto& part : stage->parts) values[part.name] = part.value;
  return values;
}

Values metrics_of(const engine::StageRun* stage) {
  Values values;
  if (stage != nullptr)
    for (const auto& [name, value] : stage->report.metrics) values[name] = value;
  return values;
}

Values artifacts_of(const engine::StageRun* stage) {
  Values values;
  if (stage != nullptr)
    for (const auto& artifact : stage->artifacts) values[artifact.name] = artifact.digest.str();
  return values;
}

Result<engine::RunRecord> the_run(engine::Store& store, const std::string& id) {
  TRY_ASSIGN(auto run, store.run(id));
  if (!run) return config_error("there is no run \"" + id + "\"").with_hint("`mlopsctl history` lists the runs");
  return std::move(*run);
}

// The two runs asked for; by default the latest and the one of the same pipeline before it.
Result<std::pair<engine::RunRecord, engine::RunRecord>> runs_asked_for(Session& session) {
  const std::string old_id = session.arguments().positional("OLD"), new_id = session.arguments().positional("NEW");
  TRY_ASSIGN(auto store, session.existing_store());
  if (!store) return config_error("nothing ran here yet").with_hint("`mlopsctl run` makes the first run");
  TRY_ASSIGN(auto newer, the_run(*store, new_id.empty() ? "latest" : new_id));
  if (!old_id.empty()) {
    TRY_ASSIGN(auto older, the_run(*store, old_id));
    return std::pair(std::move(older), std::move(newer));
  }
  TRY_ASSIGN(auto runs, store->runs(newer.pipeline, 2));
  if (runs.size() < 2) return config_error("there is only one run of " + newer.pipeline).with_hint("name two runs: mlopsctl diff OLD NEW");
  return std::pair(std::move(runs[1]), std::move(newer));
}

}  // namespace

Result<Answer> cmd_diff(Session& session) {
  if (session.arguments().has("--live")) return cmd_diff_live(session);
  TRY_ASSIGN(const auto pair, runs_asked_for(session));
  const auto& [older, newer] = pair;
  Answer answer(Json{{"old", older.id}, {"new", newer.id}, {"parameters", Json::array()}, {"metrics", Json::array()}, {"artifacts", Json::array()}});
  std::vector<std::string> names;
  for (const auto& stage : newer.stages) names.push_back(stage.name);
  for (const auto& stage : older.stages) {
    if (newer.stage(stage.name) == nullptr) names.push_back(stage.name);
  }
  for (const auto& name : names) {
    const engine::StageRun* before = older.stage(name);
    const engine::StageRun* after = newer.stage(name);
    differences(name, "parameter", parts_of(before), parts_of(after), answer.value["parameters"]);
    differences(name, "metric", metrics_of(before), metrics_of(after), answer.value["metrics"]);
    differences(name, "artifact", artifacts_of(before), artifacts_of(after), answer.value["artifacts"]);
  }
  const bool same = answer.value["parameters"].empty() && answer.value["metrics"].empty() && answer.value["artifacts"].empty();
  answer.value["same"] = same;
  answer.exit_code = same ? 0 : 1;
  answer.line("old " + older.id + " (" + cell(Json(older.started), As::time) + " UTC), new " + newer.id + " (" + cell(Json(newer.started), As::time) + " UTC)");
  if (same) return std::move(answer.line("the two runs are the same: parameters, metrics and artifacts", Style::green));
  if (!answer.value["parameters"].empty())
    answer.line("").table("parameters", {{"stage", "STAGE"}, {"parameter", "PARAMETER"}, {"old", "OLD", As::digest}, {"new", "NEW", As::digest}});
  if (!answer.value["metrics"].empty())
    answer.line("").table(
        "metrics",
        {{"stage", "STAGE"}, {"metric", "METRIC"}, {"old", "OLD", As::number}, {"new", "NEW", As::number}, {"difference", "DIFFERENCE", As::number}});
  if (!answer.value["artifacts"].empty())
    answer.line("").table("artifacts", {{"stage", "STAGE"}, {"artifact", "ARTIFACT"}, {"old", "OLD", As::digest}, {"new", "NEW", As::digest}});
  return answer;
}

}  // namespace mlopsctl::cli
