#include <algorithm>
#include <cmath>

#include "stages/drift/self_test.hpp"
#include "tests/calibration/rules.hpp"
#include "tests/calibration/simulate.hpp"

namespace mlopsctl::calibration {
namespace {

// p alone decides.
drift::Thresholds bare() {
  drift::Thresholds thresholds;
  thresholds.class_mix = thresholds.confidence = thresholds.text_length = thresholds.unknown_share = 0;
  thresholds.content = thresholds.empty_share = thresholds.duplicate_share = 0;
  return thresholds;
}

bool alarms(const std::vector<drift::Line>& lines, const std::string& signal) {
  return std::any_of(lines.begin(), lines.end(), [&](const drift::Line& line) { return line.alarm && (signal.empty() || line.signal == signal); });
}
bool significant(const std::vector<drift::Line>& lines, const std::string& signal, double alpha) {
  return std::any_of(lines.begin(), lines.end(), [&](const drift::Line& line) { return line.signal == signal && line.p && *line.p <= alpha; });
}

// Rows of a model whose probabilities are as often right as they say where labels come evenly; they come with these shares.
drift::Seen answers(Random& random, int64_t rows, const std::vector<double>& shares) {
  const size_t classes = shares.size();
  const double most = *std::max_element(shares.begin(), shares.end());
  drift::Seen seen;
  for (const double share : shares) seen.labels.push_back(std::to_string(share));
  std::vector<double> weights(classes);
  while (seen.given.size() < static_cast<size_t>(rows)) {
    double sum = 0;
    for (double& weight : weights) sum += weight = std::exp(2.5 * normal(random));
    double drawn = random.uniform() * sum;
    size_t given = 0;
    while (given + 1 < classes && drawn >= weights[given]) drawn -= weights[given++];
    if (random.uniform() * most > shares[given]) continue;  // labels come as often as asked for
    seen.given.push_back(static_cast<int>(given));
    for (const double weight : weights) seen.probabilities.push_back(static_cast<float>(weight / sum));
  }
  seen.texts.assign(static_cast<size_t>(rows), "text");
  return seen;
}

bool suspects(Random& random, int64_t rows, int classes, bool moved) {
  const auto profile = [](const drift::Seen& seen) { return train::measure_profile("", seen.labels, seen.texts, seen.probabilities, {}, seen.given); };
  const auto reference = profile(answers(random, 2000, even(classes)));
  const drift::Seen now = answers(random, rows, moved ? zipf(classes) : even(classes));
  stats::LabelShiftOptions options;
  options.resamples = 200;
  options.seed = random.below(1'000'000);
  const auto ahead = drift::outlook(reference, profile(now), now.probabilities, options);
  return ahead && ahead->p <= 0.05;
}

// Texts of eight words, some far more frequent than others; one in twenty is one of ten that everybody writes, one in fifty has no word.
train::Profile texts(Random& random, int64_t rows) {
  std::vector<std::string> all;
  for (int64_t row = 0; row < rows; ++row) {
    std::string text;
    for (int word = 0; word < 8; ++word) text += " word" + std::to_string(static_cast<int>(std::pow(500, random.uniform())));
    const double drawn = random.uniform();
    if (drawn < 0.02) text.clear();
    else if (drawn < 0.07) text = "thanks" + std::to_string(random.below(10));
    all.push_back(std::move(text));
  }
  const std::vector<std::string_view> views(all.begin(), all.end());
  const std::vector<float> probabilities(all.size() * 2, 0.5F);
  return train::measure_profile("", {"no", "yes"}, views, probabilities, {}, {}, train::kept_content(train::content_of_words(views)));
}

}  // namespace

Section drift_rules(bool full) {
  Section section{"Drift, nothing changed",
                  "A profile of 2,000 rows (or as many as the window, where that has more) against a window of the same kind. Lines of one test: its p at "
                  "most 0.05. The report: any alarm of all its tests together, first by p alone, then as it comes, with its thresholds.",
                  {}};
  uint64_t seed = 1001;
  const std::vector<int64_t> sizes = full ? std::vector<int64_t>{50, 100, 200, 500, 1000, 2000, 5000, 20'000} : std::vector<int64_t>{50, 1000};
  for (const int64_t rows : sizes) {
    for (const int classes : full ? std::vector<int>{2, 3, 5, 20, 50} : std::vector<int>{2, 20}) {
      for (const bool skewed : {false, true}) {
        World world{skewed ? zipf(classes) : even(classes)};
        const std::string setting = skewed ? "shares as 1/k" : "even shares";
        const int trials = !full ? 60 : rows > 2000 ? 500 : 1500;
        const int64_t reference = std::max<int64_t>(2000, rows);
        const auto report = [&](Random& random, const drift::Thresholds& thresholds) {
          return drift::compare(window(random, world, reference), window(random, world, rows), thresholds);
        };
        const auto add = [&](std::string rule, Promise promise, const std::function<bool(Random&)>& trial) {
          section.figures.push_back({std::move(rule), setting, rows, classes, promise, 0.05, trials, count_trials(trials, seed++, trial)});
        };
        add("class_mix, p", Promise::at_most, [&](Random& random) { return significant(report(random, bare()), "class_mix", 0.05); });
        if (skewed || classes != 5) continue;
        add("confidence, p", Promise::at_most, [&](Random& random) { return significant(report(random, bare()), "confidence", 0.05); });
        add("text_length, p", Promise::at_most, [&](Random& random) { return significant(report(random, bare()), "text_length", 0.05); });
        add("unknown_share, p", Promise::at_most, [&](Random& random) { return significant(report(random, bare()), "unknown_share", 0.05); });
        add("report, p alone", Promise::at_most, [&](Random& random) { return alarms(report(random, bare()), ""); });
        add("report, as it comes", Promise::at_most, [&](Random& random) { return alarms(report(random, {}), ""); });
      }
    }
  }
  for (const int64_t rows : sizes)
    for (const char* signal : {"content", "empty_share", "duplicate_share"}) {
      const int trials = !full ? 40 : rows > 2000 ? 100 : 300;
      drift::Thresholds thresholds = bare();
      if (std::string_view(signal) != "content") thresholds.content = 1;  // it takes its time
      section.figures.push_back(
          {std::string(signal) + ", p", "texts by their words", rows, 0, Promise::at_most, 0.05, trials, count_trials(trials, seed++, [&](Random& random) {
             const auto reference = texts(random, 2000);
             return significant(drift::compare(reference, texts(random, rows), thresholds), signal, 0.05);
           })});
    }
  for (const int64_t rows : full ? std::vector<int64_t>{50, 200, 1000, 5000} : std::vector<int64_t>{200})
    for (const int classes : full ? std::vector<int>{2, 5, 20} : std::vector<int>{3})
      for (const bool moved : {false, true}) {
        const int trials = !full ? 60 : rows > 1000 ? 200 : 400;
        section.figures.push_back({"concept_drift, p", moved ? "labels as 1/k, were even" : "nothing changed", rows, classes, Promise::at_most, 0.05, trials,
                                   count_trials(trials, seed++, [&](Random& random) { return suspects(random, rows, classes, moved); })});
      }
  return section;
}

}  // namespace mlopsctl::calibration
