#include "stages/evaluate/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "stages/evaluate/probability_metrics.hpp"

namespace mlopsctl::evaluate {
namespace {

double ratio(double above, double below) { return below == 0 ? 0 : above / below; }
double f1_of(double precision, double recall) { return ratio(2 * precision * recall, precision + recall); }

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

struct Sums {
  std::vector<double> given, predicted;  // per class
  double right = 0, rows = 0;
};

Sums sums_of(const std::vector<std::vector<int64_t>>& confusion) {
  Sums sums{std::vector<double>(confusion.size(), 0), std::vector<double>(confusion.size(), 0), 0, 0};
  for (size_t t = 0; t < confusion.size(); ++t)
    for (size_t p = 0; p < confusion.size(); ++p) {
      const double count = static_cast<double>(confusion[t][p]);
      sums.given[t] += count;
      sums.predicted[p] += count;
      sums.rows += count;
      if (t == p) sums.right += count;
    }
  return sums;
}

// Cohen 1960. NaN when chance agreement is perfect.
double kappa(const Sums& sums) {
  double chance = 0;
  for (size_t k = 0; k < sums.given.size(); ++k) chance += sums.given[k] * sums.predicted[k] / (sums.rows * sums.rows);
  return chance == 1 ? std::numeric_limits<double>::quiet_NaN() : (sums.right / sums.rows - chance) / (1 - chance);
}

// Matthews' correlation for any number of classes (Gorodkin 2004); 0 when one side is constant.
double matthews(const Sums& sums) {
  double both = 0, given = 0, predicted = 0;
  for (size_t k = 0; k < sums.given.size(); ++k) {
    both += sums.given[k] * sums.predicted[k];
    given += sums.given[k] * sums.given[k];
    predicted += sums.predicted[k] * sums.predicted[k];
  }
  const double spread = (sums.rows * sums.rows - given) * (sums.rows * sums.rows - predicted);
  return spread == 0 ? 0 : (sums.right * sums.rows - both) / std::sqrt(spread);
}

constexpr std::array<const char*, 4> kPerClass{"precision", "recall", "f1", "roc_auc"};

}  // namespace

stats::Interval accuracy_interval(const Metrics& metrics, double confidence) {
  const int64_t rows = metrics.even_rows > 0 ? std::llround(metrics.even_rows) : metrics.rows;
  return stats::wilson(std::llround(metrics.accuracy * static_cast<double>(rows)), rows, confidence);
}

Metrics measure_labels(std::span<const int> given, std::span<const int> predicted, size_t classes) {
  Metrics metrics;
  metrics.rows = static_cast<int64_t>(given.size());
  metrics.confusion.assign(classes, std::vector<int64_t>(classes, 0));
  for (size_t i = 0; i < given.size(); ++i) ++metrics.confusion[static_cast<size_t>(given[i])][static_cast<size_t>(predicted[i])];
  const Sums sums = sums_of(metrics.confusion);
  double present = 0;
  for (size_t k = 0; k < classes; ++k) {
    ClassScores scores;
    const double right = static_cast<double>(metrics.confusion[k][k]);
    scores.precision = ratio(right, sums.predicted[k]);
    scores.recall = ratio(right, sums.given[k]);
    scores.f1 = f1_of(scores.precision, scores.recall);
    scores.support = static_cast<int64_t>(sums.given[k]);
    scores.roc_auc = std::numeric_limits<double>::quiet_NaN();
    const double share = 1 / static_cast<double>(classes), weight = ratio(sums.given[k], sums.rows);
    metrics.macro.precision += scores.precision * share, metrics.weighted.precision += scores.precision * weight;
    metrics.macro.recall += scores.recall * share, metrics.weighted.recall += scores.recall * weight;
    metrics.macro.f1 += scores.f1 * share, metrics.weighted.f1 += scores.f1 * weight;
    if (scores.support > 0) ++present, metrics.balanced_accuracy += scores.recall;
    metrics.classes.push_back(scores);
  }
  metrics.accuracy = ratio(sums.right, sums.rows);
  metrics.balanced_accuracy = ratio(metrics.balanced_accuracy, present);
  metrics.micro = {metrics.accuracy, metrics.accuracy, metrics.accuracy};
  metrics.kappa = kappa(sums);
  metrics.mcc = matthews(sums);
  metrics.roc_auc = metrics.roc_auc_defined = metrics.log_loss = metrics.brier = metrics.calibration_error = std::numeric_limits<double>::quiet_NaN();
  return metrics;
}

Metrics measure(std::span<const int> given, std::span<const double> probabilities, size_t classes) {
  std::vector<int> predicted;
  for (size_t i = 0; i < given.size(); ++i) {
    const auto row = probabilities.subspan(i * classes, classes);
    predicted.push_back(static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  Metrics metrics = measure_labels(given, predicted, classes);
  double sum = 0, defined = 0;
  for (size_t k = 0; k < classes; ++k) {
    const double auc = metrics.classes[k].roc_auc = roc_auc(given, probabilities, classes, k);
    sum += auc;
    if (!std::isnan(auc)) ++defined;
  }
  metrics.roc_auc = classes == 2 ? metrics.classes[1].roc_auc : sum / static_cast<double>(classes);
  double sum_defined = 0;
  for (const ClassScores& each : metrics.classes)
    if (!std::isnan(each.roc_auc)) sum_defined += each.roc_auc;
  metrics.roc_auc_defined = defined == 0 ? std::numeric_limits<double>::quiet_NaN() : sum_defined / defined;
  metrics.log_loss = log_loss(given, probabilities, classes);
  metrics.brier = brier(given, probabilities, classes);
  metrics.reliability = reliability(given, predicted, probabilities, classes);
  metrics.calibration_error = calibration_error(metrics.reliability, metrics.rows);
  return metrics;
}

const std::vector<MetricName>& metric_names() {
  static const std::vector<MetricName> names{
      {"accuracy", true, [](const Metrics& m) { return m.accuracy; }},
      {"balanced_accuracy", true, [](const Metrics& m) { return m.balanced_accuracy; }},
      {"macro_precision", true, [](const Metrics& m) { return m.macro.precision; }},
      {"macro_recall", true, [](const Metrics& m) { return m.macro.recall; }},
      {"macro_f1", true, [](const Metrics& m) { return m.macro.f1; }},
      {"micro_f1", true, [](const Metrics& m) { return m.micro.f1; }},
      {"weighted_precision", true, [](const Metrics& m) { return m.weighted.precision; }},
      {"weighted_recall", true, [](const Metrics& m) { return m.weighted.recall; }},
      {"weighted_f1", true, [](const Metrics& m) { return m.weighted.f1; }},
      {"roc_auc", true, [](const Metrics& m) { return m.roc_auc; }},
      {"kappa", true, [](const Metrics& m) { return m.kappa; }},
      {"mcc", true, [](const Metrics& m) { return m.mcc; }},
      {"log_loss", false, [](const Metrics& m) { return m.log_loss; }},
      {"brier", false, [](const Metrics& m) { return m.brier; }},
      {"ece", false, [](const Metrics& m) { return m.calibration_error; }},
  };
  return names;
}

bool is_metric_name(const std::string& name) {
  const size_t dot = name.find('.');
  if (dot != std::string::npos) return std::find(kPerClass.begin(), kPerClass.end(), name.substr(0, dot)) != kPerClass.end() && dot + 1 < name.size();
  return std::any_of(metric_names().begin(), metric_names().end(), [&](const MetricName& each) { return each.name == name; });
}

bool find_metric(const Metrics& metrics, const std::vector<std::string>& labels, const std::string& name, Measured& measured) {
  for (const MetricName& each : metric_names())
    if (each.name == name) return measured = {each.value(metrics), each.higher_is_better}, true;
  const size_t dot = name.find('.');
  if (dot == std::string::npos) return false;
  const auto label = std::find(labels.begin(), labels.end(), name.substr(dot + 1));
  if (label == labels.end()) return false;
  const ClassScores& scores = metrics.classes[static_cast<size_t>(label - labels.begin())];
  const std::array<double, 4> values{scores.precision, scores.recall, scores.f1, scores.roc_auc};
  for (size_t i = 0; i < values.size(); ++i)
    if (name.substr(0, dot) == kPerClass[i]) return measured = {values[i], true}, true;
  return false;
}

Json to_json(const Metrics& metrics, const std::vector<std::string>& labels) {
  Json json = {{"rows", metrics.rows}, {"confusion_matrix", {{"labels", labels}, {"counts", metrics.confusion}}}};
  for (const MetricName& each : metric_names()) json[each.name] = number(each.value(metrics));
  json["micro_precision"] = metrics.micro.precision;
  json["micro_recall"] = metrics.micro.recall;
  json["roc_auc_defined"] = number(metrics.roc_auc_defined);
  json["per_class"] = Json::array();
  for (size_t k = 0; k < labels.size(); ++k) {
    const ClassScores& scores = metrics.classes[k];
    json["per_class"].push_back({{"label", labels[k]},
                                 {"precision", scores.precision},
                                 {"recall", scores.recall},
                                 {"f1", scores.f1},
                                 {"roc_auc", number(scores.roc_auc)},
                                 {"support", scores.support}});
  }
  json["reliability"] = Json::array();
  for (size_t bin = 0; bin < metrics.reliability.size(); ++bin)
    json["reliability"].push_back({{"from", static_cast<double>(bin) / kReliabilityBins},
                                   {"to", static_cast<double>(bin + 1) / kReliabilityBins},
                                   {"rows", metrics.reliability[bin].rows},
                                   {"confidence", metrics.reliability[bin].confidence},
                                   {"accuracy", metrics.reliability[bin].accuracy}});
  return json;
}

}  // namespace mlopsctl::evaluate
