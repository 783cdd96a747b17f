#include "cli/stage_names.hpp"

namespace mlopsctl::cli {

Status check_stage_names(const spec::Pipeline& pipeline, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (pipeline.stage(name) != nullptr) continue;
    std::vector<std::string> known;
    for (const auto& stage : pipeline.stages) known.push_back(stage.name);
    Error error = usage_error("the pipeline " + pipeline.name + " has no stage \"" + name + "\"");
    if (const auto near = nearest(name, known)) {
      error.hint = "did you mean " + *near + "?";
    } else {
      error.hint = "its stages are: ";
      for (size_t i = 0; i < known.size(); ++i) error.hint += (i == 0 ? "" : ", ") + known[i];
    }
    return error;
  }
  return {};
}

}  // namespace mlopsctl::cli
