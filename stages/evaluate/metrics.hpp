// Classification metrics as scikit-learn defines them (user guide, section 3.4; checked against it in tests). Every class counts, also one that
// occurs nowhere; a ratio 0/0 is 0; what is undefined (the AUC of a class without rows) is NaN and becomes null in JSON.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::evaluate {

struct Averages {
  double precision = 0, recall = 0, f1 = 0;
};
struct ClassScores : Averages {
  int64_t support = 0;  // rows of the class
  double roc_auc = 0;   // against the rest
};

// A bin of confidences and how often its rows were right.
struct ReliabilityBin {
  int64_t rows = 0;
  double confidence = 0, accuracy = 0;  // means
};
constexpr size_t kReliabilityBins = 15;

struct Metrics {
  int64_t rows = 0;
  double even_rows = 0;                         // where rows have weights: how many drawn evenly tell as much of the accuracy; else 0
  std::vector<std::vector<int64_t>> confusion;  // [true][predicted]
  std::vector<ClassScores> classes;
  Averages macro, micro, weighted;
  double accuracy = 0, balanced_accuracy = 0, kappa = 0, mcc = 0;

  // From probabilities.
  double roc_auc = 0;          // two classes: of the second; more: mean over the classes, each against the rest
  double roc_auc_defined = 0;  // more than two: mean over those that have one
  double log_loss = 0, brier = 0, calibration_error = 0;
  std::vector<ReliabilityBin> reliability;  // bin b holds confidences in (b/15, (b+1)/15]
};

// Wilson's, of the accuracy.
stats::Interval accuracy_interval(const Metrics& metrics, double confidence = 0.95);

// From labels alone; indices below `classes`.
Metrics measure_labels(std::span<const int> given, std::span<const int> predicted, size_t classes);
// `probabilities`: rows x classes; predicted is the first of the largest.
Metrics measure(std::span<const int> given, std::span<const double> probabilities, size_t classes);

// The metrics that have one number each, by the names that gates and histories use: "accuracy", "macro_f1", "log_loss" ...
struct MetricName {
  std::string name;
  bool higher_is_better;
  double (*value)(const Metrics&);
};
const std::vector<MetricName>& metric_names();
// Those and the per-class ones, "recall.<label>". NaN when undefined; false when there is no such metric.
struct Measured {
  double value;
  bool higher_is_better;
};
bool find_metric(const Metrics& metrics, const std::vector<std::string>& labels, const std::string& name, Measured& measured);
// Whether a gate may name it, as far as that can be told before the labels are known.
bool is_metric_name(const std::string& name);

Json to_json(const Metrics& metrics, const std::vector<std::string>& labels);

}  // namespace mlopsctl::evaluate
