// Fine-tuning in a test: the tiny BERT, sentences from its vocabulary, and a network that is not one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"
#include "stages/finetune/fit.hpp"
#include "stages/finetune/options.hpp"
#include "tests/support/fake_network.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::finetune {

inline std::filesystem::path tiny_bert() { return testing::oracle_folder() / "tiny_bert"; }

struct Rows {
  std::vector<std::string> texts;
  std::vector<int> labels;
  ml::Examples view() const { return {{texts.begin(), texts.end()}, labels}; }
};

// Three labels; what a text says decides, `others` of a hundred say something else.
inline Rows flights(size_t count, size_t others = 0) {
  static const std::vector<std::string> says{"late crew bad", "the flight", "good crew"}, ends{"", " .", " was a flight", " , the crew ! ! !"};
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    const size_t label = i % 3, said = i * 37 % 100 < others ? (label + 1) % 3 : label;
    rows.texts.push_back(says[said] + ends[i / 3 % ends.size()] + (i / 12 % 2 == 0 ? "" : " a a"));
    rows.labels.push_back(static_cast<int>(label));
  }
  return rows;
}

// What a fit is asked for; change it, then run().
class Fitting {
 public:
  Fitting() {
    for (const spec::Field& field : bert_fields()) model[field.name] = field.default_value.value_or(Json());
    model["type"] = "bert";
    model["base"] = "base";
    model["max_tokens"] = 16;
    optimizer = {{"lr", 0.05}, {"epochs", 3}, {"batch_tokens", 64}};
  }

  Result<ml::TrainReport> run(const std::string& out = "model") {
    const Json stage_params = {{"optimizer", spec::complete(*optimizer_type(), optimizer)}};
    std::filesystem::create_directories(folder / out);
    std::filesystem::create_directories(folder / "checkpoints");
    std::filesystem::create_directories(folder / "memo");
    const ml::Examples train_examples = train.view();
    const ml::Examples validation_examples = validation.view();
    const std::vector<std::string> used = model["objective"] == "mlm" ? std::vector<std::string>() : labels;
    ml::TrainRequest request{model,
                             stage_params,
                             seed,
                             used,
                             train_examples,
                             validation.texts.empty() ? nullptr : &validation_examples,
                             {{"base", {base, digest_of("base"), "models/tiny"}}},
                             folder / out,
                             cancel,
                             [&](double done, std::string_view what) {
                               said.emplace_back(what);
                               EXPECT_GE(done, 0);
                               EXPECT_LE(done, 1);
                             }};
    request.checkpoints = [&]() -> Result<std::filesystem::path> { return folder / "checkpoints"; };
    request.memo = [&](const Digest& of) -> Result<std::filesystem::path> { return folder / "memo" / of.hex(); };
    return fit(request, factory, settings);
  }

  // The fault's field, message and hint, "" where there was none.
  std::string fault(const std::string& out = "model") {
    const auto ran = run(out);
    if (ran) return "";
    return (ran.error().field.empty() ? "" : ran.error().field + ": ") + ran.error().message + (ran.error().hint.empty() ? "" : " | " + ran.error().hint);
  }
  std::string digest(const std::string& out = "model") const { return digest_of_path(folder / out)->str(); }
  std::string log(const std::string& out = "model") const { return read_file(folder / out / "training.jsonl").value(); }
  void forget_checkpoints() const { std::filesystem::remove_all(folder / "checkpoints"); }

  testing::TemporaryFolder folder;
  std::filesystem::path base = tiny_bert();
  Json model, optimizer;
  uint64_t seed = 1;
  std::vector<std::string> labels{"negative", "neutral", "positive"};
  Rows train = flights(60), validation = flights(24);
  testing::FakeNetworkFactory factory;
  FitSettings settings;
  CancelToken cancel;
  std::vector<std::string> said;
};

}  // namespace mlopsctl::finetune
