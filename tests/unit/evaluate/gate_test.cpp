#include "stages/evaluate/gate.hpp"

#include <gmock/gmock.h>

namespace mlopsctl::evaluate {
namespace {

using engine::Outcome;

const std::vector<std::string> kLabels{"no", "yes"};

// Of `rows` rows of class 1 `right` were named right, and as many of class 0 as there are.
Metrics with_accuracy(int right, int rows) {
  std::vector<int> given(static_cast<size_t>(rows), 1), predicted(static_cast<size_t>(rows), 0);
  std::fill_n(predicted.begin(), right, 1);
  return measure_labels(given, predicted, 2);
}

Rule floor_of(std::string metric, double min) {
  Rule rule;
  rule.metric = std::move(metric);
  rule.min = min;
  return rule;
}

Rule beat_champion(double margin) {
  Rule rule;
  rule.metric = "accuracy";
  rule.no_worse = true;
  rule.margin = margin;
  return rule;
}

Comparison counts(int64_t both, int64_t challenger, int64_t champion, int64_t neither) {
  std::vector<char> first, second;
  const auto add = [&](int64_t rows, char a, char b) {
    first.insert(first.end(), static_cast<size_t>(rows), a), second.insert(second.end(), static_cast<size_t>(rows), b);
  };
  add(both, 1, 1), add(challenger, 1, 0), add(champion, 0, 1), add(neither, 0, 0);
  return compare(first, second);
}

TEST(Gate, PassesWithoutRules) {
  const Metrics metrics = with_accuracy(8, 10);
  const auto verdict = judge({}, {metrics, kLabels}, {}, {}).value();
  EXPECT_EQ(verdict.outcome, Outcome::pass);
  EXPECT_EQ(verdict.summary, "accuracy 0.8000, no gate");
  EXPECT_TRUE(verdict.checks.empty());
}

TEST(Gate, HoldsFloorsAndCeilings) {
  const Metrics metrics = with_accuracy(8, 10);
  Rule ceiling;
  ceiling.metric = "accuracy";
  ceiling.max = 0.79;
  EXPECT_EQ(judge({floor_of("accuracy", 0.8)}, {metrics, kLabels}, {}, {})->outcome, Outcome::pass);
  EXPECT_EQ(judge({ceiling}, {metrics, kLabels}, {}, {})->outcome, Outcome::fail);
  const auto verdict = judge({floor_of("accuracy", 0.81)}, {metrics, kLabels}, {}, {}).value();
  EXPECT_EQ(verdict.outcome, Outcome::fail);
  EXPECT_EQ(verdict.summary, "accuracy 0.8000, floor 0.81");
  ASSERT_EQ(verdict.checks.size(), 1U);
  EXPECT_EQ(verdict.checks[0].name, "accuracy >= 0.81");
  EXPECT_EQ(verdict.checks[0].detail, "accuracy is 0.8000 on 10 rows (95 % interval 0.4902 to 0.9433), the floor 0.81");
}

TEST(Gate, PassesWhereALossIsRuledOut) {
  const Metrics challenger = with_accuracy(860, 1000), champion = with_accuracy(863, 1000);
  const auto comparison = counts(840, 20, 23, 117);
  const auto verdict = judge({beat_champion(0.02)}, {challenger, kLabels}, Candidate{champion, kLabels}, comparison).value();
  EXPECT_EQ(verdict.outcome, Outcome::pass);
  EXPECT_EQ(verdict.summary, "accuracy 0.8600, champion 0.8630");
  EXPECT_EQ(verdict.checks[0].name, "accuracy no worse than champion by 0.02 or more");
  EXPECT_EQ(verdict.checks[0].detail,
            "accuracy is 0.8600, the champion's 0.8630: a difference of -0.0030 (90 % interval -0.0142 to +0.0080); that rules out a loss of 0.02 or more "
            "(Tango's exact score test, p = 0.0071, alpha 0.05, 1000 rows, power 0.91)");
}

TEST(Gate, SaysInconclusiveWhereTheRowsCannotTell) {
  const Metrics challenger = with_accuracy(860, 1000), champion = with_accuracy(863, 1000);
  const auto verdict = judge({beat_champion(0.005)}, {challenger, kLabels}, Candidate{champion, kLabels}, counts(840, 20, 23, 117)).value();
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive);
  EXPECT_EQ(verdict.checks[0].detail,
            "accuracy is 0.8600, the champion's 0.8630: a difference of -0.0030 (90 % interval -0.0142 to +0.0080); these rows cannot rule out a loss of 0.005 "
            "or more (Tango's exact score test, p = 0.3976, alpha 0.05, 1000 rows, power 0.18); about 69000 more labelled rows would tell, if the difference "
            "stays as measured");
  EXPECT_EQ(verdict.checks[0].evidence["rows"], 1000);
  EXPECT_GT(verdict.checks[0].evidence["more_rows"], 10'000);
  EXPECT_LT(verdict.checks[0].evidence["power"], 0.3);
}

// Seeing no difference on few rows is not knowing that there is none.
TEST(Gate, ModelsThatAnsweredAlikeHaveNoFullPower) {
  const Metrics same = with_accuracy(60, 72);
  const auto verdict = judge({beat_champion(0.01)}, {same, kLabels}, Candidate{same, kLabels}, counts(60, 0, 0, 12)).value();
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive);
  const Json& evidence = verdict.checks[0].evidence;
  EXPECT_LT(evidence["power"], 0.3);
  EXPECT_GT(evidence["detectable"], 0.02);
  EXPECT_GT(evidence["more_rows"], 200);
  const auto many =
      judge({beat_champion(0.01)}, {with_accuracy(6000, 7200), kLabels}, Candidate{with_accuracy(6000, 7200), kLabels}, counts(6000, 0, 0, 1200)).value();
  EXPECT_EQ(many.outcome, Outcome::pass);
  EXPECT_GT(many.checks[0].evidence["power"], 0.99);
}

TEST(Gate, FailsWhereALossIsShown) {
  const Metrics challenger = with_accuracy(840, 1000), champion = with_accuracy(868, 1000);
  const auto verdict = judge({beat_champion(0.005)}, {challenger, kLabels}, Candidate{champion, kLabels}, counts(830, 10, 38, 122)).value();
  EXPECT_EQ(verdict.outcome, Outcome::fail);
  EXPECT_EQ(verdict.checks[0].detail,
            "accuracy is 0.8400, the champion's 0.8680: a difference of -0.0280 (90 % interval -0.0402 to -0.0171); that shows a loss of 0.005 or more "
            "(Tango's exact score test, p = 0.0004, alpha 0.05, 1000 rows, power 0.18)");
}

TEST(Gate, ShowsAGainByMcNemarsTest) {
  Rule rule;
  rule.metric = "accuracy";
  rule.better = true;
  const Metrics challenger = with_accuracy(860, 1000), champion = with_accuracy(830, 1000);
  const auto better = judge({rule}, {challenger, kLabels}, Candidate{champion, kLabels}, counts(810, 50, 20, 120)).value();
  EXPECT_EQ(better.outcome, Outcome::pass);
  EXPECT_EQ(better.checks[0].name, "accuracy better than champion");
  EXPECT_EQ(better.checks[0].evidence["test"], "McNemar's exact test");
  EXPECT_NEAR(better.checks[0].evidence["p"].get<double>(), stats::mcnemar_exact(20, 50).first_worse, 1e-15);
  const Metrics level = with_accuracy(833, 1000);
  EXPECT_EQ(judge({rule}, {level, kLabels}, Candidate{champion, kLabels}, counts(800, 33, 30, 137))->outcome, Outcome::inconclusive);
  rule.min_gain = 0.02;
  EXPECT_EQ(judge({rule}, {level, kLabels}, Candidate{champion, kLabels}, counts(825, 8, 5, 162))->outcome, Outcome::fail) << "a gain, but shown to be small";
}

TEST(Gate, BearsBeingAskedAgainAndAgain) {
  const Metrics metrics = with_accuracy(8, 10);
  Rule rule = beat_champion(0.02);
  const auto look = [&](const Comparison& comparison) { return judge({rule}, {metrics, kLabels}, Candidate{metrics, kLabels}, comparison)->checks.front(); };
  const Comparison once = counts(500, 13, 13, 74), thrice = counts(1500, 39, 39, 222);
  EXPECT_EQ(look(once).outcome, Outcome::pass);
  rule.repeated = true;
  const auto check = look(once);
  EXPECT_EQ(check.outcome, Outcome::inconclusive) << "what one look allows, thirty do not";
  EXPECT_NE(check.detail.find("e-value"), std::string::npos) << check.detail;
  EXPECT_NE(check.detail.find("more labelled rows would tell"), std::string::npos) << check.detail;
  EXPECT_EQ(check.evidence["e_value_needed"], 20);
  EXPECT_LT(check.evidence["interval"][0], -0.02);
  EXPECT_GT(check.evidence["more_rows"], 200);
  EXPECT_LE(check.evidence["more_rows"], 2000);
  EXPECT_EQ(look(thrice).outcome, Outcome::pass);
  const auto refuted = look(counts(500, 5, 60, 35));
  EXPECT_EQ(refuted.outcome, Outcome::fail);
  EXPECT_LT(refuted.evidence["e_value"], 1);
  EXPECT_GE(refuted.evidence["e_value_refuting"], 20);
  const auto sure = look(counts(90'000, 0, 0, 10'000));
  EXPECT_EQ(sure.outcome, Outcome::pass);
  EXPECT_TRUE(std::isfinite(sure.evidence["e_value"].get<double>())) << "however sure";
  EXPECT_GT(sure.evidence["e_value"], 1e299);
}

TEST(Gate, ResamplesOtherMetrics) {
  Rule rule = beat_champion(0.02);
  rule.metric = "macro_f1";
  const Metrics challenger = with_accuracy(860, 1000), champion = with_accuracy(863, 1000);
  const auto asked = [&](stats::Interval interval) {
    Resampling resampling;
    resampling.difference = [&](const std::string& metric, double confidence) {
      EXPECT_EQ(metric, "macro_f1");
      EXPECT_NEAR(confidence, 0.9, 1e-12);
      return interval;
    };
    return judge({rule}, {challenger, kLabels}, Candidate{champion, kLabels}, counts(840, 20, 23, 117), resampling)->outcome;
  };
  EXPECT_EQ(asked({-0.01, 0.01}), Outcome::pass);
  EXPECT_EQ(asked({-0.03, 0.01}), Outcome::inconclusive);
  EXPECT_EQ(asked({-0.05, -0.03}), Outcome::fail);
}

TEST(Gate, SaysWhatChanceMakesOfACalibrationError) {
  Metrics metrics = with_accuracy(80, 100);
  metrics.calibration_error = 0.08;
  Rule ceiling;
  ceiling.metric = "ece";
  ceiling.max = 0.05;
  const auto asked = [&](double p) {
    Resampling resampling;
    resampling.calibration = [p] { return CalibrationNull{0.089, 0.14, p, 999}; };
    return judge({ceiling}, {metrics, kLabels}, {}, {}, resampling).value();
  };
  const auto few = asked(0.61);
  EXPECT_EQ(few.outcome, Outcome::inconclusive);
  EXPECT_EQ(
      few.checks[0].detail,
      "ece is 0.0800 on 100 rows, the ceiling 0.05; a perfectly calibrated model shows 0.0890 on so many rows, 95 of 100 less than 0.1400 (simulated, p = "
      "0.6100, alpha 0.05): too few rows to tell");
  EXPECT_EQ(asked(0.01).outcome, Outcome::fail);
  ceiling.max = 0.1;
  EXPECT_EQ(asked(0.01).outcome, Outcome::pass);
}

TEST(Gate, NamesWhatIsNotThere) {
  const Metrics metrics = with_accuracy(8, 10);
  EXPECT_EQ(judge({floor_of("recall.maybe", 0.5)}, {metrics, kLabels}, {}, {}).error().message,
            "the gate names recall.maybe, but the challenger has no such label; its labels: no, yes");
  EXPECT_EQ(judge({floor_of("roc_auc", 0.5)}, {metrics, kLabels}, {}, {}).error().message,
            "the gate needs roc_auc of the challenger, which is undefined on these rows");
}

TEST(Gate, FindsAllFaultsOfItsRules) {
  Rule crossed = floor_of("macro_f1", 0.9);
  crossed.max = 0.8;
  Rule empty;
  empty.metric = "kappa";
  const auto faults = check_rules({floor_of("acuracy", 0.5), crossed, empty, beat_champion(0)}, false);
  ASSERT_EQ(faults.size(), 4U);
  EXPECT_EQ(faults[0].field, "gate.acuracy");
  EXPECT_EQ(faults[0].message, "unknown metric \"acuracy\"");
  EXPECT_EQ(faults[0].hint, "did you mean accuracy?");
  EXPECT_EQ(faults[1].field, "gate.macro_f1.min");
  EXPECT_EQ(faults[1].message, "min 0.9 is above max 0.8");
  EXPECT_EQ(faults[2].message, "asks for nothing");
  EXPECT_EQ(faults[3].field, "gate.accuracy.no_worse_than");
  EXPECT_EQ(faults[3].message, "there is no champion to compare with");
  EXPECT_TRUE(check_rules({beat_champion(0)}, true).empty());
  Rule once = floor_of("accuracy", 0.5), other = beat_champion(0.01);
  other.metric = "macro_f1";
  once.repeated = other.repeated = true;
  const auto repeated = check_rules({once, other}, true);
  ASSERT_EQ(repeated.size(), 2U);
  EXPECT_EQ(repeated[0].field, "gate.accuracy.repeated");
  EXPECT_EQ(repeated[0].message, "there is no comparison that is repeated");
  EXPECT_EQ(repeated[1].message, "only of accuracy is there a test that bears repeated looks");
}

TEST(Compare, CountsPairs) {
  const Comparison comparison = counts(5, 3, 1, 2);
  EXPECT_EQ(comparison.rows, 11);
  EXPECT_EQ(comparison.both_right, 5);
  EXPECT_EQ(comparison.only_challenger, 3);
  EXPECT_EQ(comparison.only_champion, 1);
  EXPECT_EQ(comparison.both_wrong, 2);
  EXPECT_NEAR(comparison.difference, 2.0 / 11, 1e-15);
}

}  // namespace
}  // namespace mlopsctl::evaluate
