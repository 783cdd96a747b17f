#include "pipeline/k8s/cron.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace mlopsctl::k8s {
namespace {

using ::testing::ElementsAre, ::testing::IsEmpty;

TEST(Cron, TakesWhatTheControllerTakes) {
  for (const char* good : {"* * * * *", "0 3 * * *", "*/15 0-6,22 1 jan,JUL mon-fri", "@daily", "0 0 1-31/2 * ?"}) EXPECT_EQ(cron_fault(good), "") << good;
}

TEST(Cron, SaysWhatIsWrong) {
  EXPECT_EQ(cron_fault("0 3 * *"), "expected five fields (minute, hour, day of month, month, day of week), got 4");
  EXPECT_EQ(cron_fault("CRON_TZ=UTC 0 3 * * *"), "the time zone belongs under time_zone");
  EXPECT_EQ(cron_fault("60 3 * * *"), "minute: expected 0 to 59, a range, * or a step such as */2, got \"60\"");
  EXPECT_EQ(cron_fault("0 3 * * 7"), "day of week: expected 0 to 6, a range, * or a step such as */2, got \"7\"");
  EXPECT_EQ(cron_fault("0 5-3 * * *"), "hour: expected 0 to 23, a range, * or a step such as */2, got \"5-3\"");
  EXPECT_EQ(cron_fault("*/0 * * * *"), "minute: expected 0 to 59, a range, * or a step such as */2, got \"*/0\"");
}

// The next times after that one, at most three, without their seconds.
std::vector<std::string> next(const char* text, const char* after, const char* zone = "UTC") {
  std::vector<std::string> times;
  const auto schedule = CronSchedule::read(text);
  const auto where = TimeZone::find(zone);
  EXPECT_TRUE(schedule && where.ok()) << text;
  auto at = from_rfc3339(after);
  for (int i = 0; i < 3 && at; ++i)
    if ((at = schedule->next(*at, *where))) times.push_back(rfc3339(*at).substr(0, 16));
  return times;
}

TEST(Cron, SaysWhenItIsDueNext) {
  EXPECT_THAT(next("*/20 * * * *", "2026-11-26T11:20:00Z"), ElementsAre("2026-11-26T11:40", "2026-11-26T12:00", "2026-11-26T12:20"));
  EXPECT_THAT(next("0 3 * * *", "2026-12-30T03:00:00Z"), ElementsAre("2026-12-31T03:00", "2027-01-01T03:00", "2027-01-02T03:00"));
  EXPECT_THAT(next("0 0 1 * *", "2026-11-26T00:00:00Z"), ElementsAre("2026-12-01T00:00", "2027-01-01T00:00", "2027-02-01T00:00"));
  EXPECT_THAT(next("30 3 * * mon-fri", "2026-11-27T03:30:00Z"), ElementsAre("2026-11-30T03:30", "2026-12-01T03:30", "2026-12-02T03:30"));
  EXPECT_THAT(next("0 0 29 2 *", "2026-11-26T00:00:00Z"), ElementsAre("2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"));
  EXPECT_THAT(next("0 0 30 2 *", "2026-11-26T00:00:00Z"), IsEmpty());
  EXPECT_THAT(next("@weekly", "2026-11-26T00:00:00Z"), ElementsAre("2026-11-29T00:00", "2026-12-06T00:00", "2026-12-13T00:00"));
  EXPECT_THAT(next("50/5 12 * * *", "2026-11-26T00:00:00Z"), ElementsAre("2026-11-26T12:50", "2026-11-26T12:55", "2026-11-27T12:50"));
}

TEST(Cron, OfDayOfMonthAndDayOfWeekEitherSufficesUnlessOneIsLeftOpen) {
  EXPECT_THAT(next("0 0 13 * fri", "2026-11-01T00:00:00Z"), ElementsAre("2026-11-06T00:00", "2026-11-13T00:00", "2026-11-20T00:00"));
  EXPECT_THAT(next("0 0 * * sun", "2026-11-26T00:00:00Z"), ElementsAre("2026-11-29T00:00", "2026-12-06T00:00", "2026-12-13T00:00"));
  EXPECT_THAT(next("0 0 */10 * sun", "2026-11-26T00:00:00Z"), ElementsAre("2026-11-29T00:00", "2026-12-01T00:00", "2026-12-06T00:00"));  // a step is not open
}

// The cases of robfig/cron's own tests for New York: what clocks leave out is left out, what they show twice is due twice.
TEST(Cron, GoesByLocalClocks) {
  if (!TimeZone::known_here()) GTEST_SKIP() << "this machine has no time zone database";
  EXPECT_THAT(next("0 3 * * *", "2027-03-26T12:00:00Z", "Europe/Berlin"), ElementsAre("2027-03-27T02:00", "2027-03-28T01:00", "2027-03-29T01:00"));
  EXPECT_THAT(next("30 2 11 mar ?", "2012-03-11T00:00:00-05:00", "America/New_York"), ElementsAre("2013-03-11T06:30", "2014-03-11T06:30", "2015-03-11T06:30"));
  EXPECT_THAT(next("0 * * * ?", "2012-03-11T00:00:00-05:00", "America/New_York"), ElementsAre("2012-03-11T06:00", "2012-03-11T07:00", "2012-03-11T08:00"));
  EXPECT_THAT(next("0 1 * * ?", "2012-11-04T00:00:00-04:00", "America/New_York"), ElementsAre("2012-11-04T05:00", "2012-11-04T06:00", "2012-11-05T06:00"));
  EXPECT_THAT(next("0 2 * * ?", "2012-11-04T00:00:00-04:00", "America/New_York"), ElementsAre("2012-11-04T07:00", "2012-11-05T07:00", "2012-11-06T07:00"));
}

}  // namespace
}  // namespace mlopsctl::k8s
