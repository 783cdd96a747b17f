#include "pipeline/base/time_zone.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

#include "pipeline/base/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl {
namespace {

// The C library's answer, for which this process has to change its zone.
class LibraryZone {
 public:
  explicit LibraryZone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~LibraryZone() {
    ::unsetenv("TZ");
    ::tzset();
  }
  static int64_t ahead(std::time_t at) {
    std::tm local{};
    ::localtime_r(&at, &local);
    return local.tm_gmtoff;
  }
};

TEST(TimeZone, AgreesWithTheCLibraryEverywhereAndAlways) {
  if (!TimeZone::known_here()) GTEST_SKIP() << "this machine has no time zone database";
  for (const char* name : {"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Gaza",
                           "Pacific/Auckland", "Europe/Dublin", "America/Nuuk", "Etc/GMT+5", "UTC"}) {
    const auto zone = TimeZone::find(name);
    ASSERT_TRUE(zone.ok()) << zone.error().message;
    const LibraryZone library(name);
    // From 1960 to 2100, every 5 hours and 7 minutes.
    for (std::time_t at = -315619200; at < 4102444800; at += 18420)
      ASSERT_EQ(zone->ahead(std::chrono::system_clock::from_time_t(at)).count(), LibraryZone::ahead(at)) << name << " at " << at;
  }
}

// A file with nothing but the rule for all years, as `zic -b slim` makes it.
std::string file_of_rule(const std::string& rule) {
  const std::string header = "TZif2" + std::string(15, '\0');
  const std::string none(24, '\0');
  std::string counts(24, '\0');
  counts[19] = 1, counts[23] = 4;  // one type, four letters
  return header + none + header + counts + std::string("\x00\x00\x0e\x10\x00\x00", 6) + std::string("CET\0", 4) + "\n" + rule + "\n";
}

TEST(TimeZone, FollowsTheYearlyRule) {
  const auto hours = [](const TimeZone& zone, const char* time) {
    return std::chrono::duration<double, std::ratio<3600>>(zone.ahead(*from_rfc3339(time))).count();
  };
  const auto berlin = TimeZone::read(file_of_rule("CET-1CEST,M3.5.0,M10.5.0/3"), "x");
  ASSERT_TRUE(berlin.ok());
  EXPECT_EQ(hours(*berlin, "2027-03-28T00:59:59Z"), 1);
  EXPECT_EQ(hours(*berlin, "2027-03-28T01:00:00Z"), 2);
  EXPECT_EQ(hours(*berlin, "2027-10-31T00:59:59Z"), 2);
  EXPECT_EQ(hours(*berlin, "2027-10-31T01:00:00Z"), 1);
  const auto south = TimeZone::read(file_of_rule("<+1030>-10:30<+11>-11,J275/2,100/2"), "x");
  ASSERT_TRUE(south.ok());
  EXPECT_EQ(hours(*south, "2027-01-01T00:00:00Z"), 11);
  EXPECT_EQ(hours(*south, "2027-07-01T00:00:00Z"), 10.5);
  EXPECT_EQ(hours(*TimeZone::read(file_of_rule("<-03>3"), "x"), "2027-07-01T00:00:00Z"), -3);
}

TEST(TimeZone, RefusesWhatIsNone) {
  for (const char* name : {"", "Mars/Base", "../../etc/passwd", "/etc/localtime", "Europe", "Europe/Berlin\n"}) {
    const auto zone = TimeZone::find(name);
    ASSERT_FALSE(zone.ok()) << name;
    EXPECT_EQ(zone.error().message, std::string("there is no time zone \"") + name + "\"");
  }
  const std::string whole = file_of_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(TimeZone::read(whole.substr(0, size), "x").ok()) << size;
  for (const char* rule :
       {"CET", "C-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/3 ", "<CET-1", "CET-1CEST,Jx,J1"})
    EXPECT_FALSE(TimeZone::read(file_of_rule(rule), "x").ok()) << rule;
}

}  // namespace
}  // namespace mlopsctl
