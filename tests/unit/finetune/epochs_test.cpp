#include "stages/finetune/epochs.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace mlopsctl::finetune {
namespace {

using ::testing::ElementsAre;

std::vector<int64_t> best_of(const Epochs& epochs) {
  std::vector<int64_t> numbers;
  for (const Evaluation& each : epochs.best()) numbers.push_back(each.epoch);
  return numbers;
}

Epochs judged(const OptimizerOptions& options, const std::vector<double>& values) {
  Epochs epochs(options);
  for (size_t i = 0; i < values.size(); ++i) {
    Evaluation each;
    each.epoch = static_cast<int64_t>(i) + 1;
    (options.metric == Metric::loss ? each.loss : each.accuracy) = values[i];
    epochs.add(each);
  }
  return epochs;
}

TEST(Epochs, KeepTheBestAndOfEqualsTheEarlier) {
  OptimizerOptions options;
  EXPECT_THAT(best_of(judged(options, {0.7, 0.8, 0.8, 0.75})), ElementsAre(2));
  options.top = 3;
  EXPECT_THAT(best_of(judged(options, {0.7, 0.8, 0.8, 0.75})), ElementsAre(2, 3, 4));
  options.metric = Metric::loss;
  options.top = 1;
  EXPECT_THAT(best_of(judged(options, {0.7, 0.5, 0.6})), ElementsAre(2));
}

TEST(Epochs, ALossThatIsNotFiniteIsNeverBest) {
  OptimizerOptions options;
  options.metric = Metric::loss;
  EXPECT_THAT(best_of(judged(options, {std::numeric_limits<double>::quiet_NaN(), 2, std::numeric_limits<double>::infinity()})), ElementsAre(2));
}

TEST(Epochs, StopAfterSomeWithoutABetterOne) {
  OptimizerOptions options;
  EXPECT_FALSE(judged(options, {0.9, 0.1, 0.1, 0.1}).should_stop());
  options.patience = 2;
  EXPECT_FALSE(judged(options, {0.7, 0.6}).should_stop());
  EXPECT_TRUE(judged(options, {0.7, 0.6, 0.7}).should_stop());
  EXPECT_FALSE(judged(options, {0.7, 0.6, 0.71}).should_stop());
  options.min_delta = 0.05;
  EXPECT_TRUE(judged(options, {0.7, 0.72, 0.74}).should_stop());
  EXPECT_FALSE(judged(options, {0.7, 0.72, 0.76}).should_stop()) << "little by little is better too";
}

TEST(Epochs, MeasuredOnValidationRows) {
  // Predicted 0, 1, 1, 0 for the labels 0, 1, 0, 0 of three.
  const Evaluation found = evaluate({2, 0, 0, 0, 2, 0, 0, 2, 0, 2, 0, 0}, {0, 1, 0, 0}, 3);
  EXPECT_DOUBLE_EQ(found.accuracy, 0.75);
  EXPECT_DOUBLE_EQ(found.macro_f1, (2 * 2.0 / 5 + 2 * 1.0 / 3) / 2);
  EXPECT_NEAR(found.loss, std::log(std::exp(2) + 2) - 1.5, 1e-12);
}

}  // namespace
}  // namespace mlopsctl::finetune
