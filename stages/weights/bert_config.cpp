#include "stages/weights/bert_config.hpp"

#include <algorithm>
#include <array>

#include "pipeline/base/files.hpp"

namespace mlopsctl::weights {
namespace {

constexpr std::array<std::string_view, 5> activations{"gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu"};

struct SizeRow {
  std::string_view key;
  int64_t BertConfig::*field;
  int64_t least, most;  // the products of any two stay far from the end of int64_t
  bool required;
};
constexpr std::array<SizeRow, 8> sizes{{{"vocab_size", &BertConfig::vocab_size, 1, 100'000'000, true},
                                        {"hidden_size", &BertConfig::hidden_size, 1, 1'000'000, true},
                                        {"num_hidden_layers", &BertConfig::num_hidden_layers, 1, 1'000, true},
                                        {"num_attention_heads", &BertConfig::num_attention_heads, 1, 1'000'000, true},
                                        {"intermediate_size", &BertConfig::intermediate_size, 1, 10'000'000, true},
                                        {"max_position_embeddings", &BertConfig::max_position_embeddings, 2, 10'000'000, true},
                                        {"type_vocab_size", &BertConfig::type_vocab_size, 1, 1'000'000, false},
                                        {"pad_token_id", &BertConfig::pad_token_id, 0, 100'000'000, false}}};

struct NumberRow {
  std::string_view key;
  double BertConfig::*field;
  double most;  // the least is 0
};
constexpr std::array<NumberRow, 4> numbers{{{"layer_norm_eps", &BertConfig::layer_norm_eps, 0.1},
                                            {"hidden_dropout_prob", &BertConfig::hidden_dropout_prob, 0.99},
                                            {"attention_probs_dropout_prob", &BertConfig::attention_probs_dropout_prob, 0.99},
                                            {"initializer_range", &BertConfig::initializer_range, 10}}};

// The keys of one config.json; every reader says what was found and what was expected.
class Reader {
 public:
  Reader(const Json& json, const std::string& origin) : json_(json), origin_(origin) {}

  // Null counts as absent, as in Hugging Face's files.
  const Json* find(std::string_view key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  Error fault(std::string_view key, const std::string& what) const { return stage_error(origin_ + ": " + std::string(key) + ": " + what); }
  Error unexpected(std::string_view key, const std::string& wanted, const Json& got) const {
    const std::string text = canonical(got);
    return fault(key, "expected " + wanted + ", got " + (text.size() > 80 ? text.substr(0, 77) + "..." : text));
  }

  Status size(const SizeRow& row, BertConfig& config) const {
    const Json* value = find(row.key);
    if (value == nullptr) return row.required ? Status(stage_error(origin_ + ": has no " + std::string(row.key))) : Status();
    const bool fits = value->is_number_integer() && (!value->is_number_unsigned() || value->get<uint64_t>() <= static_cast<uint64_t>(row.most)) &&
                      value->get<int64_t>() >= row.least && value->get<int64_t>() <= row.most;
    if (!fits) return unexpected(row.key, "a whole number from " + std::to_string(row.least) + " to " + std::to_string(row.most), *value);
    config.*row.field = value->get<int64_t>();
    return {};
  }
  Status number(std::string_view key, double most, double& into) const {
    const Json* value = find(key);
    if (value == nullptr) return {};
    if (!value->is_number() || !(value->get<double>() >= 0) || !(value->get<double>() <= most))
      return unexpected(key, "a number from 0 to " + canonical(Json(most)), *value);
    into = value->get<double>();
    return {};
  }
  // The one value with which the model is a plain BERT encoder.
  Status only(std::string_view key, const Json& allowed, const std::string& why) const {
    const Json* value = find(key);
    if (value == nullptr || *value == allowed) return {};
    return fault(key, why + "; expected " + canonical(allowed) + ", got " + canonical(*value));
  }

  Result<std::vector<std::string>> labels() const {
    const Json* names = find("id2label");
    std::vector<std::string> labels;
    if (names == nullptr) return labels;
    if (!names->is_object()) return unexpected("id2label", "a mapping of ids to labels", *names);
    for (size_t id = 0; id < names->size(); ++id) {
      const auto name = names->find(std::to_string(id));
      if (name == names->end())
        return fault("id2label", "has " + std::to_string(names->size()) + " labels but none for \"" + std::to_string(id) + "\"; expected the ids 0 to " +
                                     std::to_string(names->size() - 1));
      if (!name->is_string()) return unexpected("id2label." + std::to_string(id), "text", *name);
      labels.push_back(name->get<std::string>());
      if (std::find(labels.begin(), labels.end() - 1, labels.back()) != labels.end() - 1)
        return fault("id2label", "the label \"" + labels.back() + "\" appears twice");
    }
    if (const Json* ids = find("label2id")) {
      Json expected = Json::object();
      for (size_t id = 0; id < labels.size(); ++id) expected[labels[id]] = id;
      if (*ids != expected) return fault("label2id", "is not the inverse of id2label");
    }
    return labels;
  }

 private:
  const Json& json_;
  const std::string& origin_;
};

}  // namespace

Result<BertConfig> parse_bert_config(std::string_view text, const std::string& origin) {
  auto parsed = parse_json(text, origin);
  if (!parsed) return stage_error(parsed.error().message);
  const Json json = *std::move(parsed);
  if (!json.is_object()) return stage_error(origin + ": expected a JSON object");
  const Reader reader(json, origin);
  const Json* type = reader.find("model_type");
  if (type == nullptr) return stage_error(origin + ": has no model_type; expected \"bert\"").with_hint("add \"model_type\": \"bert\" if it is one");
  if (*type != "bert")
    return reader.unexpected("model_type", "\"bert\"", *type).with_hint("choose a base model whose config.json says \"model_type\": \"bert\"");
  TRY(reader.only("position_embedding_type", "absolute", "relative positions are not supported"));
  TRY(reader.only("is_decoder", false, "decoders are not supported"));
  TRY(reader.only("add_cross_attention", false, "decoders are not supported"));
  TRY(reader.only("pruned_heads", Json::object(), "pruned heads are not supported"));
  if (reader.find("quantization_config") != nullptr) return reader.fault("quantization_config", "quantised weights are not supported");

  BertConfig config;
  for (const SizeRow& row : sizes) TRY(reader.size(row, config));
  for (const NumberRow& row : numbers) TRY(reader.number(row.key, row.most, config.*row.field));
  if (double dropout = 0; reader.find("classifier_dropout") != nullptr) {
    TRY(reader.number("classifier_dropout", 0.99, dropout));
    config.classifier_dropout = dropout;
  }
  if (const Json* act = reader.find("hidden_act")) {
    if (!act->is_string() || std::find(activations.begin(), activations.end(), act->get<std::string>()) == activations.end())
      return reader.unexpected("hidden_act", "gelu, gelu_new, gelu_pytorch_tanh, relu or silu", *act);
    config.hidden_act = act->get<std::string>();
  }
  if (config.hidden_size % config.num_attention_heads != 0)
    return reader.fault(
        "hidden_size", std::to_string(config.hidden_size) + " is no multiple of the " + std::to_string(config.num_attention_heads) + " of num_attention_heads");
  if (config.pad_token_id >= config.vocab_size)
    return reader.fault("pad_token_id", std::to_string(config.pad_token_id) + " is not below the " + std::to_string(config.vocab_size) + " of vocab_size");
  TRY_ASSIGN(config.labels, reader.labels());
  return config;
}

Result<BertConfig> read_bert_config(const std::filesystem::path& path, const std::string& origin) {
  TRY_ASSIGN(const std::string text, read_file(path));
  return parse_bert_config(text, origin);
}

Json to_json(const BertConfig& config) {
  Json json = {{"model_type", "bert"}, {"position_embedding_type", "absolute"}, {"hidden_act", config.hidden_act}};
  for (const SizeRow& row : sizes) json[std::string(row.key)] = config.*row.field;
  for (const NumberRow& row : numbers) json[std::string(row.key)] = config.*row.field;
  json["classifier_dropout"] = config.classifier_dropout ? Json(*config.classifier_dropout) : Json();
  if (!config.labels.empty()) {
    json["problem_type"] = "single_label_classification";
    for (size_t id = 0; id < config.labels.size(); ++id) {
      json["id2label"][std::to_string(id)] = config.labels[id];
      json["label2id"][config.labels[id]] = id;
    }
  }
  return json;
}

}  // namespace mlopsctl::weights
