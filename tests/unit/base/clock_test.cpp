#include "pipeline/base/clock.hpp"

#include <gtest/gtest.h>

namespace mlopsctl {
namespace {

TEST(Clock, ReadsTimesAsTheyAreWritten) {
  const std::pair<const char*, const char*> examples[] = {{"2026-01-31T08:15:00Z", "2026-01-31T08:15:00.000Z"},
                                                          {"2026-01-31T08:15:00.123456Z", "2026-01-31T08:15:00.123Z"},
                                                          {"2026-01-31t08:15:00z", "2026-01-31T08:15:00.000Z"},
                                                          {"2026-01-31T08:15:00+02:30", "2026-01-31T05:45:00.000Z"},
                                                          {"2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00.000Z"}};
  for (const auto& [text, expected] : examples) {
    const auto time = from_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(rfc3339(*time), expected);
  }
}

TEST(Clock, WritesDatesAsMailAndHttpDo) {
  EXPECT_EQ(rfc5322(*from_rfc3339("2026-11-26T11:15:09.9Z"), "GMT"), "Thu, 26 Nov 2026 11:15:09 GMT");
  EXPECT_EQ(rfc5322(*from_rfc3339("2027-01-02T00:00:00Z"), "+0000"), "Sat, 02 Jan 2027 00:00:00 +0000");
}

TEST(Clock, SaysNoToWhatIsNoTime) {
  for (const char* text : {"", "2026-01-31", "2026-01-31T08:15:00", "2026-13-31T08:15:00Z", "2026-01-31 08:15:00Z", "2026-01-31T08:15:00Zx",
                           "2026-01-31T08:15:00+2:30", "2026-01-31T24:15:00Z", "20a6-01-31T08:15:00Z"})
    EXPECT_FALSE(from_rfc3339(text)) << text;
}

}  // namespace
}  // namespace mlopsctl
