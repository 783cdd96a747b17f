// Whether to train anew, and why. Pure: what is known in, a decision out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/clock.hpp"
#include "stages/retrain/journal.hpp"
#include "stages/retrain/policy.hpp"

namespace mlopsctl::retrain {

// What drift has been seen, by a check or by the monitor.
struct DriftSeen {
  std::string id;     // of the evidence: another one, another id
  std::string where;  // "the report of stage drift, run 20260312-..."
  Digest model;       // that it is about
  TimePoint at;
  bool alarm = false;
  std::string summary;  // one sentence
};

struct Facts {
  Digest model;           // behind the alias; none: empty
  TimePoint model_since;  // when it came there
  std::vector<DriftSeen> drift;
  int64_t labelled = 0;  // rows in the windows' sources now
  Journal journal;
};

// One possible reason, whether or not it is one now.
struct Trigger {
  std::string name;  // "drift", "monitor", "age", "labels"; "first" alone where there is no model yet
  bool fired = false;
  std::string id;    // what it rests on; the same id is the same reason
  std::string says;  // "412 labelled rows came since 2026-03-01; 500 are asked for"
};

enum class Action {
  nothing,  // no reason
  wait,     // a reason, but not yet: cool-down or budget
  resume,   // a training that was decided earlier has not ended
  train
};

struct Decision {
  Action action = Action::nothing;
  std::vector<Trigger> triggers;  // in the order drift, monitor, age, labels
  std::string key;                // of the training, where there is a reason
  std::string why;                // one sentence
  std::optional<TimePoint> next;  // of wait: when it may begin
};

Decision decide(const Policy& policy, const Facts& facts, TimePoint now);

std::string_view to_string(Action action);

}  // namespace mlopsctl::retrain
