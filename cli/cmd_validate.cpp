#include "cli/cmds.hpp"
#include "cli/stage_names.hpp"
#include "pipeline/base/plural.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_validate(Session& session) {
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  TRY(check_stage_names(pipeline, session.arguments().positional_values("STAGE")));
  Json files = Json::array();
  std::string named;
  for (const auto& file : session.pipeline_files()) {
    files.push_back({{"path", file.string()}});
    named += (named.empty() ? "" : " + ") + file.string();
  }
  Json stages = Json::array();
  for (const auto& stage : pipeline.stages) stages.push_back({{"name", stage.name}, {"kind", stage.kind}});
  Answer answer(Json{{"valid", true}, {"pipeline", pipeline.name}, {"files", files}, {"inputs", pipeline.inputs.size()}, {"stages", stages}});
  answer.line(named + ": valid; pipeline " + pipeline.name + " has " + count_of(pipeline.inputs.size(), "input") + " and " +
              count_of(pipeline.stages.size(), "stage"));
  return answer;
}

}  // namespace mlopsctl::cli
