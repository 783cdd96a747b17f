#include "pipeline/engine/stage.hpp"

#include <limits>

namespace mlopsctl::engine {

Json to_json(const StageReport& report) {
  Json publications = Json::array();
  for (const auto& publication : report.publications) publications.push_back({{"alias", publication.alias}, {"output", publication.output}});
  return {{"metrics", report.metrics},
          {"summary", report.summary},
          {"warnings", report.warnings},
          {"verdict", report.verdict ? to_json(*report.verdict) : Json()},
          {"publications", std::move(publications)}};
}

Result<StageReport> report_from_json(const Json& json) {
  try {
    StageReport report;
    for (const auto& [name, value] : json.at("metrics").items())
      report.metrics[name] = value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();  // JSON has no NaN
    report.summary = json.at("summary");
    report.warnings = json.at("warnings").get<std::vector<std::string>>();
    if (!json.at("verdict").is_null()) { TRY_ASSIGN(report.verdict, verdict_from_json(json.at("verdict"))); }
    for (const auto& item : json.at("publications")) report.publications.push_back({item.at("alias").get<std::string>(), item.at("output").get<std::string>()});
    return report;
  } catch (const Json::exception& fault) { return stage_error(std::string("a stored stage report cannot be read: ") + fault.what()); }
}

}  // namespace mlopsctl::engine
