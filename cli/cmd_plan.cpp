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

}  // namespace

Result<Answer> cmd_plan(Session& session) {
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  TRY_ASSIGN(auto store, session.existing_store());
  engine::RunOptions options = session.run_options();
  options.force = session.arguments().has("--force");
  TRY_ASSIGN(const auto plan, engine::make_plan(pipeline, session.registry(), store ? &*store : nullptr, options));

  Answer answer(engine::to_json(plan));
  std::map<engine::Action, size_t> count;
  for (const auto& stage : plan.stages) ++count[stage.action];
  const size_t total = plan.stages.size(), blocked = count[engine::Action::blocked];
  for (size_t i = 0; i < total && i < answer.value["stages"].size(); ++i) {
    const auto& stage = plan.stages[i];
    Json& row = answer.value["stages"][i];
    row["why"] = why(stage);
    row["about_seconds"] = stage.action != engine::Action::reuse && stage.expected_seconds > 0 ? Json(stage.expected_seconds) : Json();
  }
  if (plan.nothing_to_do() && blocked == 0) {
    answer.line("nothing to do: all " + count_of(total, "stage") + " reused", Style::green);
  } else {
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
