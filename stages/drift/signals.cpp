#include "stages/drift/signals.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/base/shown.hpp"
#include "pipeline/stats/detectable.hpp"
#include "pipeline/stats/mean_shift.hpp"
#include "pipeline/stats/multiple.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/proportion.hpp"
#include "pipeline/stats/two_sample.hpp"

namespace mlopsctl::drift {
namespace {

constexpr double kOff = 1;
constexpr double few_rows = 5;
constexpr int permutations = 1999, cloud_permutations = 999;

std::string percent(double share) { return shown(100 * share, "%.1f %%"); }

double share(int64_t count, int64_t rows) { return static_cast<double>(count) / static_cast<double>(rows); }

// The first length at which at least half of the rows are reached.
size_t median_length(const std::vector<int64_t>& counts, int64_t rows) {
  int64_t seen = 0;
  for (size_t bin = 0; bin < counts.size(); ++bin)
    if (2 * (seen += counts[bin]) >= rows) return train::length_bin_start(bin);
  return 0;
}

// The spread of a difference of two shares, at most.
double share_error(int64_t first, int64_t second) { return std::sqrt(1 / static_cast<double>(first) + 1 / static_cast<double>(second)) / 2; }
// What is seen by a test from `seen` on, with some chance, is an alarm where the effect, too, is large enough; `error` is the effect's standard error.
void sees(Line& line, std::function<double(double)> seen, double threshold, double error) {
  line.seen_from = [seen = std::move(seen), threshold, error](double chance) {
    return std::clamp(std::max(seen(chance), threshold + stats::normal_quantile(chance) * error), 0.0, 1.0);
  };
  line.detectable = line.seen_from(0.8);
}

Line categories(const std::vector<int64_t>& before, const std::vector<int64_t>& now, double alpha, double threshold) {
  const auto result = stats::compare_categories(before, now);
  const int64_t first = std::accumulate(before.begin(), before.end(), int64_t{0}), second = std::accumulate(now.begin(), now.end(), int64_t{0});
  Line line;
  line.effect = result.effect;
  line.statistic = result.statistic;
  line.p = result.p;
  line.test = "chi-square, " + brief(result.degrees) + " degrees of freedom";
  sees(
      line,
      [first, second, degrees = std::max(1.0, result.degrees), alpha](double chance) {
        return stats::detectable_categories(first, second, degrees, alpha, chance);
      },
      threshold, share_error(first, second));
  if (result.least_expected < few_rows) {
    line.p = stats::permuted_categories_p(before, now, permutations, 0);
    line.test += "; p from " + std::to_string(permutations) + " permutations, because some category has fewer than 5 expected rows";
  }
  return line;
}

Line class_mix(const train::Profile& reference, const train::Profile& current, double alpha, double threshold) {
  Line line = categories(reference.predicted, current.predicted, alpha, threshold);
  line.signal = "class_mix";
  line.test += "; psi " + shown(stats::stability_index(reference.predicted, current.predicted), "%.3f");
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

Line distribution(const std::vector<int64_t>& before, const std::vector<int64_t>& now, const train::Profile& reference, const train::Profile& current,
                  double alpha, double threshold) {
  const auto result = stats::compare_distributions(before, now);
  Line line;
  line.effect = result.effect;
  line.statistic = result.statistic;
  line.p = result.p;
  line.test = "Kolmogorov-Smirnov";
  sees(
      line, [first = reference.rows, second = current.rows, alpha](double chance) { return stats::detectable_distribution(first, second, alpha, chance); },
      threshold, share_error(reference.rows, current.rows));
  return line;
}

Line text_length(const train::Profile& reference, const train::Profile& current, double alpha, double threshold) {
  Line line = distribution(reference.characters, current.characters, reference, current, alpha, threshold);
  line.signal = "text_length";
  line.detail = "the median text has " + std::to_string(median_length(current.characters, current.rows)) + " characters, was " +
                std::to_string(median_length(reference.characters, reference.rows));
  return line;
}

Line confidence(const train::Profile& reference, const train::Profile& current, double alpha, double threshold) {
  Line line = distribution(reference.confidence, current.confidence, reference, current, alpha, threshold);
  line.signal = "confidence";
  line.detail = "the model is " + percent(mean_confidence(current)) + " sure of its answers on average, was " + percent(mean_confidence(reference));
  return line;
}

Line concept_drift(const Outlook& outlook, double alpha, double threshold) {
  Line line;
  line.signal = "concept_drift";
  line.effect = std::abs(outlook.by_confidence - outlook.labels.accuracy);
  line.statistic = outlook.difference_error > 0 ? (outlook.by_confidence - outlook.labels.accuracy) / outlook.difference_error : 0;
  line.p = outlook.p;
  line.test = "accuracy by confidence against accuracy by predicted labels (BBSE), normal";
  sees(
      line, [error = outlook.difference_error, alpha](double chance) { return stats::normal_reach(error, alpha / 2, chance); }, threshold,
      outlook.difference_error);
  const auto range = [](const stats::Interval& interval) { return percent(interval.low) + " to " + percent(interval.high); };
  line.detail = "without labels, " + percent(outlook.labels.accuracy) + " of the rows seem to be labelled right by the predicted labels (" +
                range(outlook.labels.accuracy_interval) + "), " + percent(outlook.by_confidence) + " by confidence (" + range(outlook.interval) + "); it was " +
                percent(outlook.before);
  return line;
}

// `unit`: what an effect of 1 comes to in the line's own; nothing: the vectors' spread.
Line clouds(std::span<const float> before, std::span<const float> now, size_t width, std::optional<double> unit, double alpha, double threshold) {
  const auto result = stats::compare_clouds(before, now, width, cloud_permutations, 0);
  Line line;
  line.effect = result.effect;
  line.statistic = result.statistic;
  line.p = result.p;
  const double spread = unit.value_or(std::sqrt(result.trace));
  const double error = result.trace > 0 ? spread * std::sqrt(result.largest * result.doubt / result.trace) : 0;
  sees(
      line, [result, spread, alpha](double chance) { return result.trace > 0 ? result.seen_from(chance, alpha) * spread : 1; }, threshold, error);
  return line;
}

Line content(const train::Profile& reference, const train::Profile& current, double alpha, double threshold) {
  Line line = clouds(reference.content.values(), current.content.values(), train::kContentWidth, 1.0, alpha, threshold);
  line.signal = "content";
  line.test = "distance of the means of " + std::to_string(reference.content.rows()) + " and " + std::to_string(current.content.rows()) + " texts' " +
              reference.content.of + ", " + std::to_string(cloud_permutations) + " permutations";
  line.detail = "what the texts are about has moved by " + shown(line.effect, "%.3f") + " of their spread (by their " + reference.content.of + ")";
  return line;
}

// Of each block the share of rows that repeat another.
std::vector<float> repeats_by_block(const train::Profile& profile) {
  std::vector<float> blocks;
  for (size_t repeats = 0; repeats < profile.repeats.size(); ++repeats)
    blocks.insert(blocks.end(), static_cast<size_t>(profile.repeats[repeats]), static_cast<float>(repeats) / static_cast<float>(train::kBlock));
  return blocks;
}

Line duplicate_share(const train::Profile& reference, const train::Profile& current, double alpha, double threshold) {
  const std::vector<float> before = repeats_by_block(reference), now = repeats_by_block(current);
  const auto mean = [](const std::vector<float>& blocks) { return std::accumulate(blocks.begin(), blocks.end(), 0.0) / static_cast<double>(blocks.size()); };
  Line line = clouds(before, now, 1, {}, alpha, threshold);
  line.signal = "duplicate_share";
  line.effect = std::abs(mean(before) - mean(now));
  line.test = "permutation of blocks of " + std::to_string(train::kBlock) + " rows, " + std::to_string(cloud_permutations) + " times";
  line.detail = percent(mean(now)) + " of the texts repeat one of the " + std::to_string(train::kBlock) + " around them, was " + percent(mean(before));
  return line;
}

Line empty_share(const train::Profile& reference, const train::Profile& current, double alpha, double threshold) {
  const auto counts = [](const train::Profile& profile) { return std::vector<int64_t>{profile.tokens.front(), profile.rows - profile.tokens.front()}; };
  const auto before = counts(reference), now = counts(current);
  Line line = categories(before, now, alpha, threshold);
  line.signal = "empty_share";
  line.detail = percent(share(now[0], current.rows)) + " of the texts have no word, was " + percent(share(before[0], reference.rows));
  return line;
}

Line unknown_share(const train::Profile& reference, const train::Profile& current, double alpha, double threshold) {
  const auto result = stats::compare_means(reference.unknown, current.unknown);
  Line line;
  line.signal = "unknown_share";
  line.effect = result.effect;
  line.statistic = result.statistic;
  line.p = result.p;
  line.test = "Welch";
  const stats::Moments &before = reference.unknown, &now = current.unknown;
  sees(
      line, [before, now, alpha](double chance) { return stats::detectable_mean(before.variance, before.n, now.variance, now.n, alpha, chance); }, threshold,
      std::sqrt(before.variance / static_cast<double>(before.n) + now.variance / static_cast<double>(now.n)));
  line.detail = percent(current.unknown.mean) + " of a text's words are unknown to the model, was " + percent(reference.unknown.mean);
  return line;
}

Line imbalance(const train::Profile& reference, const train::Profile& current, double threshold) {
  const auto largest = std::max_element(current.predicted.begin(), current.predicted.end());
  Line line;
  line.signal = "imbalance";
  line.effect = share(*largest, current.rows);
  line.test = "rule: largest predicted share";
  line.detail =
      "\"" + current.labels[static_cast<size_t>(largest - current.predicted.begin())] + "\" is predicted for " + percent(line.effect) + " of the rows";
  const auto least = static_cast<int64_t>(std::ceil(threshold * static_cast<double>(current.rows) - 1e-9));
  for (const int64_t count : reference.predicted) line.false_alarm += 1 - stats::binomial_at_most(least - 1, current.rows, share(count, reference.rows));
  line.false_alarm = std::min(1.0, line.false_alarm);
  line.detectable = stats::share_reaching(least, current.rows);
  return line;
}

}  // namespace

double mean_confidence(const train::Profile& profile) {
  double sum = 0;
  for (size_t bin = 0; bin < profile.confidence.size(); ++bin) sum += (static_cast<double>(bin) + 0.5) * static_cast<double>(profile.confidence[bin]);
  return sum / static_cast<double>(train::kConfidenceBins) / static_cast<double>(profile.rows);
}

spec::Field thresholds_field() {
  using spec::number, spec::object, spec::with_default;
  const auto share = [] { return number(0, 1, "0.1"); };
  return with_default("thresholds",
                      object({
                          with_default("class_mix", share(), 0.1, "Total variation distance of the predicted labels' shares; 1 switches it off, as for all."),
                          with_default("confidence", share(), 0.1, "Kolmogorov-Smirnov distance of the model's confidences."),
                          with_default("text_length", share(), 0.1, "Kolmogorov-Smirnov distance of text lengths."),
                          with_default("unknown_share", share(), 0.05, "Difference of the mean shares of words unknown to the model."),
                          with_default("content", share(), 0.05,
                                       "How far the texts' embeddings (of a model without an encoder: their words) have moved, in units of their spread."),
                          with_default("empty_share", share(), 0.05, "Difference of the shares of texts without a word."),
                          with_default("duplicate_share", share(), 0.05, "Difference of the shares of texts that repeat one of the 50 around them."),
                          with_default("concept_drift", share(), 0.05,
                                       "Difference of two accuracies estimated without labels, which agree as long as only the mix of labels changes."),
                          with_default("imbalance", share(), 0.7, "Share of the most frequent predicted label; a plain rule without a test."),
                      }),
                      Json::object(), "The least change that matters, by signal.");
}

Thresholds thresholds_of(const Json& thresholds, double alpha, bool false_discovery) {
  const auto value = [&](const char* name) { return thresholds[name].get<double>(); };
  Thresholds result;
  result.class_mix = value("class_mix"), result.confidence = value("confidence"), result.text_length = value("text_length");
  result.unknown_share = value("unknown_share"), result.content = value("content"), result.empty_share = value("empty_share");
  result.duplicate_share = value("duplicate_share"), result.concept_drift = value("concept_drift"), result.imbalance = value("imbalance");
  result.alpha = alpha, result.false_discovery = false_discovery;
  return result;
}

std::vector<Line> compare(const train::Profile& reference, const train::Profile& current, const Thresholds& thresholds, const std::optional<Outlook>& outlook) {
  std::vector<Line> lines;
  const auto add = [&](Line line, double threshold) {
    line.threshold = threshold;
    lines.push_back(std::move(line));
  };
  const bool words = thresholds.unknown_share < kOff && reference.unknown.n > 0 && current.unknown.n > 0;
  const bool looks_ahead = thresholds.concept_drift < kOff && outlook.has_value();
  const bool about = thresholds.content < kOff && reference.content.rows() > 1 && current.content.rows() > 1 && reference.content.of == current.content.of;
  const auto blocks = [](const train::Profile& profile) { return std::accumulate(profile.repeats.begin(), profile.repeats.end(), int64_t{0}); };
  const bool repeats = thresholds.duplicate_share < kOff && blocks(reference) > 1 && blocks(current) > 1;
  const bool empties = thresholds.empty_share < kOff && !reference.tokens.empty() && !current.tokens.empty();
  const int tests =
      (thresholds.class_mix < kOff) + (thresholds.confidence < kOff) + (thresholds.text_length < kOff) + words + about + empties + repeats + looks_ahead;
  const double alpha = thresholds.alpha / std::max(1, tests);
  if (thresholds.class_mix < kOff) add(class_mix(reference, current, alpha, thresholds.class_mix), thresholds.class_mix);
  if (thresholds.text_length < kOff) add(text_length(reference, current, alpha, thresholds.text_length), thresholds.text_length);
  if (words) add(unknown_share(reference, current, alpha, thresholds.unknown_share), thresholds.unknown_share);
  if (thresholds.confidence < kOff) add(confidence(reference, current, alpha, thresholds.confidence), thresholds.confidence);
  if (about) add(content(reference, current, alpha, thresholds.content), thresholds.content);
  if (empties) add(empty_share(reference, current, alpha, thresholds.empty_share), thresholds.empty_share);
  if (repeats) add(duplicate_share(reference, current, alpha, thresholds.duplicate_share), thresholds.duplicate_share);
  if (looks_ahead) add(concept_drift(*outlook, alpha, thresholds.concept_drift), thresholds.concept_drift);
  std::vector<double> p;
  for (const Line& line : lines) p.push_back(*line.p);
  const std::vector<double> adjusted = thresholds.false_discovery ? stats::benjamini_hochberg(p) : stats::holm(p);
  for (size_t i = 0; i < lines.size(); ++i) {
    lines[i].adjusted_p = adjusted[i];
    lines[i].false_alarm = alpha;
    lines[i].alarm = lines[i].effect >= lines[i].threshold && adjusted[i] <= thresholds.alpha;
    if (lines[i].alarm && lines[i].signal == "concept_drift") lines[i].detail += ": concept drift?";
  }
  if (thresholds.imbalance < kOff) {
    add(imbalance(reference, current, thresholds.imbalance), thresholds.imbalance);
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
          {"false_alarm", line.false_alarm},
          {"alarm", line.alarm},
          {"detail", line.detail}};
}

}  // namespace mlopsctl::drift
