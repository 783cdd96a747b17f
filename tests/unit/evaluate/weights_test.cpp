#include "stages/evaluate/weights.hpp"

#include <gmock/gmock.h>

#include "pipeline/base/random.hpp"
#include "stages/evaluate/contest.hpp"

namespace mlopsctl::evaluate {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `weighted`: whether the weights are kept.
RowsInput rows_of(const std::string& origin, const std::vector<double>& weights, bool weighted = true) {
  data::RowsInfo info{{"a"}, Json::object(), origin};
  info.weighted = weighted;
  data::RowsBuilder builder(info);
  data::RowExtras extras;
  for (size_t i = 0; i < weights.size(); ++i) {
    extras.weight = weights[i];
    EXPECT_TRUE(builder.add(std::to_string(i), origin + " " + std::to_string(i), "a", extras).ok());
  }
  return {origin, builder.finish()};
}

std::vector<RowsInput> inputs_of(RowsInput first) {
  std::vector<RowsInput> inputs;
  inputs.push_back(std::move(first));
  return inputs;
}

TEST(RowWeights, RowsThatDifferCountOnceWhereTheyWereDrawnForThem) {
  auto inputs = inputs_of(rows_of("drawn", {50, 50, 2, 2, 2}));
  const std::vector<char> differ{0, 0, 1, 1, 1, 0, 1};
  inputs.push_back(rows_of("even", {1, 1}, false));
  EXPECT_THAT(row_weights(inputs, differ), ElementsAre(25, 25, 1, 1, 1, 1, 1));
  EXPECT_THAT(drawn_for_others(inputs, differ), IsEmpty());
  EXPECT_THAT(row_weights(inputs_of(rows_of("even", {1, 1}, false)), {}), IsEmpty());
}

TEST(RowWeights, OfOtherModelsAllRowsCountByWhatTheyTellOfAShare) {
  auto inputs = inputs_of(rows_of("drawn", {50, 50, 2, 2, 2}));
  inputs.push_back(rows_of("alike", {3, 3}));
  const std::vector<char> differ{0, 0, 1, 0, 1, 0, 1};
  EXPECT_THAT(drawn_for_others(inputs, differ), ElementsAre("drawn"));
  const auto weights = row_weights(inputs, differ);
  EXPECT_DOUBLE_EQ(weights[0], 50 * 106.0 / 5012);
  EXPECT_DOUBLE_EQ(weights[2], 2 * 106.0 / 5012);
  EXPECT_THAT(std::vector(weights.end() - 2, weights.end()), Each(1));
}

TEST(RowWeights, CountsTextsOfTwoSamples) {
  auto inputs = inputs_of(rows_of("drawn", {2, 2}));
  inputs.push_back(rows_of("drawn", {3, 3, 3}));
  inputs.push_back(rows_of("drawn", {1, 1, 1}, false));
  EXPECT_EQ(drawn_twice(inputs), 2);
}

// Rows were drawn for two models that differ on a tenth of them. A third one is exactly as good as the champion: it wins on rows where those two differed and
// loses as many of the others, of which one in 250 is labelled.
TEST(RowWeights, TheSampleOfOthersShowsNoGainThatIsNotThere) {
  int passes = 0, passes_taken_for_drawn = 0;
  constexpr int trials = 300;
  for (uint64_t trial = 0; trial < trials; ++trial) {
    Random random(7000 + trial);
    std::vector<double> weights;
    std::vector<char> challenger, champion, differ;
    for (int i = 0; i < 198; ++i) {
      const bool heavy = i < 18;
      const double drawn = random.uniform();
      const bool wins = !heavy && drawn < 0.40, loses = heavy ? drawn < 0.02 : drawn > 0.78;  // 0.9 x 0.02 = 0.1 x (0.40 - 0.22)
      weights.push_back(heavy ? 250 : 500.0 / 180);
      challenger.push_back(!loses), champion.push_back(!wins), differ.push_back(wins || loses);
    }
    const auto inputs = inputs_of(rows_of("drawn", weights));
    const Contest contest{"accuracy", 0, 0, true, true, 0, 0.05};
    passes += decide_contest(contest, compare(challenger, champion, row_weights(inputs, differ)), {}) == engine::Outcome::pass;
    passes_taken_for_drawn += decide_contest(contest, compare(challenger, champion, weights), {}) == engine::Outcome::pass;
  }
  EXPECT_LE(passes, 0.05 * trials);
  EXPECT_GT(passes_taken_for_drawn, 0.3 * trials);  // what it would be otherwise
}

}  // namespace
}  // namespace mlopsctl::evaluate
