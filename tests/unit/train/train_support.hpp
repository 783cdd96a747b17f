// What the tests of training share: canonical parameters, real data, training without a stage.
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/digest.hpp"
#include "stages/data/table.hpp"
#include "stages/ml_api.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::train {

inline const ml::Trainer& trainer(std::string_view type) {
  for (const ml::Trainer& each : ml::trainers())
    if (each.type == type) return each;
  throw std::runtime_error("no such trainer");
}

// The family's parameters as the pipeline file's reader would give them.
inline Json canonical_params(std::string_view type, const Json& given = Json::object()) {
  Json params = {{"type", type}};
  for (const spec::Field& field : trainer(type).fields) params[field.name] = field.default_value.value_or(Json());
  params.update(given);
  return params;
}

struct Texts {
  std::vector<std::string> texts, labels;
};

using testing::test_data;

inline Texts read_texts(const std::filesystem::path& path, std::string_view text, std::string_view label, bool quotes = true) {
  data::TableOptions options;
  options.quotes = quotes;
  auto reader = data::TableReader::open(path, options, path.filename().string()).value();
  const size_t text_column = reader.column(text).value(), label_column = reader.column(label).value();
  Texts result;
  data::Record record;
  data::BadRecord bad;
  while (reader.next(record, bad).value() == data::Next::record) {
    result.texts.emplace_back(record.fields[text_column]);
    result.labels.emplace_back(record.fields[label_column]);
  }
  return result;
}

// One trained family and the folder it was written to.
struct Trained {
  std::vector<std::string> labels;
  ml::TrainReport report;
  Json description;
  testing::TemporaryFolder folder;
};

inline std::unique_ptr<Trained> train_family(const Texts& rows, const Json& params, uint64_t seed = 1) {
  auto trained = std::make_unique<Trained>();
  trained->labels = rows.labels;
  std::sort(trained->labels.begin(), trained->labels.end());
  trained->labels.erase(std::unique(trained->labels.begin(), trained->labels.end()), trained->labels.end());
  ml::Examples examples;
  for (size_t i = 0; i < rows.texts.size(); ++i) {
    examples.texts.push_back(rows.texts[i]);
    examples.labels.push_back(static_cast<int>(std::lower_bound(trained->labels.begin(), trained->labels.end(), rows.labels[i]) - trained->labels.begin()));
  }
  const Json stage_params = Json::object();
  const CancelToken cancel;
  const ml::TrainRequest request{
      params, stage_params, seed, trained->labels, examples, nullptr, {}, trained->folder.path(), cancel, [](double, std::string_view) {}};
  auto report = trainer(params["type"].get<std::string>()).train(request);
  if (!report) throw std::runtime_error(report.error().message);
  trained->report = *std::move(report);
  trained->description = {{"labels", trained->labels}, {"params", params}, {"family", trained->report.family}};
  return trained;
}

inline std::vector<double> scores_of(const ml::Classifier& classifier, const std::vector<std::string>& texts, std::vector<float>* unknown = nullptr) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const CancelToken cancel;
  return classifier.scores(views, cancel, unknown).value();
}

// The labels with the highest score.
inline std::vector<std::string> answers(const std::vector<double>& scores, const std::vector<std::string>& labels) {
  std::vector<std::string> result;
  for (size_t begin = 0; begin < scores.size(); begin += labels.size()) {
    const auto row = scores.begin() + static_cast<std::ptrdiff_t>(begin);
    result.push_back(labels[static_cast<size_t>(std::max_element(row, row + static_cast<std::ptrdiff_t>(labels.size())) - row)]);
  }
  return result;
}

inline double accuracy(const std::vector<std::string>& predicted, const std::vector<std::string>& given) {
  size_t right = 0;
  for (size_t i = 0; i < given.size(); ++i) right += predicted[i] == given[i];
  return static_cast<double>(right) / static_cast<double>(given.size());
}

}  // namespace mlopsctl::train
