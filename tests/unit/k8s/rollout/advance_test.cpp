#include "pipeline/k8s/rollout/advance.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <functional>
#include <set>

#include "tests/unit/k8s/rollout/releases.hpp"

namespace mlopsctl::k8s {
namespace {

using ::testing::IsSupersetOf;
using Kind = Strategy::Kind;
using Phase = Rollout::Phase;
using What = Write::What;

Counts counted(int64_t requests, int64_t errors) {
  return {
      requests, errors, {{0.5, requests}, {1, requests}, {std::numeric_limits<double>::infinity(), requests}}, {{"bad", requests / 2}, {"good", requests / 2}}};
}
Evidence evidence_for(Verdict::Outcome outcome) {
  if (outcome == Verdict::Outcome::inconclusive) return {};
  return {counted(20'000, outcome == Verdict::Outcome::fail ? 1'000 : 0), counted(20'000, 0), {}, {}};
}

// Pods and a Service, as controllers treat them, one pod at a time. New pods come up or never do.
struct AdvanceWorld {
  Json stable, candidate;  // as applied; candidate null: none
  int64_t old_pods = 0, new_pods = 0, candidates = 0;
  Traffic traffic = Traffic::all;
  std::string applied_stable, applied_candidate;  // what the driver remembers

  explicit AdvanceWorld(const Rollout& rollout) : stable(rollout.before), old_pods(number_at(at(stable, "spec", "replicas"))) {}
  static int64_t wanted(const Json& deployment) { return number_at(at(deployment, "spec", "replicas")); }
  bool is_new() const { return model_of(stable) == digest_of("new").str(); }
  int64_t answering() const { return (traffic != Traffic::candidate ? old_pods + new_pods : 0) + (traffic != Traffic::stable ? candidates : 0); }
  std::string text() const {
    return canonical({digest_of_manifest(stable), candidate.is_null() ? "" : digest_of_manifest(candidate), old_pods, new_pods, candidates, to_string(traffic),
                      applied_stable, applied_candidate});
  }
  // One move of the controllers; false: there is nothing to do. A roll-out never has fewer pods than are wanted.
  bool move(bool new_pods_come_up) {
    if (!candidate.is_null() && candidates > wanted(candidate)) return --candidates, true;
    if (!candidate.is_null() && candidates < wanted(candidate) && new_pods_come_up) return ++candidates, true;
    if (candidate.is_null() && candidates > 0) return candidates = 0, true;
    int64_t &up = is_new() ? new_pods : old_pods, &down = is_new() ? old_pods : new_pods;
    if (up + down > wanted(stable)) return --(down > 0 ? down : up), true;
    if (up < wanted(stable) && (!is_new() || new_pods_come_up)) return ++up, true;
    return false;
  }
  void take(const Write& write) {
    switch (write.what) {
      case What::apply_stable:
        stable = write.manifest;
        applied_stable = digest_of_manifest(stable);
        break;
      case What::apply_candidate:
        candidate = write.manifest;
        applied_candidate = digest_of_manifest(candidate);
        break;
      case What::apply_service:
        traffic = traffic_of(write.manifest);
        break;
      case What::remove_candidate:
        candidate = nullptr;
        applied_candidate.clear();
    }
  }
  Situation seen() const {
    Situation seen;
    const auto side = [](const Json& deployment, const std::string& applied, int64_t updated, int64_t others) {
      Situation::Side result{!deployment.is_null(), applied, {}};
      result.progress = {updated == wanted(deployment) && others == 0 ? Progress::Phase::done : Progress::Phase::moving,
                         wanted(deployment),
                         updated,
                         updated + others,
                         others,
                         {}};
      return result;
    };
    seen.stable = side(stable, applied_stable, is_new() ? new_pods : old_pods, is_new() ? old_pods : new_pods);
    seen.candidate = side(candidate, applied_candidate, candidates, 0);
    seen.traffic = traffic;
    return seen;
  }
};

// Everything that can happen, from every state that can be got into: the controllers move or do not, new pods come up or crash or are slow,
// the verdict is any, time has passed or has not, the driver is killed and forgets what it did, somebody aborts or resumes.
class EveryState : public ::testing::TestWithParam<std::pair<Strategy, int>> {
 protected:
  struct State {
    Rollout rollout;
    AdvanceWorld world;
    std::string text() const { return canonical(to_json(rollout)) + world.text(); }
  };

  std::vector<State> after(const State& state) const {
    std::vector<State> all;
    const auto add = [&](Rollout rollout, AdvanceWorld world) { all.push_back({std::move(rollout), std::move(world)}); };
    for (const bool come_up : {true, false})
      if (AdvanceWorld world = state.world; world.move(come_up)) add(state.rollout, std::move(world));
    AdvanceWorld forgetful = state.world;
    forgetful.applied_stable.clear();
    forgetful.applied_candidate.clear();
    add(state.rollout, std::move(forgetful));
    add(aborted(state.rollout, "told to"), state.world);
    add(paused(state.rollout, "because"), state.world);
    if (state.rollout.paused) add(resumed(state.rollout, false), state.world), add(resumed(state.rollout, true), state.world);
    const int64_t watch = state.rollout.gates.watch, patience = state.rollout.gates.patience, start = state.rollout.gates.start;
    using Outcome = Verdict::Outcome;
    struct Look {
      Outcome outcome;
      int64_t measured, still = 0;
      bool crashed = false;
    };
    for (const Look& look : {Look{Outcome::pass, 0}, Look{Outcome::pass, watch}, Look{Outcome::fail, 0}, Look{Outcome::inconclusive, 0},
                             Look{Outcome::inconclusive, patience}, Look{Outcome::inconclusive, 0, start}, Look{Outcome::pass, watch, start, true}}) {
      Situation seen = state.world.seen();
      seen.evidence = evidence_for(look.outcome);
      seen.measured = look.measured;
      seen.still = look.still;
      Situation::Side& under_test = state.rollout.phase == Phase::progressing ? seen.candidate : seen.stable;
      if (look.crashed && under_test.progress.phase != Progress::Phase::done) {
        Trouble crash{Trouble::Kind::crash, "p", "server", "ended with exit code 7"};
        crash.restarts = 2;
        under_test.progress.troubles.push_back(crash);
      }
      Next next = advance(state.rollout, seen);
      // The journal comes first.
      if (!(next.rollout == state.rollout)) {
        next.rollout.passed.clear();
        next.rollout.reason = next.rollout.reason.empty() ? "" : "because";
        add(std::move(next.rollout), state.world);
      } else if (next.write) {
        AdvanceWorld world = state.world;
        world.take(*next.write);
        add(state.rollout, std::move(world));
      }
    }
    return all;
  }
};

TEST_P(EveryState, KeepsTheFloorAndEndsWithOneModel) {
  const auto& [strategy, replicas] = GetParam();
  const auto rollout = planned(strategy, replicas);
  ASSERT_TRUE(rollout.ok()) << rollout.error().message;
  const State first{*rollout, AdvanceWorld(*rollout)};
  std::set<std::string> known{first.text()};
  std::deque<State> todo{first};
  std::set<std::string> phases;
  int ended = 0;
  while (!todo.empty()) {
    const State state = std::move(todo.front());
    todo.pop_front();
    phases.insert(std::string(to_string(state.rollout.phase)) + (state.rollout.paused ? " paused" : ""));
    ASSERT_GE(state.world.answering(), replicas) << state.rollout.text() << "\n" << state.world.text();
    if (state.rollout.ended()) {
      ++ended;
      const bool promoted = state.rollout.phase == Phase::promoted;
      EXPECT_EQ(state.world.is_new(), promoted);
      EXPECT_TRUE(state.world.candidate.is_null());
      EXPECT_EQ(state.world.traffic, Traffic::all);
      EXPECT_EQ(promoted ? state.world.new_pods : state.world.old_pods, replicas);
      continue;
    }
    for (State& next : after(state))
      if (known.insert(next.text()).second) todo.push_back(std::move(next));
    ASSERT_LT(known.size(), 300'000U);
  }
  EXPECT_GT(ended, 1);
  EXPECT_THAT(phases, IsSupersetOf({"promoting", "promoting paused", "promoted", "aborting", "aborted"}));
  if (!rollout->steps.empty()) { EXPECT_THAT(phases, IsSupersetOf({"progressing", "progressing paused"})); }
}

// From any state that was got into by a kill, both ways lead to an end.
TEST_P(EveryState, EndsHoweverOftenItIsKilled) {
  const auto& [strategy, replicas] = GetParam();
  for (const bool abort : {false, true})
    for (const bool comes_up : {false, true})
      for (int killed_at = 0; killed_at < 40; ++killed_at) {
        Rollout rollout = *planned(strategy, replicas);
        AdvanceWorld world(rollout);
        int looks = 0;
        for (; !rollout.ended() && looks < 500; ++looks) {
          if (looks == killed_at) {
            world.applied_stable.clear(), world.applied_candidate.clear();
            if (abort) rollout = aborted(std::move(rollout), "told to");
          }
          if (world.move(comes_up)) continue;
          Situation seen = world.seen();
          seen.evidence = evidence_for(Verdict::Outcome::pass);
          seen.measured = rollout.gates.watch;
          seen.still = rollout.gates.start;
          const Next next = advance(rollout, seen);
          if (next.write && next.rollout == rollout) world.take(*next.write);
          rollout = next.rollout;
        }
        ASSERT_TRUE(rollout.ended()) << "killed at look " << killed_at << ": " << rollout.text();
        if (!comes_up) { EXPECT_EQ(rollout.phase, Phase::aborted); }
        if (!abort && comes_up) { EXPECT_EQ(rollout.phase, Phase::promoted); }
      }
}

INSTANTIATE_TEST_SUITE_P(Strategies, EveryState,
                         ::testing::Values(std::pair(Strategy{Kind::rolling, {}}, 3), std::pair(Strategy{Kind::blue_green, {}}, 3),
                                           std::pair(Strategy{Kind::canary, {33, 67, 100}}, 3), std::pair(Strategy{Kind::canary, {100}}, 1),
                                           std::pair(Strategy{Kind::blue_green, {}}, 1)),
                         [](const auto& test) {
                           std::string name(to_string(test.param.first.kind));
                           for (const int percent : test.param.first.percentages) name += std::to_string(percent) + "_";
                           std::erase(name, '-');
                           return name + "of" + std::to_string(test.param.second);
                         });

// A fix of a model that crashes is no promotion that fails.
TEST(Advance, TakesAnOldModelThatCrashesAway) {
  const Rollout rollout = *planned({Kind::rolling, {}}, 3);
  AdvanceWorld world(rollout);
  Trouble crash{Trouble::Kind::crash, "p", "server", "ended with exit code 7"};
  crash.restarts = 2;
  const auto look = [&](Progress::Phase phase) {
    Situation seen = world.seen();
    seen.stable.progress.phase = phase;
    seen.stable.progress.troubles = {crash};
    return advance(rollout, seen);
  };
  const Next first = look(Progress::Phase::stalled);
  EXPECT_EQ(first.rollout, rollout) << first.rollout.text();
  ASSERT_TRUE(first.write);
  EXPECT_EQ(first.write->what, What::apply_stable);
  EXPECT_EQ(model_of(first.write->manifest), digest_of("new").str());
  world.take(*first.write);
  // Until the controller has seen it, the pods are the old model's: they say nothing of the new one.
  const Next second = look(Progress::Phase::unseen);
  EXPECT_EQ(second.rollout, rollout) << second.rollout.text();
  EXPECT_FALSE(second.write);
  EXPECT_FALSE(second.measuring);
  EXPECT_EQ(look(Progress::Phase::moving).rollout.text(), "going back to what was before: pod p, container server ended with exit code 7");
}

// Few requests are enough for a rolling promotion; a Prometheus that says nothing of its pods is not.
TEST(Advance, TakesNoModelOverOfWhosePodsNothingIsKnown) {
  const Rollout rollout = *planned({Kind::rolling, {}}, 3);
  AdvanceWorld world(rollout);
  world.take(*advance(rollout, world.seen()).write);
  while (world.move(true)) {}
  Situation seen = world.seen();
  seen.measured = rollout.gates.watch;
  EXPECT_EQ(advance(rollout, seen).rollout.phase, Phase::promoted);
  seen.evidence.unread = seen.evidence.missing = "Prometheus at http://prometheus: HTTP 401";
  EXPECT_EQ(advance(rollout, seen).rollout, rollout);
  seen.measured = rollout.gates.patience;
  const Rollout paused = advance(rollout, seen).rollout;
  EXPECT_TRUE(paused.paused);
  EXPECT_EQ(paused.text(), "rolling: all pods take over the new model; paused: its metrics cannot be read: Prometheus at http://prometheus: HTTP 401");
  EXPECT_EQ(advance(resumed(paused, false), seen).rollout, paused);
  EXPECT_EQ(advance(resumed(paused, true), seen).rollout.phase, Phase::promoted);
}

TEST(Advance, SaysWhyItStops) {
  Rollout rollout = *planned({Kind::canary, {33, 100}}, 3);
  EXPECT_EQ(rollout.text(), "canary, step 1 of 1: 33 % of the requests (1 new pod, 2 old ones)");
  AdvanceWorld world(rollout);
  for (int i = 0; i < 20; ++i) {
    if (world.move(true)) continue;
    const Next next = advance(rollout, world.seen());
    if (!next.write) break;
    world.take(*next.write);
  }
  EXPECT_EQ(world.candidates, 1);
  EXPECT_EQ(world.old_pods, 2);
  Situation seen = world.seen();
  seen.evidence = evidence_for(Verdict::Outcome::fail);
  EXPECT_EQ(advance(rollout, seen).rollout.text(), "going back to what was before: 1000 errors in 20000 requests (4.52 to 5.53 %), 1 % allowed");
  seen.evidence = {};
  seen.measured = rollout.gates.patience;
  const Rollout paused = advance(rollout, seen).rollout;
  EXPECT_TRUE(paused.paused);
  EXPECT_EQ(paused.reason,
            "0 errors in 0 requests (0 to 100 %), 1 % allowed; 0 answers after more than 1 s in 0 requests (0 to 100 %), 1 % allowed; "
            "labels cannot be compared: 0 texts answered by the new model, 0 by the old");
  EXPECT_FALSE(advance(paused, seen).write);
  seen.evidence = evidence_for(Verdict::Outcome::fail);
  EXPECT_EQ(advance(paused, seen).rollout.phase, Phase::aborting);
  EXPECT_EQ(advance(resumed(paused, true), seen).rollout.phase, Phase::promoting);
}

}  // namespace
}  // namespace mlopsctl::k8s
