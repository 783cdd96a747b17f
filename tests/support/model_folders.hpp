// Rows and model folders made by hand, for the tests of stages that read them.
#pragma once

#include <array>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/files.hpp"
#include "stages/data/rows.hpp"
#include "stages/train/train_stage.hpp"
#include "tests/support/fake_context.hpp"

namespace mlopsctl::testing {

using TextAndLabel = std::array<std::string, 2>;

inline std::filesystem::path write_rows(const std::filesystem::path& folder, const std::vector<TextAndLabel>& rows, const Json& recipe = Json::object()) {
  auto writer = data::RowsWriter::create(folder, {{}, recipe, folder.filename().string()}, false, false).value();
  for (size_t i = 0; i < rows.size(); ++i)
    if (!writer.add(std::to_string(i + 1), rows[i][0], rows[i][1])) throw std::runtime_error("cannot add a row to " + folder.string());
  if (!writer.finish()) throw std::runtime_error("cannot write " + folder.string());
  return folder;
}

// `count` rows of two labels, each text holding its label's word; every `noise`-th holds the other's. `prefix` varies the words around.
inline std::vector<TextAndLabel> good_and_bad(size_t count, size_t noise, const std::string& prefix = "thing") {
  std::vector<TextAndLabel> rows;
  for (size_t i = 0; i < count; ++i) {
    const bool good = (i % 2 == 0) != (i % noise == noise - 1);
    rows.push_back(
        {std::string(good ? "good" : "bad") + " " + prefix + std::to_string(i % 13) + " number" + std::to_string(i % 5), i % 2 == 0 ? "pos" : "neg"});
  }
  return rows;
}

// A naive Bayes model trained by the train stage on the rows in `train`, and on none but them.
inline std::filesystem::path train_model(const std::filesystem::path& folder, const std::filesystem::path& train, double alpha = 1) {
  const auto stage = train::make_train_stage();
  Json model = {{"type", "naive-bayes"}};
  for (const auto& field : stage->spec().fields)
    if (field.name == "model")
      for (const auto& alternative : field.type->alternatives)
        if (alternative.name == "naive-bayes")
          for (const auto& option : alternative.fields) model[option.name] = option.default_value.value_or(Json());
  model["alpha"] = alpha;
  FakeContext context(folder, {{"model", model}, {"calibration", "auto"}});
  context.input("clean.train", "rows", train);
  if (const Status run = stage->run(context); !run) throw std::runtime_error(run.error().message);
  return folder / "model";
}

}  // namespace mlopsctl::testing
