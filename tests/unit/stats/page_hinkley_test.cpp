#include "pipeline/stats/page_hinkley.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/random.hpp"

namespace mlopsctl::stats {
namespace {

// How many zeros and ones of this mean till the alarm, on average; `most` counts for more.
double run_length(double mean, PageHinkley start, uint64_t seed, int trials, int most) {
  Random random(seed);
  double sum = 0;
  for (int trial = 0; trial < trials; ++trial) {
    PageHinkley monitor = start;
    while (monitor.seen() < most && !monitor.add(random.uniform() < mean ? 1 : 0)) {}
    sum += static_cast<double>(monitor.seen());
  }
  return sum / trials;
}

TEST(PageHinkley, AlarmsForNothingAsSeldomAsStated) {
  for (const double mean : {0.02, 0.3, 0.7}) EXPECT_GT(run_length(mean, PageHinkley(mean, 0.1, 1000), 1, 200, 20'000), 1000) << mean;
}

TEST(PageHinkley, FindsARiseInAboutTheTimeStated) {
  const PageHinkley monitor(0.3, 0.2, 1000);
  EXPECT_LT(monitor.delay(), 200);
  EXPECT_NEAR(run_length(0.5, monitor, 2, 400, 20'000), monitor.delay(), 0.25 * monitor.delay());
}

TEST(PageHinkley, SaysWhenTheRiseBegan) {
  PageHinkley monitor(0.2, 0.4, 1000);
  for (int i = 0; i < 300; ++i) ASSERT_FALSE(monitor.add(i % 5 == 0 ? 1 : 0));
  EXPECT_LT(monitor.evidence(), 0.5);
  int64_t begun = monitor.seen();
  while (!monitor.add(1)) {}
  EXPECT_NEAR(static_cast<double>(monitor.since()), static_cast<double>(begun), 6);
  EXPECT_EQ(monitor.evidence(), 1);
  EXPECT_TRUE(monitor.add(0)) << "an alarm stays";
}

}  // namespace
}  // namespace mlopsctl::stats
