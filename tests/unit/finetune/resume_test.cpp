// Killed or stopped at any step, training goes on at its last checkpoint and ends in the same bytes.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stages/finetune/checkpoint.hpp"
#include "tests/unit/finetune/fitting.hpp"

namespace mlopsctl::finetune {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

// In a process of its own, which is killed before step `at`.
void run_and_die(Fitting& fitting, int64_t at) {
  fitting.factory.mishaps.before_step = [at](int64_t step) {
    if (step == at) ::raise(SIGKILL);
  };
  const pid_t child = ::fork();
  if (child == 0) {
    (void)fitting.run();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << at;
  fitting.factory.mishaps.before_step = nullptr;
}

class Resume : public ::testing::TestWithParam<const char*> {
 protected:
  static void prepare(Fitting& fitting) {
    const std::string what = GetParam();
    fitting.optimizer["batch_tokens"] = 128;
    if (what == "masked") {
      fitting.model["objective"] = "mlm";
      fitting.train.labels.clear();
    }
    if (what == "frozen") fitting.model["train"] = "classifier";
    if (what == "accumulated") fitting.optimizer["accumulate"] = 2;
    if (what == "top") fitting.optimizer.update({{"top", 2}, {"metric", "loss"}});
  }
};

TEST_P(Resume, EndsInTheSameBytesAfterAKillAtAnyStep) {
  Fitting whole;
  prepare(whole);
  const auto report = whole.run();
  ASSERT_TRUE(report.ok()) << report.error().message;
  const auto steps = static_cast<int64_t>(report->metrics.at("steps"));
  ASSERT_GE(steps, 6);
  const int64_t stride = std::string(GetParam()) == "labelled" ? 1 : 3;
  for (int64_t at = 0; at < steps; at += stride) {
    Fitting killed;
    prepare(killed);
    killed.settings.checkpoint_seconds = at % 2 == 0 ? 0 : 60;  // after each step, or at the ends of epochs only
    run_and_die(killed, at);
    killed.settings.checkpoint_seconds = 60;
    const auto resumed = killed.run();
    ASSERT_TRUE(resumed.ok()) << at << ": " << resumed.error().message;
    EXPECT_EQ(killed.digest(), whole.digest()) << "killed before step " << at;
    EXPECT_EQ(resumed->metrics, report->metrics);
    EXPECT_EQ(resumed->summary, report->summary);
    if (at > 1 && at % 2 == 0) { EXPECT_THAT(killed.said, ::testing::Contains(HasSubstr("going on at step"))); }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Resume, ::testing::Values("labelled", "masked", "frozen", "accumulated", "top"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST(Interrupted, SavesACheckpointAndSaysSo) {
  Fitting whole, stopped;
  ASSERT_TRUE(whole.run().ok());
  stopped.factory.mishaps.before_step = [&](int64_t step) {
    if (step == 4) stopped.cancel.cancel();
  };
  const auto ran = stopped.run();
  ASSERT_FALSE(ran.ok());
  EXPECT_EQ(ran.error().kind, ErrorKind::interrupted);
  EXPECT_EQ(ran.error().message, "cancelled while training");
  ASSERT_EQ(ran.error().notes.size(), 1U);
  EXPECT_EQ(ran.error().notes[0], "a checkpoint of step 5 of 24 is kept: the next `run` goes on from there");
  Fitting next;
  fs::remove_all(next.folder / "checkpoints");
  fs::copy(stopped.folder / "checkpoints", next.folder / "checkpoints", fs::copy_options::recursive);
  ASSERT_TRUE(next.run().ok());
  EXPECT_EQ(next.said[2], "going on at step 5 of 24");
  EXPECT_EQ(next.digest(), whole.digest());
}

TEST(Checkpoints, OneThatCannotBeReadIsNotUsed) {
  Fitting whole, damaged;
  ASSERT_TRUE(whole.run().ok());
  damaged.settings.checkpoint_seconds = 0;
  run_and_die(damaged, 8);
  const fs::path at = damaged.folder / "checkpoints" / "at-000000008-001000000";
  ASSERT_TRUE(fs::exists(at));
  fs::resize_file(at / "moments.safetensors", fs::file_size(at / "moments.safetensors") - 1);
  damaged.said.clear();
  ASSERT_TRUE(damaged.run().ok());
  EXPECT_THAT(damaged.said, ::testing::Not(::testing::Contains(HasSubstr("going on"))));
  EXPECT_EQ(damaged.digest(), whole.digest());
}

TEST(Checkpoints, HoldOnlyWhatLearns) {
  Fitting fitting;
  fitting.model["train"] = "classifier";
  fitting.settings.checkpoint_seconds = 0;
  run_and_die(fitting, 5);
  CheckpointStore store(fitting.folder / "checkpoints");
  const auto checkpoint = store.latest();
  ASSERT_TRUE(checkpoint.ok() && checkpoint->has_value());
  EXPECT_EQ((*checkpoint)->parameters.tensors().size(), 2U);
  EXPECT_EQ((*checkpoint)->moments.tensors().size(), 4U);
  EXPECT_EQ((*checkpoint)->state.step, 5);
}

}  // namespace
}  // namespace mlopsctl::finetune
