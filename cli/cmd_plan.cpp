#include <map>

#include "cli/cmds.hpp"
#include "pipeline/base/plural.hpp"

namespace mlopsctl::cli {

namespace {

constexpr int something_to_do = 2;

std::string why(const engine::PlannedStage& stage) {
  std::string text;
  size_t shown = 0;
  for (const auto& reason : stage.reasons) {
    if (++shown > 2) break;
    text += (text.empty() ? "" : "; ") + engine::to_string(reason);
  }
  if (stage.reasons.size() > 2) text += "; and " + std::to_string(stage.reasons.size() - 2) + " more";
  return text;
}

// Of a stage with something to do, for the table.
void add_for_people(Json& row, const engine::PlannedStage& stage) {
  row["why"] = why(stage);
  row["about_seconds"] = stage.action != engine::Action::reuse && stage.expected_seconds > 0 ? Json(stage.expected_seconds) : Json();
}

// What the table shows; the whole plan as JSON weighs a hundred times as much.
Json rows_of(const engine::Plan& plan) {
  Json rows = Json::array();
  for (const auto& stage : plan.stages) {
    rows.push_back({{"name", stage.name}, {"kind", stage.kind}, {"action", engine::to_string(stage.action)}});
    add_for_people(rows.back(), stage);
  }
  return rows;
}

}  // namespace

Result<Answer> cmd_plan(Session& session) {
  TRY_ASSIGN(auto checked, session.checked_pipeline());
  TRY_ASSIGN(auto store, session.existing_store());
  engine::RunOptions options = session.run_options();
  options.force = session.arguments().has("--force");
  options.detail = session.json() ? engine::Detail::full : engine::Detail::brief;
  TRY_ASSIGN(const auto plan, engine::make_plan(checked.pipeline, std::move(checked.graph), store ? &*store : nullptr, options));

  Answer answer;
  if (session.json()) {
    answer.value = engine::to_json(plan);
    for (size_t i = 0; i < plan.stages.size(); ++i) add_for_people(answer.value["stages"][i], plan.stages[i]);
  }
  std::map<engine::Action, size_t> count;
  for (const auto& stage : plan.stages) ++count[stage.action];
  const size_t total = plan.stages.size(), blocked = count[engine::Action::blocked];
  if (plan.nothing_to_do() && blocked == 0) {
    answer.line("nothing to do: all " + count_of(total, "stage") + " reused", Style::green);
  } else {
    if (!session.json()) answer.value["stages"] = rows_of(plan);
    answer.table("stages", {{"name", "STAGE"}, {"kind", "KIND"}, {"action", "ACTION", As::state}, {"about_seconds", "ABOUT", As::seconds}, {"why", "WHY"}});
    std::string sum = std::to_string(count[engine::Action::run]) + " to run, " + std::to_string(count[engine::Action::pending]) + " pending, " +
                      std::to_string(count[engine::Action::reuse]) + " reused";
    if (blocked > 0) sum += ", " + std::to_string(blocked) + " blocked by a verdict";
    if (plan.expected_seconds > 0) sum += "; about " + human_duration(plan.expected_seconds);
    answer.line(sum);
  }
  if (session.arguments().has("--detailed-exitcode") && !plan.nothing_to_do()) answer.exit_code = something_to_do;
  return answer;
}

}  // namespace mlopsctl::cli
