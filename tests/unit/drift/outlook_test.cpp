#include "stages/drift/outlook.hpp"

#include <gmock/gmock.h>

#include "pipeline/base/random.hpp"
#include "stages/drift/self_test.hpp"

namespace mlopsctl::drift {
namespace {

// Answers of a model of two labels that are as often right as they say where half of the texts are "yes"; of these a share `yes` is.
Seen answers(uint64_t seed, size_t rows, double yes) {
  Random random(seed);
  Seen seen;
  seen.labels = {"no", "yes"};
  while (seen.given.size() < rows) {
    const double probability = random.uniform();
    int given = random.uniform() < probability ? 1 : 0;
    if (random.uniform() * std::max(yes, 1 - yes) > (given == 1 ? yes : 1 - yes)) continue;
    seen.given.push_back(given);
    seen.probabilities.insert(seen.probabilities.end(), {static_cast<float>(1 - probability), static_cast<float>(probability)});
  }
  seen.texts.assign(rows, "text");
  return seen;
}
train::Profile profile(const Seen& seen) { return train::measure_profile("", seen.labels, seen.texts, seen.probabilities, {}, seen.given); }
double accuracy(const train::Profile& profile) { return static_cast<double>(profile.confusion[0] + profile.confusion[3]) / static_cast<double>(profile.rows); }

TEST(Outlook, AgreesWithItselfWhereOnlyTheMixOfLabelsChanged) {
  const auto reference = profile(answers(1, 4000, 0.5));
  const Seen now = answers(2, 4000, 0.9);
  const Outlook ahead = *outlook(reference, profile(now), now.probabilities);
  EXPECT_NEAR(ahead.labels.shares[1], 0.9, 0.03);
  EXPECT_NEAR(ahead.mixture[1], 0.9, 0.02);
  EXPECT_NEAR(ahead.before, 0.75, 0.02);
  EXPECT_NEAR(ahead.labels.accuracy, accuracy(profile(now)), 0.03);
  EXPECT_NEAR(ahead.by_confidence, accuracy(profile(now)), 0.03);
  EXPECT_LT(ahead.labels.accuracy_interval.low, ahead.labels.accuracy);
  EXPECT_GT(ahead.p, 0.05);
}

TEST(Outlook, DoubtsWhereTheModelIsAsSureAsNeverBefore) {
  const auto reference = profile(answers(1, 4000, 0.5));
  Seen now = answers(2, 4000, 0.5);
  for (float& each : now.probabilities) each = each > 0.5F ? 0.97F : 0.03F;  // the same answers
  EXPECT_LT(outlook(reference, profile(now), now.probabilities)->p, 1e-6);
}

TEST(Outlook, NeedsLabelledReferenceRows) {
  Seen unlabelled = answers(1, 100, 0.5);
  unlabelled.given.clear();
  const Seen now = answers(2, 100, 0.5);
  EXPECT_FALSE(outlook(profile(unlabelled), profile(now), now.probabilities).has_value());
  const Json json = to_json(*outlook(profile(answers(1, 100, 0.5)), profile(now), now.probabilities), now.labels);
  EXPECT_EQ(json["label_shares"][1]["label"], "yes");
}

TEST(SelfTest, AlarmsOnTheSameRowsAsSeldomAsStated) {
  const Seen seen = answers(5, 1200, 0.6);
  Thresholds bare;
  bare.class_mix = bare.confidence = bare.text_length = bare.unknown_share = bare.concept_drift = bare.empty_share = bare.duplicate_share = 0;
  const SelfTest found = self_test(seen, 300, 200, bare, 1);
  EXPECT_EQ(found.trials, 200);
  EXPECT_LE(found.significant, 20);
  EXPECT_EQ(found.alarms, found.significant);
  std::vector<std::string> names;
  for (const auto& signal : found.signals) names.push_back(signal.name);
  EXPECT_THAT(names, ::testing::ElementsAre("class_mix", "text_length", "confidence", "empty_share", "duplicate_share", "concept_drift", "imbalance"));
  EXPECT_LE(self_test(seen, 300, 200, {}, 1).alarms, found.significant) << "thresholds only take alarms away";
}

}  // namespace
}  // namespace mlopsctl::drift
