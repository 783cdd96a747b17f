#include "stages/evaluate/evaluation_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "stages/data/table.hpp"

namespace mlopsctl::evaluate {
namespace {

constexpr size_t kWorst = 20, kTextShown = 240;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

double confidence_of(const Contender& contender, size_t row) {
  const size_t classes = contender.model.labels().size();
  return contender.judged.probabilities[row * classes + static_cast<size_t>(contender.judged.predicted[row])];
}

// At most kTextShown bytes, cut between characters.
std::string shortened(std::string_view text) {
  if (text.size() <= kTextShown) return std::string(text);
  size_t end = kTextShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

Json metrics_table(const Evaluation& evaluation) {
  Json rows = Json::array();
  for (const MetricName& metric : metric_names()) {
    const double challenger = metric.value(evaluation.challenger.judged.metrics);
    Json row = {metric.name, number(challenger)};
    if (evaluation.champion) {
      const double champion = metric.value(evaluation.champion->judged.metrics);
      row.push_back(number(champion));
      row.push_back(number(challenger - champion));
    }
    rows.push_back(std::move(row));
  }
  Json columns = evaluation.champion ? Json{"metric", "challenger", "champion", "difference"} : Json{"metric", "challenger"};
  return {{"title", "Metrics"}, {"columns", std::move(columns)}, {"rows", std::move(rows)}};
}

Json class_table(const Contender& contender) {
  Json rows = Json::array();
  for (size_t k = 0; k < contender.model.labels().size(); ++k) {
    const ClassScores& scores = contender.judged.metrics.classes[k];
    rows.push_back({contender.model.labels()[k], scores.precision, scores.recall, scores.f1, number(scores.roc_auc), scores.support});
  }
  return {{"title", "Per label"}, {"columns", {"label", "precision", "recall", "f1", "roc_auc", "rows"}}, {"rows", std::move(rows)}};
}

Json inputs_json(const Evaluation& evaluation) {
  Json inputs = Json::array();
  size_t first = 0;
  for (const RowsInput& input : evaluation.inputs) {
    const auto begin = evaluation.challenger.judged.right.begin() + static_cast<std::ptrdiff_t>(first);
    const auto right = std::count(begin, begin + static_cast<std::ptrdiff_t>(input.rows.size()), 1);
    inputs.push_back({{"origin", input.origin},
                      {"rows", input.rows.size()},
                      {"accuracy", input.rows.size() == 0 ? Json() : Json(static_cast<double>(right) / static_cast<double>(input.rows.size()))}});
    first += input.rows.size();
  }
  return inputs;
}

Json worst_errors(const Evaluation& evaluation) {
  const Contender& challenger = evaluation.challenger;
  struct Wrong {
    size_t row;
    double confidence;
  };
  std::vector<Wrong> wrong;
  for (size_t row = 0; row < challenger.judged.right.size(); ++row)
    if (!challenger.judged.right[row]) wrong.push_back({row, confidence_of(challenger, row)});
  std::stable_sort(wrong.begin(), wrong.end(), [](const Wrong& a, const Wrong& b) { return a.confidence > b.confidence; });
  wrong.resize(std::min(wrong.size(), kWorst));
  Json rows = Json::array();
  for (const Wrong& each : wrong) {
    size_t row = each.row;
    auto input = evaluation.inputs.begin();
    while (row >= input->rows.size()) row -= (input++)->rows.size();
    const auto& labels = challenger.model.labels();
    rows.push_back({std::string(input->rows.id(row)), labels[static_cast<size_t>(challenger.judged.given[each.row])],
                    labels[static_cast<size_t>(challenger.judged.predicted[each.row])], each.confidence, shortened(input->rows.raw(row))});
  }
  return {{"title", "Most confident errors"}, {"columns", {"id", "label", "predicted", "confidence", "text"}}, {"rows", std::move(rows)}};
}

Json contender_json(const Contender& contender) {
  return {{"model", contender.model.origin()},
          {"type", contender.model.description()["type"]},
          {"digest", contender.digest},
          {"metrics", to_json(contender.judged.metrics, contender.model.labels())}};
}

Json interval_json(const Contender& contender) {
  const stats::Interval interval = accuracy_interval(contender.judged.metrics);
  return {interval.low, interval.high};
}

}  // namespace

Json evaluation_json(const Evaluation& evaluation) {
  Json json = {{"format", "mlopsctl-evaluation-1"},
               {"inputs", inputs_json(evaluation)},
               {"challenger", contender_json(evaluation.challenger)},
               {"champion", evaluation.champion ? contender_json(*evaluation.champion) : Json()},
               {"comparison", evaluation.comparison ? to_json(*evaluation.comparison) : Json()},
               {"verdict", to_json(evaluation.verdict)}};
  json["challenger"]["accuracy_interval_95"] = interval_json(evaluation.challenger);
  json["challenger"]["ece_if_calibrated"] = to_json(evaluation.calibration);
  if (evaluation.champion) json["champion"]["accuracy_interval_95"] = interval_json(*evaluation.champion);
  return json;
}

std::string predictions_csv(const Evaluation& evaluation) {
  std::string csv = "id,label,predicted,confidence\n";
  const Contender& challenger = evaluation.challenger;
  const auto& labels = challenger.model.labels();
  size_t row = 0;
  for (const RowsInput& input : evaluation.inputs)
    for (size_t i = 0; i < input.rows.size(); ++i, ++row) {
      char text[32];
      const int length = std::snprintf(text, sizeof text, "%.6f", confidence_of(challenger, row));
      data::append_csv(csv, {input.rows.id(i), labels[static_cast<size_t>(challenger.judged.given[row])],
                             labels[static_cast<size_t>(challenger.judged.predicted[row])], std::string_view(text, static_cast<size_t>(length))});
    }
  return csv;
}

Json summary_json(const Evaluation& evaluation) {
  const Contender& challenger = evaluation.challenger;
  const Json all = to_json(challenger.judged.metrics, challenger.model.labels());
  Json tables = {metrics_table(evaluation), class_table(challenger)};
  if (evaluation.inputs.size() > 1) {
    Json rows = Json::array();
    for (const Json& input : inputs_json(evaluation)) rows.push_back({input["origin"], input["rows"], input["accuracy"]});
    tables.push_back({{"title", "Per input"}, {"columns", {"input", "rows", "accuracy"}}, {"rows", std::move(rows)}});
  }
  tables.push_back(worst_errors(evaluation));
  return {{"tables", std::move(tables)},
          {"confusion_matrix", all["confusion_matrix"]},
          {"reliability", all["reliability"]},
          {"ece_if_calibrated", to_json(evaluation.calibration)},
          {"accuracy_interval_95", interval_json(challenger)},
          {"comparison", evaluation.comparison ? to_json(*evaluation.comparison) : Json()}};
}

}  // namespace mlopsctl::evaluate
