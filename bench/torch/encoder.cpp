// Fine-tunes or scores with the encoder's network alone: texts are tokens before the clock starts, batches of 2,048 tokens.
// usage: bench_encoder train|score MODEL_FOLDER FILE.csv LABEL_COLUMN f32|bf16|auto [ROWS] [OUTPUT]
//   train: one epoch over ROWS rows (0: all) after a few steps to warm up; prints "rows/s VALUE", "tokens/s VALUE", seconds of each part;
//          writes the model into the folder OUTPUT.
//   score: all rows once; prints "rows/s VALUE"; writes the label found for each row, in order, into the file OUTPUT.
// And "precision NAME", "peak MEBIBYTES".
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "bench/support/texts.hpp"
#include "stages/finetune/batches.hpp"
#include "stages/finetune/network.hpp"
#include "stages/text/wordpiece.hpp"
#include "stages/weights/hugging_face.hpp"

namespace {

using namespace mlopsctl;
using finetune::Batch;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

struct Rows {
  std::vector<std::vector<int32_t>> ids;
  std::vector<int32_t> lengths, labels;
  size_t classes = 0;
};

Result<Rows> read(const std::string& model, const std::string& file, const std::string& label, size_t most) {
  TRY_ASSIGN(const text::WordPiece tokenizer, text::WordPiece::load(model, model));
  TRY_ASSIGN(const std::vector<std::string> texts, bench::column_of(file, "text"));
  TRY_ASSIGN(const std::vector<std::string> labels, bench::column_of(file, label));
  std::map<std::string, int32_t> classes;
  for (const std::string& each : labels) classes.emplace(each, 0);
  int32_t number = 0;
  for (auto& each : classes) each.second = number++;
  Rows rows;
  rows.classes = classes.size();
  for (size_t i = 0; i < (most > 0 ? std::min(most, texts.size()) : texts.size()); ++i) {
    tokenizer.encode_input(texts[i], 128, text::Truncation::head, rows.ids.emplace_back());
    rows.lengths.push_back(static_cast<int32_t>(rows.ids.back().size()));
    rows.labels.push_back(classes[labels[i]]);
  }
  return rows;
}

Batch gather(const Rows& rows, const finetune::Group& group) {
  Batch batch;
  for (const uint32_t row : group) {
    batch.ids.insert(batch.ids.end(), rows.ids[row].begin(), rows.ids[row].end());
    batch.starts.push_back(static_cast<int32_t>(batch.ids.size()));
    batch.labels.push_back(rows.labels[row]);
  }
  return batch;
}

Result<std::unique_ptr<finetune::Network>> open(const weights::BertFolder& model, const std::string& precision, size_t classes, bool train) {
  TRY_ASSIGN(const finetune::NetworkFactory* factory, finetune::network_factory());
  const weights::BertConfig& c = model.config();
  finetune::NetworkOptions options;
  options.shape = {c.vocab_size,      c.hidden_size,    c.num_hidden_layers, c.num_attention_heads, c.intermediate_size, c.max_position_embeddings,
                   c.type_vocab_size, c.layer_norm_eps, c.hidden_act};
  options.classes = static_cast<int64_t>(classes);
  options.precision = precision == "bf16" ? finetune::Precision::bf16 : finetune::Precision::f32;
  if (precision == "auto") { TRY_ASSIGN(options.precision, factory->fastest(options.shape, "cpu", 0)); }
  if (train) {
    for (const auto& [name, tensor] : model.tensors())
      if (name.starts_with("bert.")) options.learning[name] = {1, name.find("LayerNorm") == std::string::npos && !name.ends_with("bias")};
    for (const char* name : {"bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias"}) options.learning[name] = {};
  }
  std::printf("precision %s\n", std::string(to_string(options.precision)).c_str());
  return factory->make(options, model.tensors(), 1);
}

Status train(finetune::Network& network, const Rows& rows) {
  const auto groups = finetune::shuffled_groups(rows.lengths, {}, 1);
  double accumulating = 0, stepping = 0, loss = 0;
  size_t seen = 0, tokens = 0, warm = std::min<size_t>(3, groups.size() - 1);
  Clock::time_point begin;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (i == warm) {
      begin = Clock::now();
      accumulating = stepping = loss = 0;
      seen = tokens = 0;
    }
    const Batch batch = gather(rows, groups[i]);
    const auto start = Clock::now();
    TRY_ASSIGN(const double own, network.accumulate(batch, 1.0 / static_cast<double>(batch.texts()), i));
    accumulating += seconds_since(start);
    const auto middle = Clock::now();
    TRY(network.step({.learning_rate = 5e-5, .clip = 1}));
    stepping += seconds_since(middle);
    loss += own;
    seen += batch.texts();
    tokens += batch.tokens();
  }
  const double all = seconds_since(begin);
  std::printf("rows/s %.1f\ntokens/s %.0f\nrows %zu\nseconds %.2f\naccumulate %.2f\nstep %.2f\nloss %.4f\n", static_cast<double>(seen) / all,
              static_cast<double>(tokens) / all, seen, all, accumulating, stepping, loss / static_cast<double>(groups.size() - warm));
  return {};
}

Status score(finetune::Network& network, const Rows& rows, const char* labels_file) {
  const auto groups = finetune::sorted_groups(rows.lengths, {});
  for (size_t i = 0; i < std::min<size_t>(2, groups.size()); ++i) TRY(network.logits(gather(rows, groups[i])));
  std::vector<size_t> found(rows.ids.size());
  const auto begin = Clock::now();
  for (const auto& group : groups) {
    TRY_ASSIGN(const std::vector<float> logits, network.logits(gather(rows, group)));
    for (size_t i = 0; i < group.size(); ++i) {
      const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i * rows.classes);
      found[group[i]] = static_cast<size_t>(std::max_element(row, row + static_cast<std::ptrdiff_t>(rows.classes)) - row);
    }
  }
  std::printf("rows/s %.1f\nrows %zu\n", static_cast<double>(found.size()) / seconds_since(begin), found.size());
  if (labels_file != nullptr) {
    std::ofstream file(labels_file);
    for (const size_t label : found) file << label << '\n';
  }
  return {};
}

Status run(int count, char** words) {
  TRY_ASSIGN(const Rows rows, read(words[2], words[3], words[4], count > 6 ? std::strtoull(words[6], nullptr, 10) : 0));
  TRY_ASSIGN(const weights::BertFolder model, weights::BertFolder::open(words[2], words[2]));
  const bool training = std::string(words[1]) == "train";
  TRY_ASSIGN(const auto network, open(model, words[5], rows.classes, training));
  TRY(training ? train(*network, rows) : score(*network, rows, count > 7 ? words[7] : nullptr));
  if (training && count > 7) {
    weights::BertConfig config = model.config();
    for (size_t label = 0; label < rows.classes; ++label) config.labels.push_back("LABEL_" + std::to_string(label));
    TRY_ASSIGN(const finetune::Tensors tensors, network->parameters());
    TRY(weights::write_bert_folder(words[7], config, tensors, words[2]));
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("peak %.0f\n", static_cast<double>(usage.ru_maxrss) / 1024);
  return {};
}

}  // namespace

int main(int count, char** words) {
  if (count < 6) return 2;
  const Status done = run(count, words);
  if (!done.ok()) std::fprintf(stderr, "error: %s\nhint: %s\n", done.error().message.c_str(), done.error().hint.c_str());
  return done.ok() ? 0 : 3;
}
