// Rollout: a promotion as a value: which Deployment takes the place of which, in which steps, and how far that is. As JSON it is the journal that
// the cluster keeps (an annotation of the Lease), so that any machine can go on with it or undo it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/options.hpp"
#include "pipeline/k8s/rollout/verdict.hpp"

namespace mlopsctl::k8s {

struct Rollout {
  enum class Phase {
    progressing,  // the candidate stands beside the stable Deployment: step by step more of it
    promoting,    // the stable Deployment takes the new model over; then the candidate goes
    promoted,     // done
    aborting,     // back to what was before
    aborted       // done
  };
  // How requests are split: here by numbers of pods. Weights of a Gateway, or a shadow that only listens, would be further members.
  struct Step {
    int64_t candidate = 0;          // pods
    std::optional<int64_t> stable;  // nothing: an autoscaler's
    double percent = 0;             // of the requests, as the pods make it
    bool operator==(const Step&) const = default;
  };

  std::string id;  // of its begin; for people
  Strategy::Kind strategy = Strategy::Kind::rolling;
  std::vector<Step> steps;  // of canary and blue-green; the promotion itself, to 100 %, comes after them
  Gates gates;
  int64_t replicas = 0;             // how many pods answered when it began: never fewer will
  bool autoscaled = false;          // their number belongs to somebody else
  Json before, target;              // Deployments, as applied
  Json service;                     // as applied; null: there is none
  std::string who, commit, record;  // who began it, from which commit, by which decision record
  std::string began;                // RFC 3339

  Phase phase = Phase::progressing;
  size_t step = 0;
  bool paused = false;              // waits for somebody to resume or abort it
  std::string reason;               // of paused, aborting, aborted
  std::vector<std::string> passed;  // verdict of each step that passed
  bool operator==(const Rollout&) const = default;

  std::string name() const;  // of the Deployment
  std::string name_space() const;
  bool ended() const { return phase == Phase::promoted || phase == Phase::aborted; }
  std::string text() const;  // "canary, step 1 of 2: 33 % of the requests (1 of 3 pods)"
};
std::string_view to_string(Rollout::Phase phase);
std::string_view to_string(Strategy::Kind kind);

Json to_json(const Rollout& rollout);
// Fails (cluster) where it is not what a mlopsctl of this format wrote.
Result<Rollout> read_rollout(const Json& journal);

// "rolling", "blue-green" or {"canary":[10,50,100]}: as the annotation mlopsctl/strategy has it.
Result<Strategy> read_strategy(const std::string& text);
std::string text_of(const Strategy& strategy);

struct Plan {
  Strategy strategy;
  Gates gates;
  int64_t live = 0;  // pods of the stable Deployment now
};
// A promotion of `target` in place of `before`. Fails (config) where the strategy cannot be kept: a share that so many pods cannot express, a
// Deployment whose pods a candidate's cannot be told from, no Service to switch.
Result<Rollout> plan_rollout(Json before, Json target, Json service, const Plan& plan);

}  // namespace mlopsctl::k8s
