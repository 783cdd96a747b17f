#include "pipeline/engine/verdict.hpp"

#include <algorithm>
#include <limits>

namespace mlopsctl::engine {

namespace {

std::optional<Outcome> outcome_named(std::string_view name) {
  for (const Outcome outcome : {Outcome::pass, Outcome::warn, Outcome::fail, Outcome::inconclusive})
    if (to_string(outcome) == name) return outcome;
  return std::nullopt;
}

Outcome outcome_from(const Json& json) {
  const auto name = json.get<std::string>();
  if (const auto outcome = outcome_named(name)) return *outcome;
  throw Json::other_error::create(501, "\"" + name + "\" is not an outcome", &json);
}

}  // namespace

Outcome worst(const std::vector<Check>& checks) {
  const auto has = [&](Outcome outcome) { return std::any_of(checks.begin(), checks.end(), [&](const Check& c) { return c.outcome == outcome; }); };
  if (has(Outcome::fail)) return Outcome::fail;
  return has(Outcome::inconclusive) ? Outcome::inconclusive : Outcome::pass;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass:
      return "pass";
    case Outcome::warn:
      return "warn";
    case Outcome::fail:
      return "fail";
    case Outcome::inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

Json to_json(const Verdict& verdict) {
  Json checks = Json::array();
  for (const auto& check : verdict.checks)
    checks.push_back({{"name", check.name},
                      {"outcome", to_string(check.outcome)},
                      {"measured", check.measured},
                      {"threshold", check.threshold ? Json(*check.threshold) : Json()},
                      {"detail", check.detail},
                      {"evidence", check.evidence}});
  return {{"outcome", to_string(verdict.outcome)}, {"summary", verdict.summary}, {"checks", std::move(checks)}};
}

Result<Verdict> verdict_from_json(const Json& json) {
  try {
    Verdict verdict;
    verdict.outcome = outcome_from(json.at("outcome"));
    verdict.summary = json.at("summary").get<std::string>();
    for (const auto& item : json.at("checks")) {
      Check check;
      check.name = item.at("name").get<std::string>();
      check.outcome = outcome_from(item.at("outcome"));
      // JSON has no NaN: it is written as null.
      check.measured = item.at("measured").is_null() ? std::numeric_limits<double>::quiet_NaN() : item.at("measured").get<double>();
      if (!item.at("threshold").is_null()) check.threshold = item.at("threshold").get<double>();
      check.detail = item.at("detail").get<std::string>();
      check.evidence = item.value("evidence", Json());
      verdict.checks.push_back(std::move(check));
    }
    return verdict;
  } catch (const Json::exception& fault) { return stage_error(std::string("a stored verdict cannot be read: ") + fault.what()); }
}

}  // namespace mlopsctl::engine
