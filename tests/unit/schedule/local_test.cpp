#include "pipeline/schedule/local.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::schedule {
namespace {

using Health = k8s::ScheduleState::Health;

TimePoint at(const std::string& text) { return *from_rfc3339("2026-03-" + text + ":00Z"); }

const Job nightly{"predict", {"predict"}, "0 3 * * *", "UTC"};

Log log_of(const Job& job, const std::string& since) { return {job.cron, job.time_zone, at(since), {}, {}, 0, ""}; }
Log ran(const std::string& began, int exit_code = 0) {
  Log log = log_of(nightly, "01T00:00");
  log.began = at(began), log.ended = at(began) + std::chrono::minutes(5);
  log.exit_code = exit_code, log.run_name = "predict-" + began;
  return log;
}

std::string said(const std::optional<Log>& log, const std::string& now, bool running = false, const Job& job = nightly) {
  const auto state = judge(job, log, running, at(now));
  return std::string(to_string(state.health)) + (state.why.empty() ? "" : ": " + state.why);
}

TEST(LocalSchedule, IsMissingUntilATimerWasWritten) {
  EXPECT_EQ(said(std::nullopt, "01T00:00"), "missing: this machine has no timer for it; `mlopsctl schedule render --for cron` (or systemd) writes one");
  const Job moved{"predict", {"predict"}, "0 4 * * *", "UTC"};
  EXPECT_EQ(said(ran("02T03:00"), "02T05:00", false, moved),
            "missing: the timer still has \"0 3 * * *\"; `mlopsctl schedule render --for cron` (or systemd) writes one");
}

TEST(LocalSchedule, HasTenMinutesToBegin) {
  EXPECT_EQ(said(log_of(nightly, "01T00:00"), "01T03:10"), "fine");
  EXPECT_EQ(said(log_of(nightly, "01T00:00"), "01T03:11"), "overdue: a run was due at Sun 2026-03-01 03:00 UTC and was not started");
  EXPECT_EQ(said(ran("01T03:01"), "02T03:10"), "fine");
  EXPECT_EQ(said(ran("01T03:01"), "02T03:11"), "overdue: a run was due at Mon 2026-03-02 03:00 UTC and was not started");
  EXPECT_EQ(judge(nightly, ran("01T03:01"), false, at("02T03:11")).due, at("02T03:00"));
}

TEST(LocalSchedule, AnswersNoAndIsWell) {
  EXPECT_EQ(said(ran("01T03:00", 1), "01T04:00"), "fine: the last run, of 2026-03-01T03:00:00.000Z, said no (exit code 1)");
  EXPECT_EQ(said(ran("01T03:00", 1), "02T03:11"), "overdue: a run was due at Mon 2026-03-02 03:00 UTC and was not started");
  EXPECT_EQ(said(ran("01T03:00", 3), "01T04:00"), "failed: the last run, of 2026-03-01T03:00:00.000Z, ended with exit code 3");
}

TEST(LocalSchedule, TellsARunUnderWayFromOneThatWasCutOff) {
  Log log = ran("01T03:00");
  log.ended.reset();
  EXPECT_EQ(said(log, "02T09:00", true), "running");
  EXPECT_EQ(said(log, "01T04:00"), "failed: the last run, of 2026-03-01T03:00:00.000Z, was cut off");
}

TEST(LocalSchedule, SaysWhenItIsNext) {
  const auto state = judge(nightly, ran("01T03:00"), false, at("01T12:00"));
  EXPECT_EQ(state.next, (std::vector{at("02T03:00"), at("03T03:00"), at("04T03:00")}));
  EXPECT_EQ(said(ran("01T03:00"), "01T12:00", false, {"predict", {}, "0 3 * *", "UTC"}),
            "unreadable: expected five fields (minute, hour, day of month, month, day of week), got 4");
}

TEST(LocalSchedule, ARunThatWasCutOffKeepsItsName) {
  EXPECT_EQ(name_of_run(nightly, std::nullopt, at("02T03:00")), "predict-20260302T0300");
  EXPECT_EQ(name_of_run(nightly, ran("01T03:00"), at("02T03:00")), "predict-20260302T0300");
  EXPECT_EQ(name_of_run(nightly, ran("01T03:00", 2), at("02T03:00")), "predict-20260302T0300");
  EXPECT_EQ(name_of_run(nightly, ran("01T03:00", 3), at("02T03:00")), "predict-01T03:00");
  Log cut = ran("01T03:00");
  cut.ended.reset();
  EXPECT_EQ(name_of_run(nightly, cut, at("02T03:00")), "predict-01T03:00");
}

TEST(LocalSchedule, IsTriedAgainAsInACluster) {
  for (const int code : {3, 4, 5, 6, 70}) EXPECT_TRUE(worth_another_try(code)) << code;
  for (const int code : {0, 1, 2, 130}) EXPECT_FALSE(worth_another_try(code)) << code;
  std::vector<int64_t> pauses;
  for (const int further : {1, 2, 3, 4, 5, 6, 100}) pauses.push_back(pause_before(further).count());
  EXPECT_EQ(pauses, (std::vector<int64_t>{1, 4, 16, 64, 256, 360, 360}));
}

TEST(LocalSchedule, ReadsWhatItWrote) {
  testing::TemporaryFolder folder;
  const auto path = folder / "state/schedules/predict.json";
  EXPECT_EQ(*Log::load(path), std::nullopt);
  Log log = ran("01T03:00", 3);
  ASSERT_TRUE(log.save(path).ok());
  EXPECT_EQ(**Log::load(path), log);
  log.ended.reset();
  ASSERT_TRUE(log.save(path).ok());
  EXPECT_EQ(**Log::load(path), log);
  folder.write("state/schedules/predict.json", "{}");
  EXPECT_TRUE(Log::load(path).error().message.starts_with(path.string() + " is no record of a schedule: "));
}

}  // namespace
}  // namespace mlopsctl::schedule
