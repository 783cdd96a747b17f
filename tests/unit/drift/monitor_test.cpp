#include "stages/drift/monitor.hpp"

#include <gmock/gmock.h>

#include "pipeline/base/random.hpp"

namespace mlopsctl::drift {
namespace {

// 2,000 texts, 60 % "no", confidences around 0.8.
train::Profile reference() {
  train::Profile profile;
  profile.rows = 2000;
  profile.labels = {"no", "yes"};
  profile.predicted = {1200, 800};
  profile.confidence.assign(train::kConfidenceBins, 0);
  profile.confidence[15] = profile.confidence[16] = 1000;
  return profile;
}

void feed(Monitor& monitor, uint64_t seed, int count, double yes, double confidence) {
  Random random(seed);
  for (int i = 0; i < count; ++i) monitor.add(random.uniform() < yes ? 1 : 0, confidence + 0.1 * (random.uniform() - 0.5));
}

TEST(Monitor, IsQuietOnMoreOfTheSame) {
  Monitor monitor(reference(), 0.1, 100'000);
  feed(monitor, 1, 5000, 0.4, 0.8);
  EXPECT_FALSE(monitor.alarmed());
  ASSERT_EQ(monitor.watches().size(), 3U);
  EXPECT_EQ(monitor.watches()[1].name, "share of yes rises");
  EXPECT_NEAR(monitor.watches()[1].reference, 0.42, 0.01);
  EXPECT_EQ(monitor.watches()[2].name, "confidence falls");
}

TEST(Monitor, SaysWhatChangedAndSinceWhen) {
  Monitor mix(reference(), 0.1, 100'000), doubt(reference(), 0.1, 100'000);
  feed(mix, 1, 2000, 0.4, 0.8);
  feed(doubt, 1, 2000, 0.4, 0.8);
  feed(mix, 2, 1000, 0.6, 0.8);
  feed(doubt, 2, 2000, 0.4, 0.6);
  EXPECT_TRUE(mix.watches()[1].detector.alarmed());
  EXPECT_NEAR(static_cast<double>(mix.watches()[1].detector.since()), 2000, 100);
  EXPECT_FALSE(mix.watches()[2].detector.alarmed());
  EXPECT_TRUE(doubt.watches()[2].detector.alarmed());
  EXPECT_FALSE(doubt.watches()[1].detector.alarmed());
}

TEST(Monitor, LeavesOutWhatCannotRise) {
  train::Profile sure = reference();
  sure.predicted = {1950, 50};
  EXPECT_EQ(Monitor(sure, 0.1, 1000).watches().size(), 2U);
}

}  // namespace
}  // namespace mlopsctl::drift
