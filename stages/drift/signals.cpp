#include "stages/drift/signals.hpp"

#include <algorithm>

#include "pipeline/base/shown.hpp"
#include "pipeline/stats/detectable.hpp"
#include "pipeline/stats/multiple.hpp"
#include "pipeline/stats/two_sample.hpp"

namespace mlopsctl::drift {
namespace {

constexpr double kOff = 1;
constexpr double few_rows = 5;
constexpr int permutations = 1999;

std::string percent(double share) { return shown(100 * share, "%.1f %%"); }

double share(int64_t count, int64_t rows) { return static_cast<double>(count) / static_cast<double>(rows); }

// The first length at which at least half of the rows are reached.
size_t median_length(const std::vector<int64_t>& counts, int64_t rows) {
  int64_t seen = 0;
  for (size_t bin = 0; bin < counts.size(); ++bin)
    if (2 * (seen += counts[bin]) >= rows) return train::length_bin_start(bin);
  return 0;
}

Line class_mix(const train::Profile& reference, const train::Profile& current, double alpha) {
  const auto result = stats::compare_categories(reference.predicted, current.predicted);
  Line line;
  line.signal = "class_mix";
  line.effect = result.effect;
  line.statistic = result.statistic;
  line.p = result.p;
  line.test =
      "chi-square, " + brief(result.degrees) + " degrees of freedom; psi " + shown(stats::stability_index(reference.predicted, current.predicted), "%.3f");
  line.detectable = stats::detectable_categories(reference.rows, current.rows, std::max(1.0, result.degrees), alpha);
  if (result.least_expected < few_rows) {
    line.p = stats::permuted_categories_p(reference.predicted, current.predicted, permutations, 0);
    line.test += "; p from " + std::to_string(permutations) + " permutations, because some label has fewer than 5 expected rows";
  }
  size_t moved = 0;
  for (size_t k = 0; k < reference.labels.size(); ++k) {
    const auto change = [&](size_t label) {
      return std::abs(share(reference.predicted[label], reference.rows) - share(current.predicted[label], current.rows));
    };
    if (change(k) > change(moved)) moved = k;
  }
  line.detail = "\"" + reference.labels[moved] + "\" is predicted for " + percent(share(current.predicted[moved], current.rows)) + " of the rows, was " +
                percent(share(reference.predicted[moved], reference.rows));
  return line;
}

Line text_length(const train::Profile& reference, const train::Profile& current, double alpha) {
  const auto result = stats::compare_distributions(reference.characters, current.characters);
  Line line;
  line.signal = "text_length";
  line.effect = result.effect;
  line.statistic = result.statistic;
  line.p = result.p;
  line.test = "Kolmogorov-Smirnov";
  line.detectable = stats::detectable_distribution(reference.rows, current.rows, alpha);
  line.detail = "the median text has " + std::to_string(median_length(current.characters, current.rows)) + " characters, was " +
                std::to_string(median_length(reference.characters, reference.rows));
  return line;
}

Line unknown_share(const train::Profile& reference, const train::Profile& current, double alpha) {
  const auto result = stats::compare_means(reference.unknown, current.unknown);
  Line line;
  line.signal = "unknown_share";
  line.effect = result.effect;
  line.statistic = result.statistic;
  line.p = result.p;
  line.test = "Welch";
  line.detectable = stats::detectable_mean(reference.unknown.variance, reference.unknown.n, current.unknown.variance, current.unknown.n, alpha);
  line.detail = percent(current.unknown.mean) + " of a text's words are unknown to the model, was " + percent(reference.unknown.mean);
  return line;
}

Line imbalance(const train::Profile& current) {
  const auto largest = std::max_element(current.predicted.begin(), current.predicted.end());
  Line line;
  line.signal = "imbalance";
  line.effect = share(*largest, current.rows);
  line.test = "rule: largest predicted share";
  line.detail =
      "\"" + current.labels[static_cast<size_t>(largest - current.predicted.begin())] + "\" is predicted for " + percent(line.effect) + " of the rows";
  return line;
}

}  // namespace

spec::Field thresholds_field() {
  using spec::number, spec::object, spec::with_default;
  const auto share = [] { return number(0, 1, "0.1"); };
  return with_default("thresholds",
                      object({
                          with_default("class_mix", share(), 0.1, "Total variation distance of the predicted labels' shares; 1 switches it off, as for all."),
                          with_default("text_length", share(), 0.1, "Kolmogorov-Smirnov distance of text lengths."),
                          with_default("unknown_share", share(), 0.05, "Difference of the mean shares of words unknown to the model."),
                          with_default("imbalance", share(), 0.7, "Share of the most frequent predicted label; a plain rule without a test."),
                      }),
                      Json::object(), "The least change that matters, by signal.");
}

Thresholds thresholds_of(const Json& thresholds, double alpha) {
  const auto value = [&](const char* name) { return thresholds[name].get<double>(); };
  return {value("class_mix"), value("text_length"), value("unknown_share"), value("imbalance"), alpha};
}

std::vector<Line> compare(const train::Profile& reference, const train::Profile& current, const Thresholds& thresholds) {
  std::vector<Line> lines;
  const auto add = [&](Line line, double threshold) {
    line.threshold = threshold;
    lines.push_back(std::move(line));
  };
  const bool words = thresholds.unknown_share < kOff && reference.unknown.n > 0 && current.unknown.n > 0;
  const int tests = (thresholds.class_mix < kOff) + (thresholds.text_length < kOff) + words;
  const double alpha = thresholds.alpha / std::max(1, tests);
  if (thresholds.class_mix < kOff) add(class_mix(reference, current, alpha), thresholds.class_mix);
  if (thresholds.text_length < kOff) add(text_length(reference, current, alpha), thresholds.text_length);
  if (words) add(unknown_share(reference, current, alpha), thresholds.unknown_share);
  std::vector<double> p;
  for (const Line& line : lines) p.push_back(*line.p);
  const std::vector<double> adjusted = stats::holm(p);
  for (size_t i = 0; i < lines.size(); ++i) {
    lines[i].adjusted_p = adjusted[i];
    lines[i].alarm = lines[i].effect >= lines[i].threshold && adjusted[i] < thresholds.alpha;
  }
  if (thresholds.imbalance < kOff) {
    add(imbalance(current), thresholds.imbalance);
    lines.back().alarm = lines.back().effect >= thresholds.imbalance;
  }
  return lines;
}

Json to_json(const Line& line) {
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(); };
  return {{"signal", line.signal},
          {"test", line.test},
          {"statistic", number(line.statistic)},
          {"p", number(line.p)},
          {"adjusted_p", number(line.adjusted_p)},
          {"effect", line.effect},
          {"threshold", line.threshold},
          {"detectable", number(line.detectable)},
          {"alarm", line.alarm},
          {"detail", line.detail}};
}

}  // namespace mlopsctl::drift
