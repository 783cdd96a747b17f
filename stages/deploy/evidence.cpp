#include "stages/deploy/evidence.hpp"

#include "pipeline/base/files.hpp"

namespace mlopsctl::deploy {

namespace {

Result<Json> read_report(const engine::StageInput& input, const std::filesystem::path& file) {
  TRY_ASSIGN(const auto text, read_file(file));
  return parse_json(text, input.name);
}

Json outcome_of(const Json& report) {
  const Json verdict = report.value("verdict", Json::object());
  return {{"outcome", verdict.value("outcome", Json())}, {"summary", verdict.value("summary", Json())}};
}

}  // namespace

Result<Json> evidence_of(const engine::StageInput& input, const Digest& model) {
  Json entry = {{"name", input.name}, {"type", input.type}, {"digest", input.digest.str()}};
  if (input.type == "evaluation") {
    TRY_ASSIGN(const Json report, read_report(input, input.path / "evaluation.json"));
    const Json judged = report.value("challenger", Json::object());
    if (judged.value("digest", "") != model.str())
      return stage_error(input.name + " judged the model " + judged.value("digest", "(none)") + "; the one to be released is " + model.str())
          .with_hint("release the model that was judged: give the evaluate stage as the only input that holds a model");
    entry["verdict"] = outcome_of(report);
    const Json metrics = judged.value("metrics", Json::object());
    entry["metrics"] = Json::object();
    for (const char* name : {"accuracy", "macro_f1", "log_loss", "rows"})
      if (metrics.contains(name)) entry["metrics"][name] = metrics.at(name);
  } else if (input.type == "drift") {
    TRY_ASSIGN(const Json report, read_report(input, input.path));
    entry["verdict"] = outcome_of(report);
  }
  return entry;
}

}  // namespace mlopsctl::deploy
