// Against scikit-learn: tests/oracle/expected/metrics.json.
#include "stages/evaluate/metrics.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "tests/support/oracle.hpp"

namespace mlopsctl::evaluate {
namespace {

constexpr double kTolerance = 1e-12;

const Json& expected() {
  static const Json json = testing::oracle("metrics");
  return json;
}

void expect_number(const Json& wanted, double found, const std::string& what) {
  if (wanted.is_null()) {
    EXPECT_TRUE(std::isnan(found)) << what << ": " << found << ", expected undefined";
  } else {
    EXPECT_NEAR(found, wanted.get<double>(), kTolerance) << what;
  }
}

void expect_averages(const Json& wanted, const Averages& found, const std::string& what) {
  expect_number(wanted["precision"], found.precision, what + " precision");
  expect_number(wanted["recall"], found.recall, what + " recall");
  expect_number(wanted["f1"], found.f1, what + " f1");
}

void expect_labels(const Json& wanted, const Metrics& found, const std::string& name) {
  expect_number(wanted["accuracy"], found.accuracy, name + " accuracy");
  expect_number(wanted["balanced_accuracy"], found.balanced_accuracy, name + " balanced_accuracy");
  expect_number(wanted["cohen_kappa"], found.kappa, name + " kappa");
  expect_number(wanted["matthews"], found.mcc, name + " matthews");
  EXPECT_EQ(Json(found.confusion), wanted["confusion_matrix"]) << name;
  for (size_t k = 0; k < found.classes.size(); ++k) {
    expect_number(wanted["per_class"]["precision"][k], found.classes[k].precision, name + " precision");
    expect_number(wanted["per_class"]["recall"][k], found.classes[k].recall, name + " recall");
    expect_number(wanted["per_class"]["f1"][k], found.classes[k].f1, name + " f1");
    EXPECT_EQ(wanted["per_class"]["support"][k], found.classes[k].support) << name;
  }
  expect_averages(wanted["macro"], found.macro, name + " macro");
  expect_averages(wanted["micro"], found.micro, name + " micro");
  expect_averages(wanted["weighted"], found.weighted, name + " weighted");
}

TEST(Metrics, AgreeWithScikitLearn) {
  ASSERT_GE(expected()["cases"].size(), 25U);
  for (const Json& wanted : expected()["cases"]) {
    const auto name = wanted["name"].get<std::string>();
    const auto given = wanted["true"].get<std::vector<int>>(), predicted = wanted["predicted"].get<std::vector<int>>();
    const size_t classes = wanted["classes"];
    expect_labels(wanted, measure_labels(given, predicted, classes), name);
    if (!wanted.contains("probabilities")) continue;

    std::vector<double> probabilities;
    for (const Json& row : wanted["probabilities"])
      for (const Json& value : row) probabilities.push_back(value.get<double>());
    const Metrics found = measure(given, probabilities, classes);
    expect_labels(wanted, found, name);
    for (size_t k = 0; k < classes; ++k) expect_number(wanted["roc_auc_per_class"][k], found.classes[k].roc_auc, name + " roc_auc of " + std::to_string(k));
    expect_number(classes == 2 ? wanted["roc_auc"] : wanted["roc_auc_ovr_macro"], found.roc_auc, name + " roc_auc");
    expect_number(wanted["roc_auc_ovr_macro_defined"], found.roc_auc_defined, name + " roc_auc_defined");
    expect_number(wanted["log_loss"], found.log_loss, name + " log_loss");
    expect_number(wanted["brier"], found.brier, name + " brier");
    expect_number(wanted["expected_calibration_error"], found.calibration_error, name + " ece");
  }
}

TEST(Metrics, AreFoundByName) {
  const std::vector<int> given{0, 0, 1}, predicted{0, 1, 1};
  const Metrics metrics = measure_labels(given, predicted, 2);
  const std::vector<std::string> labels{"negative", "very.positive"};
  Measured measured{};
  ASSERT_TRUE(find_metric(metrics, labels, "recall.negative", measured));
  EXPECT_EQ(measured.value, 0.5);
  ASSERT_TRUE(find_metric(metrics, labels, "precision.very.positive", measured));
  EXPECT_EQ(measured.value, 0.5);
  ASSERT_TRUE(find_metric(metrics, labels, "log_loss", measured));
  EXPECT_FALSE(measured.higher_is_better);
  EXPECT_FALSE(find_metric(metrics, labels, "recall.neutral", measured));
  EXPECT_TRUE(is_metric_name("recall.neutral"));
  EXPECT_FALSE(is_metric_name("recal.neutral"));
  EXPECT_FALSE(is_metric_name("recall."));
  EXPECT_FALSE(is_metric_name("acuracy"));
}

TEST(Metrics, BecomeJsonWithNullForUndefined) {
  const std::vector<int> given{0, 0};
  const std::vector<double> probabilities{0.9, 0.1, 0.6, 0.4};
  const Json json = to_json(measure(given, probabilities, 2), {"a", "b"});
  EXPECT_EQ(json["accuracy"], 1.0);
  EXPECT_TRUE(json["roc_auc"].is_null());
  EXPECT_EQ(json["confusion_matrix"], (Json{{"labels", {"a", "b"}}, {"counts", {{2, 0}, {0, 0}}}}));
  EXPECT_EQ(json["reliability"].size(), kReliabilityBins);
  EXPECT_EQ(json["reliability"][13]["rows"], 1);  // 0.9 in (13/15, 14/15]
}

}  // namespace
}  // namespace mlopsctl::evaluate
