#include "pipeline/engine/wire.hpp"

#include "pipeline/base/error_json.hpp"
#include "pipeline/engine/plan_json.hpp"

namespace mlopsctl::engine {

std::string to_line(const Progress& progress) { return canonical({{"progress", progress.fraction}, {"what", progress.what}}) + "\n"; }

std::string to_line(const JobResult& result) {
  Json forwards = Json::array();
  for (const auto& forward : result.forwards) forwards.push_back({{"output", forward.output}, {"input", forward.input}});
  return canonical(
             {{"report", to_json(result.report)}, {"forwards", std::move(forwards)}, {"error", result.error ? mlopsctl::to_json(*result.error) : Json()}}) +
         "\n";
}

Result<std::variant<Progress, JobResult>> from_line(std::string_view line) {
  using Message = std::variant<Progress, JobResult>;
  TRY_ASSIGN(const Json json, parse_own(line, "a message of a stage's process"));
  try {
    if (json.contains("progress")) {
      const Json& fraction = json.at("progress");
      return Message(Progress{fraction.is_number() ? fraction.get<double>() : 0.0, json.at("what").get<std::string>()});
    }
    JobResult result;
    TRY_ASSIGN(result.report, report_from_json(json.at("report")));
    for (const auto& item : json.at("forwards")) result.forwards.push_back({item.at("output").get<std::string>(), item.at("input").get<size_t>()});
    if (!json.at("error").is_null()) result.error = error_from_json(json.at("error"));
    return Message(std::move(result));
  } catch (const Json::exception& fault) { return stage_error(std::string("a message of a stage's process cannot be read: ") + fault.what()); }
}

}  // namespace mlopsctl::engine
