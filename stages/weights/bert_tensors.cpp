#include "stages/weights/bert_tensors.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace mlopsctl::weights {
namespace {

bool replace_ending(std::string& name, std::string_view ending, std::string_view by) {
  if (!name.ends_with(ending)) return false;
  name.replace(name.size() - ending.size(), ending.size(), by);
  return true;
}

// Weight and bias of a linear layer or of a layer norm.
void add_linear(std::vector<BertTensor>& all, const std::string& name, int64_t out, int64_t in, bool required = true) {
  all.push_back({name + ".weight", {out, in}, required});
  all.push_back({name + ".bias", {out}, required});
}
void add_norm(std::vector<BertTensor>& all, const std::string& name, int64_t size, bool required = true) {
  all.push_back({name + ".weight", {size}, required});
  all.push_back({name + ".bias", {size}, required});
}

// Heads of which either all or nothing is there. decoder.weight is the word embeddings and decoder.bias is predictions.bias; most files leave them out.
constexpr std::array<std::array<std::string_view, 5>, 4> heads{
    {{"bert.pooler.dense.weight", "bert.pooler.dense.bias"},
     {"classifier.weight", "classifier.bias"},
     {"cls.seq_relationship.weight", "cls.seq_relationship.bias"},
     {"cls.predictions.transform.dense.weight", "cls.predictions.transform.dense.bias", "cls.predictions.transform.LayerNorm.weight",
      "cls.predictions.transform.LayerNorm.bias", "cls.predictions.bias"}}};

Status check_heads(const Tensors& tensors, const std::string& origin) {
  for (const auto& head : heads) {
    std::string_view present, absent;
    for (const std::string_view name : head)
      if (!name.empty()) (tensors.contains(name) ? present : absent) = name;
    if (!present.empty() && !absent.empty())
      return stage_error(origin + ": has the tensor \"" + std::string(present) + "\" but not \"" + std::string(absent) + "\"");
  }
  return {};
}

}  // namespace

std::optional<std::string> bert_name(std::string_view name) {
  if (name.ends_with("embeddings.position_ids") || name.ends_with("embeddings.token_type_ids")) return std::nullopt;
  std::string plain(name);
  if (plain.find("LayerNorm.") != std::string::npos && !replace_ending(plain, ".gamma", ".weight")) replace_ending(plain, ".beta", ".bias");
  for (const std::string_view part : {"embeddings.", "encoder.", "pooler."})
    if (plain.starts_with(part)) return "bert." + plain;
  return plain;
}

std::vector<BertTensor> bert_tensors(const BertConfig& config) {
  std::vector<BertTensor> all;
  const int64_t hidden = config.hidden_size;
  all.push_back({"bert.embeddings.word_embeddings.weight", {config.vocab_size, hidden}});
  all.push_back({"bert.embeddings.position_embeddings.weight", {config.max_position_embeddings, hidden}});
  all.push_back({"bert.embeddings.token_type_embeddings.weight", {config.type_vocab_size, hidden}});
  add_norm(all, "bert.embeddings.LayerNorm", hidden);
  for (int64_t number = 0; number < config.num_hidden_layers; ++number) {
    const std::string layer = "bert.encoder.layer." + std::to_string(number) + ".";
    for (const char* part : {"query", "key", "value"}) add_linear(all, layer + "attention.self." + part, hidden, hidden);
    add_linear(all, layer + "attention.output.dense", hidden, hidden);
    add_norm(all, layer + "attention.output.LayerNorm", hidden);
    add_linear(all, layer + "intermediate.dense", config.intermediate_size, hidden);
    add_linear(all, layer + "output.dense", hidden, config.intermediate_size);
    add_norm(all, layer + "output.LayerNorm", hidden);
  }
  add_linear(all, "bert.pooler.dense", hidden, hidden, false);
  add_linear(all, "classifier", -1, hidden, false);
  add_linear(all, "cls.predictions.transform.dense", hidden, hidden, false);
  add_norm(all, "cls.predictions.transform.LayerNorm", hidden, false);
  all.push_back({"cls.predictions.bias", {config.vocab_size}, false});
  add_linear(all, "cls.predictions.decoder", config.vocab_size, hidden, false);
  add_linear(all, "cls.seq_relationship", 2, hidden, false);
  return all;
}

Status check_bert_tensors(const BertConfig& config, const Tensors& tensors, const std::string& origin,
                          const std::function<std::string(std::string_view)>& file_of) {
  std::set<std::string_view> known;
  const std::vector<BertTensor> all = bert_tensors(config);
  for (const BertTensor& expected : all) {
    known.insert(expected.name);
    const auto found = tensors.find(expected.name);
    if (found == tensors.end()) {
      if (!expected.required) continue;
      return stage_error(origin + ": has no tensor \"" + expected.name + "\"; config.json asks for it with shape " + describe(expected.shape));
    }
    const std::vector<int64_t>& shape = found->second.shape;
    bool fits = shape.size() == expected.shape.size();
    for (size_t i = 0; fits && i < shape.size(); ++i) fits = expected.shape[i] < 0 ? shape[i] > 0 : shape[i] == expected.shape[i];
    if (!fits)
      return stage_error(file_of(expected.name) + ": tensor \"" + expected.name + "\" has shape " + describe(shape) + ", config.json asks for " +
                         describe(expected.shape));
  }
  for (const auto& each : tensors)
    if (each.first.starts_with("bert.") && !known.contains(each.first))
      return stage_error(file_of(each.first) + ": tensor \"" + each.first + "\" is no part of the BERT that config.json describes (" +
                         std::to_string(config.num_hidden_layers) + (config.num_hidden_layers == 1 ? " layer)" : " layers)"));
  TRY(check_heads(tensors, origin));
  const auto weight = tensors.find("classifier.weight");
  if (weight == tensors.end()) return {};
  const int64_t rows = weight->second.shape[0];
  if (tensors.find("classifier.bias")->second.shape[0] != rows)
    return stage_error(file_of("classifier.bias") + ": tensor \"classifier.bias\" has shape " + describe(tensors.find("classifier.bias")->second.shape) +
                       ", \"classifier.weight\" has " + std::to_string(rows) + " rows");
  if (!config.labels.empty() && rows != static_cast<int64_t>(config.labels.size()))
    return stage_error(file_of("classifier.weight") + ": tensor \"classifier.weight\" has " + std::to_string(rows) + " rows, config.json has " +
                       std::to_string(config.labels.size()) + " labels");
  return {};
}

}  // namespace mlopsctl::weights
