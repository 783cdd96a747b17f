// Against scikit-learn and SciPy: tests/oracle/expected/calibration.json.
#include "stages/train/calibration.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "stages/train/fit_calibration.hpp"
#include "tests/support/oracle.hpp"

namespace mlopsctl::train {
namespace {

const Json& expected() {
  static const Json json = testing::oracle("calibration");
  return json;
}

TEST(Platt, FindsTheExactMinimum) {
  for (const Json& wanted : expected()["platt"]) {
    const auto name = wanted["name"].get<std::string>();
    const auto scores = wanted["scores"].get<std::vector<double>>();
    std::vector<bool> positive;
    for (const Json& label : wanted["labels"]) positive.push_back(label == 1);
    const Sigmoid found = fit_platt(scores, positive);
    const double a = wanted["a_exact"], b = wanted["b_exact"];
    EXPECT_NEAR(found.slope, a, 1e-7 * std::max(1.0, std::abs(a))) << name;
    EXPECT_NEAR(found.offset, b, 1e-7 * std::max(1.0, std::abs(b))) << name;
    for (size_t i = 0; i < scores.size(); ++i)
      EXPECT_NEAR(1 / (1 + std::exp(found.slope * scores[i] + found.offset)), wanted["probabilities"][i].get<double>(), 1e-8) << name;
  }
}

TEST(Temperature, FindsTheExactMinimum) {
  for (const Json& wanted : expected()["temperature"]) {
    const auto labels = wanted["labels"].get<std::vector<int>>();
    std::vector<double> scores;
    for (const Json& row : wanted["logits"])
      for (const Json& value : row) scores.push_back(value.get<double>());
    const double temperature = wanted["temperature"];
    EXPECT_NEAR(fit_temperature(scores, labels, scores.size() / labels.size()), temperature, 1e-8 * temperature) << wanted["name"];
  }
}

TEST(Calibration, GivesRowsThatAddToOne) {
  Calibration platt;
  platt.method = Calibration::Method::platt;
  platt.sigmoids = {{-2, 0.5}, {-1, 0}, {-3, 1}};
  const std::vector<double> scores{0.5, -1, 0, -900, -901, -899, 900, -900, -900};
  for (const Calibration& calibration : {Calibration(), platt}) {
    const auto found = apply(calibration, scores, 3);
    for (size_t row = 0; row < 3; ++row) EXPECT_NEAR(found[3 * row] + found[3 * row + 1] + found[3 * row + 2], 1, 1e-6);
    EXPECT_NEAR(found[6], 1, 1e-6);
  }
}

TEST(Calibration, OfTwoClassesIsOneSigmoid) {
  std::vector<double> scores;
  std::vector<int> given;
  for (int i = 0; i < 60; ++i) {
    const double margin = (i % 13) / 6.0 - 1;
    scores.push_back(-margin), scores.push_back(margin);
    given.push_back(margin + ((i * 7) % 5 - 2) * 0.3 > 0);
  }
  std::vector<std::string> warnings;
  const Calibration found = fit_calibration("auto", ml::ScoreKind::margin, scores, given, {"no", "yes"}, warnings);
  ASSERT_EQ(found.method, Calibration::Method::platt);
  EXPECT_NEAR(found.sigmoids[0].slope, found.sigmoids[1].slope, 1e-9);
  EXPECT_NEAR(found.sigmoids[0].offset, -found.sigmoids[1].offset, 1e-9);
  EXPECT_THAT(warnings, ::testing::IsEmpty());
}

TEST(Calibration, NeverTurnsAClassUpsideDown) {
  const std::vector<double> scores{-1, 1, -2, 2, 1, -1, 2, -2};  // always wrong
  std::vector<std::string> warnings;
  const Calibration found = fit_calibration("platt", ml::ScoreKind::margin, scores, {0, 0, 1, 1}, {"no", "yes"}, warnings);
  EXPECT_EQ(found.method, Calibration::Method::temperature);
  EXPECT_THAT(warnings,
              ::testing::ElementsAre("calibrated by a temperature instead of Platt's sigmoids: on the 4 rows at hand the scores of label \"no\" do not "
                                     "rise with its share"));
}

TEST(Calibration, SurvivesJson) {
  Calibration platt;
  platt.method = Calibration::Method::platt;
  platt.sigmoids = {{-2.25, 0.1}, {-1, 1.0 / 3}};
  Calibration temperature;
  temperature.method = Calibration::Method::temperature;
  temperature.temperature = 1.7;
  for (const Calibration& calibration : {Calibration(), platt, temperature})
    EXPECT_EQ(to_json(calibration_from_json(to_json(calibration), 2).value()), to_json(calibration));
  EXPECT_EQ(calibration_from_json({{"method", "isotonic"}}, 2).error().message, "calibration: unknown method \"isotonic\"; known: none, platt, temperature");
  EXPECT_EQ(calibration_from_json(to_json(platt), 3).error().message, "calibration: platt needs 3 slopes and offsets, one per label");
  EXPECT_EQ(calibration_from_json({{"method", "temperature"}, {"temperature", 0}}, 2).error().message, "calibration: temperature is no number above 0");
  EXPECT_EQ(calibration_from_json({{"method", 7}}, 2).error().message, "calibration: unknown method \"\"; known: none, platt, temperature");
}

}  // namespace
}  // namespace mlopsctl::train
