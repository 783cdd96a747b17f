// advance: the next step of a promotion: a pure function of how far it is and of what there is to see. Whoever drives it looks, asks, does the one
// write that it is told, and looks again; it does not matter whether that is always the same process, nor whether a person waits.
//
// What holds at any moment: no pod that answers is taken away unless as many as answered at the begin remain (Rollout::replicas).
#pragma once

#include <optional>
#include <string>

#include "pipeline/base/json.hpp"
#include "pipeline/k8s/rollout/manifests.hpp"
#include "pipeline/k8s/rollout/rollout.hpp"
#include "pipeline/k8s/rollout_status.hpp"

namespace mlopsctl::k8s {

struct Situation {
  struct Side {
    bool there = false;
    std::string applied;  // digest_of_manifest() of what we applied last, if it still is as it was then; empty: not known
    Progress progress = {};
  };
  Side stable, candidate;
  std::optional<Traffic> traffic;  // whom the Service sends requests to; nothing: there is no Service
  Evidence evidence;
  int64_t measured = 0;  // seconds since Next::measuring is true
  int64_t still = 0;     // seconds since anything moved
};
std::string digest_of_manifest(const Json& manifest);

struct Write {
  enum class What { apply_stable, apply_candidate, apply_service, remove_candidate };
  What what = What::apply_stable;
  Json manifest;    // of remove_candidate: null
  std::string why;  // "1 new pod"
};

struct Next {
  Rollout rollout;             // where it differs, it goes into the journal before anything else is done
  std::optional<Write> write;  // then look again
  bool measuring = false;      // all of the step is in place: what is counted from now on is evidence
  Verdict verdict = {};        // of what was counted so far, while measuring
};
Next advance(const Rollout& rollout, const Situation& seen);

// What people may ask for. Both are journalled like any other step.
Rollout paused(Rollout rollout, const std::string& reason);  // while it goes forward; else as it was
Rollout resumed(Rollout rollout, bool without_verdict);
Rollout aborted(Rollout rollout, const std::string& reason);

}  // namespace mlopsctl::k8s
