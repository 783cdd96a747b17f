// What of what was found is told now: each thing once while it stands, again after a time, and once more when it is over. Pure.
//
// A channel's memory is JSON: {"standing": {subject: {"fingerprint", "since", "told"}}, "waiting": [messages]}. Waiting is what is to be sent and
// has not been: it is collected (digest), or could not be delivered.
#pragma once

#include <vector>

#include "pipeline/alert/alert.hpp"
#include "pipeline/base/clock.hpp"

namespace mlopsctl::alert {

struct Policy {
  std::vector<std::string> on;  // sources
  bool resolved = true;
  double repeat = 0, digest = 0;  // seconds; 0: never, at once
};

// Adds what is new to the memory's waiting; says how many alerts were told before and stand unchanged.
int take_in(const std::vector<Alert>& alerts, const Policy& policy, TimePoint now, Json& memory);
// What is to be sent now: nothing, or all that waits.
Result<std::vector<Message>> due(const Json& memory, const Policy& policy, TimePoint now);

}  // namespace mlopsctl::alert
