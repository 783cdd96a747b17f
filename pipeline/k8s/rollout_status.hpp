// How far a Deployment's roll-out is and what stands in its way: pure functions of what was seen at one moment. Nothing here knows whether a
// person waits.
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/k8s/objects.hpp"

namespace mlopsctl::k8s {

// What stands in a pod's way.
struct Trouble {
  enum class Kind { image, configuration, crash, memory, unschedulable, probe, volume, refused, node };
  Kind kind = Kind::crash;
  std::string pod;        // empty: of the Deployment or Job itself
  std::string container;  // empty: of the whole pod
  std::string text;       // "ended with exit code 7, restarted 3 times"
  bool has_log = false;   // the container has run: its last lines may say more
  bool previous = false;  // those of the run before
  int64_t restarts = 0;   // of the container
  bool operator==(const Trouble&) const = default;
};
std::string_view to_string(Trouble::Kind kind);

struct SeenPod {
  Json pod;
  std::vector<EventNote> events;  // asked for only while it is not ready
};
struct Observation {
  Json deployment;
  std::vector<SeenPod> pods;        // of the newest revision
  std::vector<Json> old_pods = {};  // of those before
};

struct Progress {
  enum class Phase {
    unseen,   // the controller has not looked at the present specification yet
    moving,   // under way
    done,     // every pod is of the newest revision and available; no other is left
    stalled,  // the deadline for progress (spec.progressDeadlineSeconds) has passed
  };
  Phase phase = Phase::unseen;
  int64_t wanted = 0, updated = 0, available = 0, old = 0;
  std::vector<Trouble> troubles;
  std::string text() const;  // "2 of 3 pods are up to date, 1 available, 1 old one to go"
};

std::vector<Trouble> troubles_of(const SeenPod& seen);
Progress judge(const Observation& observation);

}  // namespace mlopsctl::k8s
