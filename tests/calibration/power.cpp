#include <cmath>

#include "pipeline/stats/detectable.hpp"
#include "pipeline/stats/mean_shift.hpp"
#include "pipeline/stats/non_inferior.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/paired.hpp"
#include "pipeline/stats/two_sample.hpp"
#include "stages/evaluate/contest.hpp"
#include "tests/calibration/rules.hpp"
#include "tests/calibration/simulate.hpp"

namespace mlopsctl::calibration {
namespace {

using engine::Outcome;

bool claims(const evaluate::Comparison& comparison, bool better, double margin) {
  return evaluate::decide_contest({"accuracy", 0, 0, true, better, margin, alpha}, comparison, {}) == Outcome::pass;
}

// Shares that differ by a total variation of `shift` where that is hardest to see: half of the classes gain, half lose, each in proportion.
std::vector<double> hardest(int classes, double shift) {
  std::vector<double> shares = even(classes);
  for (size_t k = 0; k < shares.size(); ++k) shares[k] *= 1 + (k % 2 == 0 ? 2 * shift : -2 * shift);
  return shares;
}

// Vectors of eight normal numbers, of which the first spreads three times as far and is moved.
constexpr size_t cloud_width = 8;
constexpr double cloud_spread = 4;
std::vector<float> cloud(Random& random, size_t rows, double moved) {
  std::vector<float> all;
  for (size_t at = 0; at < rows * cloud_width; ++at) all.push_back(static_cast<float>(at % cloud_width == 0 ? 3 * normal(random) + moved : normal(random)));
  return all;
}

}  // namespace

Section power(bool full) {
  Section section{"What is said to be seen is seen",
                  "Changes as large as the smallest that a rule says it sees in 80 of 100 cases, of the kind that is hardest to see; and McNemar's power at a "
                  "gain of one point and 8 % discordant rows, against what `gate plan` says.",
                  {}};
  uint64_t seed = 2001;
  const int trials = full ? 4000 : 2000;
  const auto add = [&](std::string rule, std::string setting, int64_t rows, int classes, double stated, int of, const std::function<bool(Random&)>& trial) {
    section.figures.push_back({std::move(rule), std::move(setting), rows, classes, Promise::near, stated, of, count_trials(of, seed++, trial)});
  };
  const auto shown = [](double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4f", value);
    return std::string(text);
  };
  for (const int64_t rows : full ? std::vector<int64_t>{500, 1000, 2000, 5000, 10'000} : std::vector<int64_t>{1000})
    add("accuracy, better_than", "gain 0.01, 8 % discordant", rows, 0, stats::mcnemar_power(rows, 0.08, 0.01, alpha), trials,
        [&](Random& random) { return claims(pairs(random, rows, 0.045, 0.035), true, 0); });
  for (const int64_t rows : full ? std::vector<int64_t>{200, 1000, 5000} : std::vector<int64_t>{1000}) {
    const double gain = stats::mcnemar_smallest_difference(rows, 0.1, alpha, 0.8);
    add("accuracy, better_than", "gain " + shown(gain) + ", 10 % discordant", rows, 0, 0.8, trials,
        [&](Random& random) { return claims(pairs(random, rows, (0.1 + gain) / 2, (0.1 - gain) / 2), true, 0); });
    if (!full) continue;
    const double margin = stats::normal_reach(std::sqrt(0.1 / static_cast<double>(rows)), alpha, 0.8);
    add("accuracy, no_worse_than", "equal models, margin " + shown(margin) + ", 10 % discordant", rows, 0, 0.8, 1500,
        [&](Random& random) { return claims(pairs(random, rows, 0.05, 0.05), false, margin); });
  }
  for (const int64_t rows : full ? std::vector<int64_t>{200, 1000, 5000, 20'000} : std::vector<int64_t>{1000}) {
    const int fewer = rows > 2000 ? trials / 2 : trials;
    for (const int classes : full ? std::vector<int>{2, 4, 20, 50} : std::vector<int>{4}) {
      const double shift = stats::detectable_categories(2000, rows, classes - 1, alpha);
      if (rows / classes < 5 || shift > 0.4) continue;
      add("class_mix, p", "total variation " + shown(shift), rows, classes, 0.8, fewer, [&](Random& random) {
        // The pooled shares are even.
        const double other = static_cast<double>(rows) / (2000.0 + static_cast<double>(rows));
        const auto first = counts(random, hardest(classes, shift * other), 2000);
        return stats::compare_categories(first, counts(random, hardest(classes, shift * (other - 1)), rows)).p <= alpha;
      });
    }
    const double distance = stats::detectable_distribution(2000, rows, alpha);
    add("text_length, p", "distance " + shown(distance) + ", two lengths", rows, 0, 0.8, fewer, [&](Random& random) {
      const auto first = counts(random, {0.5 + distance / 2, 0.5 - distance / 2}, 2000),
                 second = counts(random, {0.5 - distance / 2, 0.5 + distance / 2}, rows);
      return stats::compare_distributions(first, second).p <= alpha;
    });
    if (rows <= 1000) {  // a profile keeps 500 texts
      const auto kept = static_cast<size_t>(std::min<int64_t>(rows, 500));
      Random drawn(17);
      constexpr int windows = 20;  // what is said of one differs a little from what is said of the next
      double moved = 0;
      for (int i = 0; i < windows; ++i)
        moved += stats::compare_clouds(cloud(drawn, 500, 0), cloud(drawn, kept, 0), cloud_width, 0, 0).seen_from(0.8, alpha) / windows;
      add("content, p", "distance " + shown(moved) + ", along the widest direction", rows, 0, 0.8, full ? 2000 : 400, [&, kept](Random& random) {
        return stats::compare_clouds(cloud(random, 500, 0), cloud(random, kept, moved * cloud_spread), cloud_width, 999, random.below(1'000'000)).p <= alpha;
      });
    }
    const World before{even(3)};
    // Shares of 0.05 and more unknown words spread more.
    double shift = 0;
    for (int step = 0; step < 20; ++step) {
      const double mean = 0.05 + shift;
      shift = stats::detectable_mean(0.05 * 0.95 / 20, 2000, mean * (1 - mean) / 20, rows, alpha);
    }
    World after = before;
    after.unknown += shift;
    add("unknown_share, p", "difference " + shown(shift), rows, 0, 0.8, fewer,
        [&](Random& random) { return stats::compare_means(window(random, before, 2000).unknown, window(random, after, rows).unknown).p <= alpha; });
  }
  return section;
}

}  // namespace mlopsctl::calibration
