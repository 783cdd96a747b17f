// Alerts and channels to test with.
#pragma once

#include <map>

#include "pipeline/alert/channel.hpp"
#include "pipeline/spec/alerts.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/manual_clock.hpp"

namespace mlopsctl::alert {

inline Alert an_alert(const std::string& outcome = "fail", std::vector<std::string> checks = {"accuracy >= 0.83"}) {
  return {"gate",
          "airline",
          "judge",
          outcome,
          "accuracy 0.79 < 0.83",
          checks,
          checks,
          "20260131-081500-3f9a",
          "sha256:" + std::string(64, 'a'),
          "",
          "2026-01-31T08:15:00.000Z"};
}

inline Message message(Message::Kind kind = Message::Kind::standing) { return {kind, an_alert(), "2026-01-31T08:15:00.000Z"}; }

// A channel as the pipeline file would give it, defaults filled in.
inline Channel a_channel(const std::string& to, Json fields) {
  fields["to"] = to;
  const spec::TypePtr type = spec::alert_type();
  for (const auto& alternative : type->alternatives)
    if (alternative.name == to)
      for (const auto& field : alternative.fields)
        if (!fields.contains(field.name)) fields[field.name] = field.default_value.value_or(Json());
  return channels_of(Json{{"team", fields}}).front();
}

struct Surroundings {
  std::map<std::string, std::string> variables;
  testing::ManualClock clock;
  CancelToken cancel;
  Variables lookup = [this](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  World world{lookup, clock, cancel};
};

inline std::string fault(const Status& status) { return status ? "" : status.error().message; }

}  // namespace mlopsctl::alert
