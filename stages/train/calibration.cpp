#include "stages/train/calibration.hpp"

#include <algorithm>
#include <cmath>

namespace mlopsctl::train {
namespace {

constexpr double kLowest = 0.01, kHighest = 100;

// log(1 + exp(-z)) and 1 / (1 + exp(-z)) without overflow.
double log_loss_of(double z) { return z >= 0 ? std::log1p(std::exp(-z)) : -z + std::log1p(std::exp(z)); }
double logistic(double z) { return z >= 0 ? 1 / (1 + std::exp(-z)) : std::exp(z) / (1 + std::exp(z)); }

// Turns one row of logits into probabilities, in place.
void softmax(std::span<double> row) {
  const double largest = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (double& value : row) sum += value = std::exp(value - largest);
  for (double& value : row) value /= sum;
}

void sigmoid_row(const std::vector<Sigmoid>& sigmoids, std::span<double> row) {
  double sum = 0;
  for (size_t k = 0; k < row.size(); ++k) {
    row[k] = -(sigmoids[k].slope * row[k] + sigmoids[k].offset);
    sum += logistic(row[k]);
  }
  // Every class is out of the question in double precision: the least unlikely one wins.
  if (sum == 0) return softmax(row);
  for (double& value : row) value = logistic(value) / sum;
}

}  // namespace

Sigmoid fit_platt(std::span<const double> scores, const std::vector<bool>& positive) {
  const double ones = static_cast<double>(std::count(positive.begin(), positive.end(), true));
  const double zeros = static_cast<double>(positive.size()) - ones;
  const double high = (ones + 1) / (ones + 2), low = 1 / (zeros + 2);
  // In units of the largest score, so that the Newton system is well scaled.
  double unit = 0;
  for (const double score : scores) unit = std::max(unit, std::abs(score));
  if (unit == 0) unit = 1;

  double slope = 0, offset = std::log((zeros + 1) / (ones + 1));
  const auto loss = [&](double a, double b) {
    double sum = 0;
    for (size_t i = 0; i < scores.size(); ++i) {
      const double z = -(a * scores[i] / unit + b), target = positive[i] ? high : low;
      sum += target * log_loss_of(z) + (1 - target) * log_loss_of(-z);
    }
    return sum;
  };
  double current = loss(slope, offset);
  for (int iteration = 0; iteration < 100; ++iteration) {
    double gradient_a = 0, gradient_b = 0, h_aa = 1e-12, h_ab = 0, h_bb = 1e-12;
    for (size_t i = 0; i < scores.size(); ++i) {
      const double x = scores[i] / unit, p = logistic(-(slope * x + offset)), target = positive[i] ? high : low;
      gradient_a += x * (target - p);
      gradient_b += target - p;
      h_aa += x * x * p * (1 - p);
      h_ab += x * p * (1 - p);
      h_bb += p * (1 - p);
    }
    if (std::max(std::abs(gradient_a), std::abs(gradient_b)) < 1e-12) break;
    const double determinant = h_aa * h_bb - h_ab * h_ab;
    const double step_a = -(h_bb * gradient_a - h_ab * gradient_b) / determinant, step_b = -(h_aa * gradient_b - h_ab * gradient_a) / determinant;
    double size = 1;
    while (size > 1e-10) {
      const double next = loss(slope + size * step_a, offset + size * step_b);
      if (next <= current) {
        slope += size * step_a, offset += size * step_b, current = next;
        break;
      }
      size /= 2;
    }
    if (size <= 1e-10) break;
  }
  return {slope / unit, offset};
}

double fit_temperature(std::span<const double> scores, std::span<const int> labels, size_t classes) {
  std::vector<double> row(classes);
  const auto rising = [&](double inverse) {
    double sum = 0;
    for (size_t i = 0; i < labels.size(); ++i) {
      const auto given = scores.subspan(i * classes, classes);
      for (size_t k = 0; k < classes; ++k) row[k] = given[k] * inverse;
      softmax(row);
      // Relative to the right class, so that a large offset common to a row does not cost digits.
      for (size_t k = 0; k < classes; ++k) sum += row[k] * (given[k] - given[static_cast<size_t>(labels[i])]);
    }
    return sum > 0;
  };
  double low = 1 / kHighest, high = 1 / kLowest;
  if (rising(low)) return kHighest;
  if (!rising(high)) return kLowest;
  for (int halving = 0; halving < 80 && low < high; ++halving) {
    const double middle = (low + high) / 2;
    (rising(middle) ? high : low) = middle;
  }
  return 2 / (low + high);
}

void normalise(std::vector<double>& scores, size_t classes) {
  for (size_t begin = 0; begin < scores.size(); begin += classes) {
    const auto row = std::span(scores).subspan(begin, classes);
    const double largest = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (const double value : row) sum += std::exp(value - largest);
    for (double& value : row) value -= largest + std::log(sum);
  }
}

std::vector<float> apply(const Calibration& calibration, std::span<const double> scores, size_t classes) {
  std::vector<float> probabilities(scores.size());
  std::vector<double> row(classes);
  for (size_t begin = 0; begin < scores.size(); begin += classes) {
    for (size_t k = 0; k < classes; ++k) row[k] = scores[begin + k] / calibration.temperature;
    if (calibration.method == Calibration::Method::platt) sigmoid_row(calibration.sigmoids, row);
    else softmax(row);
    for (size_t k = 0; k < classes; ++k) probabilities[begin + k] = static_cast<float>(row[k]);
  }
  return probabilities;
}

Json to_json(const Calibration& calibration) {
  switch (calibration.method) {
    case Calibration::Method::none:
      break;
    case Calibration::Method::temperature:
      return {{"method", "temperature"}, {"temperature", calibration.temperature}};
    case Calibration::Method::platt: {
      Json slopes = Json::array(), offsets = Json::array();
      for (const Sigmoid& sigmoid : calibration.sigmoids) slopes.push_back(sigmoid.slope), offsets.push_back(sigmoid.offset);
      return {{"method", "platt"}, {"slopes", slopes}, {"offsets", offsets}};
    }
  }
  return {{"method", "none"}};
}

Result<Calibration> calibration_from_json(const Json& json, size_t classes) {
  const auto fault = [](std::string what) { return stage_error("calibration: " + std::move(what)); };
  const Json named = json.is_object() ? json.value("method", Json()) : Json();
  const std::string method = named.is_string() ? named.get<std::string>() : "";
  Calibration calibration;
  if (method == "none") return calibration;
  if (method == "temperature") {
    const Json value = json.value("temperature", Json());
    if (!value.is_number() || !(value.get<double>() > 0)) return fault("temperature is no number above 0");
    calibration.method = Calibration::Method::temperature;
    calibration.temperature = value.get<double>();
    return calibration;
  }
  if (method != "platt") return fault("unknown method \"" + method + "\"; known: none, platt, temperature");
  const Json slopes = json.value("slopes", Json()), offsets = json.value("offsets", Json());
  if (!slopes.is_array() || !offsets.is_array() || slopes.size() != classes || offsets.size() != classes)
    return fault("platt needs " + std::to_string(classes) + " slopes and offsets, one per label");
  calibration.method = Calibration::Method::platt;
  for (size_t k = 0; k < classes; ++k) {
    if (!slopes[k].is_number() || !offsets[k].is_number()) return fault("slopes and offsets must be numbers");
    calibration.sigmoids.push_back({slopes[k].get<double>(), offsets[k].get<double>()});
  }
  return calibration;
}

}  // namespace mlopsctl::train
