// Where training runs short: gradients that are not finite, memory, disk.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "tests/unit/finetune/fitting.hpp"

namespace mlopsctl::finetune {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

TEST(FitMishaps, AStepWithoutFiniteGradientsIsSkippedAndCounted) {
  Fitting fitting;
  int64_t calls = 0;
  fitting.factory.mishaps.loss_factor = [&](int64_t step) { return step == 3 && ++calls <= 8 ? std::nan("") : 1.0; };
  const auto report = fitting.run();
  ASSERT_TRUE(report.ok()) << report.error().message;
  const auto skipped = report->metrics.at("steps_skipped"), steps = report->metrics.at("steps");
  EXPECT_EQ(skipped, 1);
  EXPECT_EQ(steps, 24);
  EXPECT_THAT(report->warnings, ElementsAre("1 of 24 (4.2 %) steps were skipped: their gradients were not finite"));
  EXPECT_THAT(fitting.log(), HasSubstr(R"("lr":0.05,"norm":null,"skipped":true,"step":4})"));
}

TEST(FitMishaps, FiveSuchStepsInARowEndTraining) {
  Fitting fitting;
  fitting.factory.mishaps.loss_factor = [](int64_t step) { return step >= 3 ? std::numeric_limits<double>::infinity() : 1.0; };
  EXPECT_EQ(fitting.fault(),
            "optimizer.lr: the gradients are not finite in 5 steps in a row, the last of them step 8 of 24 at a learning rate of 0.04048 | "
            "lower optimizer.lr (0.05) or raise optimizer.warmup (0.1)");
  fitting.forget_checkpoints();
  fitting.optimizer["clip"] = 0;
  EXPECT_THAT(fitting.fault(), HasSubstr("raise optimizer.warmup (0.1); or write optimizer.clip: 1"));
}

TEST(FitMishaps, ABaseThatGivesNoNumbersFromTheFirstStepOnIsToBlameItself) {
  Fitting fitting;
  fitting.factory.mishaps.loss_factor = [](int64_t) { return std::numeric_limits<double>::infinity(); };
  EXPECT_THAT(fitting.fault(), ::testing::MatchesRegex("model.base: the gradients are not finite in 5 steps in a row, .* [|] start from another base"));
}

TEST(FitMishaps, AnExplodingGradientIsClipped) {
  Fitting fitting;
  fitting.factory.mishaps.loss_factor = [](int64_t step) { return step == 3 ? 1e6 : 1.0; };
  const auto report = fitting.run();
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_FALSE(report->metrics.contains("steps_skipped"));
  EXPECT_THAT(report->warnings, IsEmpty());
  EXPECT_LT(report->metrics.at("train_loss"), 0.8);
}

TEST(FitMishaps, SaysWhatToDoWhereMemoryRunsOut) {
  Fitting fitting;
  fitting.factory.mishaps.refused = [](int64_t step) { return step == 2; };
  EXPECT_THAT(fitting.fault(), ::testing::MatchesRegex("optimizer.batch_tokens: memory ran out in step 3 of 24, in a batch of [0-9]+ tokens [|] "
                                                       "halve batch_tokens .64. and double accumulate: the steps stay the same"));
  fitting.forget_checkpoints();
  fitting.factory.mishaps.out_of_memory = std::exchange(fitting.factory.mishaps.refused, nullptr);
  fitting.optimizer["batch_rows"] = 4;
  EXPECT_THAT(fitting.fault(), HasSubstr("| halve batch_rows (4) and double accumulate"));
}

// No file of more than `bytes` can be written while this lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(FitMishaps, ACheckpointThatCannotBeWrittenLeavesTheOneBefore) {
  Fitting whole, interrupted;
  ASSERT_TRUE(whole.run().ok());
  interrupted.settings.checkpoint_seconds = 0;
  std::optional<FullDisk> disk;
  interrupted.factory.mishaps.before_step = [&](int64_t step) {
    if (step == 9) disk.emplace(100);
  };
  const auto ran = interrupted.run();
  disk.reset();
  ASSERT_FALSE(ran.ok());
  EXPECT_THAT(ran.error().message, HasSubstr("File too large"));
  ASSERT_FALSE(ran.error().notes.empty());
  EXPECT_EQ(ran.error().notes.front(), "while saving a checkpoint of step 10; the one before it was kept, and `run` goes on from it");
  EXPECT_THAT(names_in(interrupted.folder / "checkpoints"), ElementsAre("at-000000009-001000001", "epoch-1.safetensors"));
  interrupted.factory.mishaps.before_step = nullptr;
  ASSERT_TRUE(interrupted.run().ok());
  EXPECT_EQ(interrupted.digest(), whole.digest());
}

}  // namespace
}  // namespace mlopsctl::finetune
