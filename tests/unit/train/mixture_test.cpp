#include "stages/train/mixture.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>
#include <random>

namespace mlopsctl::train {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;

// Rows of two classes and a member that gives the right one `sure` where it is right, which it is in `right` of 1,000 rows; errors of members with
// different `seed` do not go together.
struct Rows {
  std::vector<int> labels;
  explicit Rows(size_t count = 4000) {
    for (size_t i = 0; i < count; ++i) labels.push_back(static_cast<int>(i % 2));
  }
  std::vector<float> member(unsigned seed, unsigned right, float sure) const {
    std::mt19937 random(seed);
    std::vector<float> probabilities;
    for (const int label : labels) {
      const int answer = random() % 1000 < right ? label : 1 - label;
      probabilities.push_back(answer == 0 ? sure : 1 - sure);
      probabilities.push_back(answer == 1 ? sure : 1 - sure);
    }
    return probabilities;
  }
  double loss(const Mixture& mixture, const std::vector<std::vector<float>>& members) const {
    const auto logs = log_mix(mixture, members, 2);
    double sum = 0;
    for (size_t i = 0; i < labels.size(); ++i) sum -= logs[2 * i + static_cast<size_t>(labels[i])];
    return sum / static_cast<double>(labels.size());
  }
};

TEST(Mixture, OfEqualMembersIsTheirMean) {
  const auto logs = log_mix(equal_mixture(2), {{0.9F, 0.1F}, {0.5F, 0.5F}}, 2);
  EXPECT_THAT(logs, ElementsAre(DoubleNear(std::log(0.7), 1e-7), DoubleNear(std::log(0.3), 1e-7)));
}

TEST(Mixture, IsNoWorseThanAnyMemberOrTheirMean) {
  const Rows rows;
  const std::vector<std::vector<float>> members{rows.member(1, 900, 0.9F), rows.member(2, 850, 0.85F), rows.member(3, 700, 0.7F)};
  const Mixture fitted = fit_mixture(members, rows.labels, 2);
  EXPECT_NEAR(std::accumulate(fitted.weights.begin(), fitted.weights.end(), 0.0), 1, 1e-12);
  EXPECT_THAT(fitted.weights, Each(::testing::Ge(0)));
  EXPECT_GT(fitted.weights[0], fitted.weights[1]);
  EXPECT_GT(fitted.weights[1], fitted.weights[2]);
  const double loss = rows.loss(fitted, members);
  EXPECT_LT(loss, rows.loss(equal_mixture(3), members));
  for (size_t m = 0; m < members.size(); ++m) EXPECT_LT(loss, rows.loss({{m == 0 ? 1.0 : 0, m == 1 ? 1.0 : 0, m == 2 ? 1.0 : 0}, {1, 1, 1}}, members));
}

TEST(Mixture, GivesNothingToAMemberThatGuesses) {
  const Rows rows;
  const Mixture fitted = fit_mixture({rows.member(1, 900, 0.9F), rows.member(2, 500, 0.6F)}, rows.labels, 2);
  EXPECT_GT(fitted.weights[0], 0.97);
}

TEST(Mixture, CoolsAMemberThatIsTooSure) {
  const Rows rows;
  // Right in 80 of 100 rows, and 98 % sure: the odds of 4 to 1 are those of 49 to 1 at this temperature.
  const Mixture fitted = fit_mixture({rows.member(1, 800, 0.98F), rows.member(2, 500, 0.5F)}, rows.labels, 2);
  const auto logs = log_mix(fitted, {{0.98F, 0.02F}, {0.5F, 0.5F}}, 2);
  EXPECT_NEAR(std::exp(logs[0]), 0.8, 0.02);
}

TEST(Mixture, OutlivesAMemberThatIsSureAndWrong) {
  const Mixture fitted = fit_mixture({{0, 1, 1, 0}, {0, 1, 1, 0}}, std::vector<int>{0, 1}, 2);
  for (const double value : log_mix(fitted, {{0, 1}, {0, 1}}, 2)) EXPECT_TRUE(std::isfinite(value));
}

TEST(Mixture, OfNoRowsIsEqual) { EXPECT_THAT(fit_mixture({{}, {}}, {}, 2).weights, ElementsAre(0.5, 0.5)); }

}  // namespace
}  // namespace mlopsctl::train
