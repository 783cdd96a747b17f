#include "pipeline/schedule/timers.hpp"

#include <gtest/gtest.h>
#include <stdio.h>

#include <algorithm>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::schedule {
namespace {

const Caller caller{"reviews", "/usr/bin/mlopsctl", "/srv/my reviews", {"--file", "100%.yaml"}};

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[4096];
  for (size_t got = 0; (got = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, got);
  const int status = ::pclose(pipe);
  return status == 0 ? text : "failed: " + text;
}

TEST(Crontab, HoldsALineForEachJob) {
  const auto text = crontab({{"predict", {}, "*/30 3 * jan-MAR ?", ""}, {"re train", {}, "@monthly", ""}}, caller);
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_EQ(*text,
            "# reviews: add these lines with `crontab -e`; `mlopsctl schedule status --local` then tells who is overdue.\n"
            "# predict: */30 3 * jan-MAR ?\n"
            "0,30 3 * 1,2,3 * /usr/bin/mlopsctl -C '/srv/my reviews' schedule run predict --file '100\\%.yaml'\n"
            "# re train: @monthly\n"
            "0 0 1 * * /usr/bin/mlopsctl -C '/srv/my reviews' schedule run 're train' --file '100\\%.yaml'\n");
}

TEST(Crontab, HasNoTimeZones) {
  const auto text = crontab({{"predict", {}, "0 3 * * *", "Pacific/Chatham"}}, caller);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().message, "the schedule of predict is for clocks in Pacific/Chatham, and cron goes by this machine's");
  EXPECT_EQ(text.error().hint, "use --for systemd, or leave time_zone out");
  EXPECT_EQ(crontab({{"predict", {}, "0 3 * *", ""}}, caller).error().message,
            "the schedule of predict, \"0 3 * *\", is none: expected five fields (minute, hour, day of month, month, day of week), got 4");
}

TEST(Systemd, HasAServiceAndATimerForEachJob) {
  const auto units = systemd_units({{"predict", {}, "30 3 1 * mon", "Europe/Berlin"}}, caller);
  ASSERT_TRUE(units.ok());
  ASSERT_EQ(units->size(), 2U);
  EXPECT_EQ((*units)[0].file, "mlopsctl-reviews-predict.service");
  EXPECT_EQ((*units)[0].text,
            "[Unit]\nDescription=mlopsctl reviews: predict\n\n[Service]\nType=oneshot\n"
            "ExecStart=\"/usr/bin/mlopsctl\" -C \"/srv/my reviews\" schedule run \"predict\" \"--file\" \"100%%.yaml\"\nTimeoutStartSec=86460\n");
  EXPECT_EQ((*units)[1].file, "mlopsctl-reviews-predict.timer");
  EXPECT_EQ((*units)[1].text,
            "[Unit]\nDescription=mlopsctl reviews: predict\n\n[Timer]\nOnCalendar=*-*-01 03:30:00 Europe/Berlin\nOnCalendar=Mon *-*-* 03:30:00 Europe/Berlin\n"
            "AccuracySec=1s\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n");
}

bool has_systemd() { return output_of("systemd-analyze --version").starts_with("systemd "); }

TEST(Systemd, FindsNoFaultInTheUnits) {
  if (!has_systemd()) GTEST_SKIP() << "no systemd-analyze here";
  testing::TemporaryFolder folder;
  Caller here = caller;
  here.program = "/bin/true";
  const auto units = systemd_units({{"predict", {}, "30 3 1 * mon", "UTC"}}, here);
  ASSERT_TRUE(units.ok());
  std::string files;
  for (const Unit& unit : *units) files += " '" + folder.write(unit.file, unit.text).string() + "'";
  EXPECT_EQ(output_of("systemd-analyze verify" + files), "");
  const auto broken = folder.write("broken.timer", "[Timer]\nOnCalendar=*-*-32 03:00:00\n[Install]\nWantedBy=timers.target\n");
  EXPECT_NE(output_of("systemd-analyze verify '" + broken.string() + "'"), "");  // it can find some
}

// The next five times, as systemd and as we have them.
TEST(Systemd, ElapsesWhenCronIsDue) {
  if (!has_systemd()) GTEST_SKIP() << "no systemd-analyze here";
  const TimePoint start = *from_rfc3339("2026-02-26T11:20:00Z");
  for (const char* cron :
       {"0 3 * * *", "*/20 * * * *", "0 0 1 * *", "15 6,18 * * mon-fri", "0 0 29 2 *", "5 4 1-31/10 */3 *", "0 12 13 * fri", "59 23 31 dec ?"}) {
    const auto schedule = k8s::CronSchedule::read(cron);
    std::vector<std::string> ours, theirs;
    for (auto time = schedule->next(start, TimeZone()); time && ours.size() < 5; time = schedule->next(*time, TimeZone()))
      ours.push_back(rfc3339(*time).substr(0, 16));
    for (const std::string& calendar : calendar_of(cron, "UTC")) {
      const std::string said = output_of("TZ=UTC systemd-analyze calendar --base-time='2026-02-26 11:20:00 UTC' --iterations=5 '" + calendar + "'");
      for (size_t at = said.find("UTC\n"); at != std::string::npos; at = said.find("UTC\n", at + 1)) {
        const std::string stamp = said.substr(at - 20, 16);  // "2026-03-01 03:00"
        if (stamp[4] == '-') theirs.push_back(stamp.substr(0, 10) + "T" + stamp.substr(11));
      }
    }
    std::sort(theirs.begin(), theirs.end());
    theirs.erase(std::unique(theirs.begin(), theirs.end()), theirs.end());
    ASSERT_GE(theirs.size(), 5U) << cron;
    theirs.resize(5);
    ours.resize(std::min(ours.size(), theirs.size()));
    theirs.resize(ours.size());  // ours looks five years ahead
    EXPECT_EQ(ours, theirs) << cron;
    EXPECT_FALSE(ours.empty()) << cron;
  }
}

}  // namespace
}  // namespace mlopsctl::schedule
