#include "stages/retrain/decide.hpp"

#include <gtest/gtest.h>

namespace mlopsctl::retrain {
namespace {

using std::chrono::days, std::chrono::hours;

const TimePoint start = *from_rfc3339("2026-03-01T03:00:00Z");
const Digest old_model = digest_of("old"), new_model = digest_of("new");

Policy policy() {
  Policy policy;
  policy.pipeline = "reviews";
  policy.alias = "reviews";
  policy.drift = "drift";
  policy.age = days(30);
  policy.labels = 100;
  policy.cooldown = days(7);
  policy.trainings = 2;
  policy.per = days(30);
  return policy;
}

Facts facts() {
  Facts facts;
  facts.model = old_model;
  facts.model_since = start;
  facts.labelled = 1000;
  facts.journal.first_counted = 1000;
  return facts;
}

DriftSeen report(const std::string& id, bool alarm, TimePoint at, const Digest& model = old_model) {
  return {id, "the report of stage drift in run r", model, at, alarm, alarm ? "drift in class_mix" : "no drift in 4 signals"};
}

// What the command writes into the journal when it follows the decision.
Attempt attempt_of(const Decision& decision, const Facts& facts, TimePoint at, Attempt::State state) {
  Attempt attempt;
  attempt.key = decision.key;
  attempt.at = at;
  for (const Trigger& each : decision.triggers)
    if (each.fired) attempt.reasons.push_back({each.name, each.id});
  attempt.model = facts.model;
  attempt.counted = facts.labelled;
  attempt.state = state;
  return attempt;
}

std::vector<std::string> said(const Decision& decision) {
  std::vector<std::string> all;
  for (const Trigger& each : decision.triggers) all.push_back((each.fired ? "yes " : "no ") + each.name + ": " + each.says);
  return all;
}

TEST(Decide, SaysEachReasonWithItsNumbers) {
  Facts known = facts();
  known.labelled = 1042;
  known.drift.push_back(report("a", false, start + days(11)));
  const Decision decision = decide(policy(), known, start + days(12) + hours(5));
  EXPECT_EQ(decision.action, Action::nothing);
  EXPECT_EQ(decision.why, "no reason to train anew");
  EXPECT_EQ(said(decision), (std::vector<std::string>{
                                "no drift: the report of stage drift in run r (2026-03-12 03:00 UTC): no drift in 4 signals",
                                "no age: the model is of 2026-03-01 03:00 UTC, 12 days old; 30 days are allowed",
                                "no labels: 42 labelled rows came since retrain first looked; 100 are asked for",
                            }));
}

TEST(Decide, TrainsForEachReasonAtItsLimitAndNotBefore) {
  Facts known = facts();
  EXPECT_EQ(decide(policy(), known, start + days(30) - hours(1)).action, Action::nothing);
  EXPECT_EQ(decide(policy(), known, start + days(30)).why, "because of age");
  known.labelled = 1099;
  EXPECT_EQ(decide(policy(), known, start).action, Action::nothing);
  known.labelled = 1100;
  EXPECT_EQ(decide(policy(), known, start).why, "because of labels");
  known.drift.push_back(report("a", true, start));
  EXPECT_EQ(decide(policy(), known, start + days(40)).why, "because of drift, age, labels");
}

TEST(Decide, AReportAboutAnotherModelIsNoReason) {
  Facts known = facts();
  known.drift.push_back(report("a", true, start, new_model));
  const Decision decision = decide(policy(), known, start + days(1));
  EXPECT_EQ(decision.action, Action::nothing);
  EXPECT_EQ(decision.triggers.front().says, "the report of stage drift in run r is about another model, " + new_model.brief());
}

TEST(Decide, NoReportYetIsNoReason) { EXPECT_EQ(decide(policy(), facts(), start).triggers.front().says, "stage drift has said nothing yet"); }

TEST(Decide, WithoutAModelThatIsTheReason) {
  Facts known = facts();
  known.model = Digest();
  const Decision decision = decide(policy(), known, start);
  EXPECT_EQ(decision.action, Action::train);
  EXPECT_EQ(said(decision), (std::vector<std::string>{"yes first: no model has the alias reviews yet"}));
}

TEST(Decide, TheSameReportTrainsOnce) {
  Facts known = facts();
  known.drift.push_back(report("a", true, start + days(2)));
  const Decision first = decide(policy(), known, start + days(2));
  ASSERT_EQ(first.action, Action::train);
  EXPECT_EQ(decide(policy(), known, start + days(3)).key, first.key);  // asked again: the same training

  known.journal.attempts.push_back(attempt_of(first, known, start + days(2), Attempt::State::kept));
  // Long after the cool-down, and even together with another reason.
  EXPECT_EQ(decide(policy(), known, start + days(20)).action, Action::nothing);
  EXPECT_EQ(decide(policy(), known, start + days(20)).triggers.front().says,
            "the report of stage drift in run r (2026-03-03 03:00 UTC): drift in class_mix; the training of 2026-03-03 03:00 UTC was for that");
  known.labelled += 100;
  EXPECT_EQ(decide(policy(), known, start + days(20)).why, "because of labels");

  known.labelled -= 100;
  known.drift.front() = report("b", true, start + days(20));
  const Decision next = decide(policy(), known, start + days(20));
  EXPECT_EQ(next.why, "because of drift");
  EXPECT_NE(next.key, first.key);
}

TEST(Decide, ATrainingThatHasNotEndedGoesOnWhateverElseHolds) {
  Facts known = facts();
  known.drift.push_back(report("a", true, start));
  const Decision first = decide(policy(), known, start);
  known.journal.attempts.push_back(attempt_of(first, known, start, Attempt::State::begun));
  known.drift.front() = report("b", true, start + days(40));
  known.labelled += 1000;
  const Decision decision = decide(policy(), known, start + days(40));
  EXPECT_EQ(decision.action, Action::resume);
  EXPECT_EQ(decision.key, first.key);
  EXPECT_EQ(decision.why, "training " + first.key + ", decided on 2026-03-01 03:00 UTC for drift, has not ended");
}

TEST(Decide, AFailedTrainingLeavesItsReason) {
  Facts known = facts();
  known.drift.push_back(report("a", true, start));
  const Decision first = decide(policy(), known, start);
  known.journal.attempts.push_back(attempt_of(first, known, start, Attempt::State::failed));
  const Decision again = decide(policy(), known, start + hours(1));
  EXPECT_EQ(again.action, Action::train);
  EXPECT_EQ(again.key, first.key);
}

TEST(Decide, CoolsDownAfterEveryTraining) {
  for (const auto state : {Attempt::State::kept, Attempt::State::accepted}) {
    Facts known = facts();
    known.drift.push_back(report("a", true, start));
    known.journal.attempts.push_back(attempt_of(decide(policy(), known, start), known, start, state));
    known.drift.front() = report("b", true, start + days(6));
    const Decision early = decide(policy(), known, start + days(7) - hours(1));
    EXPECT_EQ(early.action, Action::wait);
    EXPECT_EQ(early.why, "cool-down of 7 days after the training of 2026-03-01 03:00 UTC");
    EXPECT_EQ(early.next, start + days(7));
    EXPECT_EQ(decide(policy(), known, start + days(7)).action, Action::train);
    // Called daily, and a moment earlier than a week ago.
    EXPECT_EQ(decide(policy(), known, start + days(7) - std::chrono::minutes(10)).action, Action::train);
    EXPECT_EQ(decide(policy(), known, start + days(7) - std::chrono::minutes(11)).action, Action::wait);
  }
}

TEST(Decide, SpendsNoMoreThanItsBudget) {
  Facts known = facts();
  known.drift.push_back(report("z", true, start + days(25)));
  // Failed ones cost as much.
  for (const int day : {2, 12}) {
    Attempt attempt;
    attempt.at = start + days(day);
    attempt.state = Attempt::State::failed;
    known.journal.attempts.push_back(attempt);
  }
  const Decision decision = decide(policy(), known, start + days(25));
  EXPECT_EQ(decision.action, Action::wait);
  EXPECT_EQ(decision.why, "the budget of 2 trainings in 30 days is spent");
  EXPECT_EQ(decision.next, start + days(32));
  EXPECT_EQ(decide(policy(), known, start + days(32)).action, Action::train);
}

TEST(Decide, CountsLabelsAndAgeFromTheLastTraining) {
  Facts known = facts();
  known.labelled = 1100;
  const Decision first = decide(policy(), known, start + days(10));
  known.journal.attempts.push_back(attempt_of(first, known, start + days(10), Attempt::State::kept));
  known.labelled = 1150;
  EXPECT_EQ(said(decide(policy(), known, start + days(35)))[1],
            "no age: the last try to replace the model is of 2026-03-11 03:00 UTC, 25 days old; 30 days are allowed");
  EXPECT_EQ(said(decide(policy(), known, start + days(35)))[2], "no labels: 50 labelled rows came since 2026-03-11 03:00 UTC; 100 are asked for");
  known.labelled = 120;  // the old ones were put elsewhere
  EXPECT_EQ(said(decide(policy(), known, start + days(35)))[2], "yes labels: 120 labelled rows came since 2026-03-11 03:00 UTC; 100 are asked for");
}

TEST(Decide, TheMonitorIsAReasonOfItsOwn) {
  Policy watched = policy();
  watched.drift.clear();
  watched.monitor = MonitorPolicy{"sqlite:kept.sqlite"};
  Facts known = facts();
  known.drift.push_back({"monitor 2026-03-05", "the monitor", old_model, start + days(4), true, "something has changed in 900 predictions"});
  const Decision decision = decide(watched, known, start + days(6));
  EXPECT_EQ(decision.why, "because of monitor");
  EXPECT_EQ(said(decision).front(), "yes monitor: the monitor (2026-03-05 03:00 UTC): something has changed in 900 predictions");
}

}  // namespace
}  // namespace mlopsctl::retrain
