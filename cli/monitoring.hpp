// The predictions that a server kept, watched against the profile that the model carries.
#pragma once

#include <optional>
#include <string>

#include "cli/models.hpp"
#include "cli/session.hpp"

namespace mlopsctl::cli {

struct Watched {
  std::string store;  // as it may be shown
  int64_t predictions = 0;
  bool alarm = false;
  std::optional<TimePoint> since;  // of the earliest change, where there is an alarm
  Json watches = Json::array();
};
// Those of this very model, in order of time. `address`: sqlite:FILE, postgresql://..., env:NAME or file:PATH.
Result<Watched> watch_store(Session& session, const ModelPlace& place, const std::string& address, double change, int64_t run_length);

}  // namespace mlopsctl::cli
