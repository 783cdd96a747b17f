#include "stages/weights/bert_config.hpp"

#include <gmock/gmock.h>

#include "tests/unit/weights/tiny_bert.hpp"

namespace mlopsctl::weights {
namespace {

Json tiny() { return parse_json(read_file(tiny_bert() / "config.json").value(), "config").value(); }

// What is wrong once `changes` are made to the tiny BERT's config.json.
std::string fault(const Json& changes) {
  Json json = tiny();
  json.update(changes);
  const auto config = parse_bert_config(json.dump(), "config.json");
  return config ? "" : config.error().message;
}

TEST(BertConfig, ReadsWhatTransformersWrites) {
  const auto config = read_bert_config(tiny_bert() / "config.json", "config.json");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->vocab_size, 20);
  EXPECT_EQ(config->hidden_size, 8);
  EXPECT_EQ(config->num_hidden_layers, 2);
  EXPECT_EQ(config->num_attention_heads, 2);
  EXPECT_EQ(config->intermediate_size, 12);
  EXPECT_EQ(config->max_position_embeddings, 16);
  EXPECT_EQ(config->type_vocab_size, 2);
  EXPECT_EQ(config->layer_norm_eps, 1e-12);
  EXPECT_EQ(config->hidden_dropout_prob, 0.1);
  EXPECT_EQ(config->classifier_dropout, std::nullopt);
  EXPECT_EQ(config->hidden_act, "gelu");
  EXPECT_THAT(config->labels, ::testing::ElementsAre("negative", "neutral", "positive"));
}

TEST(BertConfig, ReadsBackWhatItWrites) {
  auto config = read_bert_config(tiny_bert() / "config.json", "config.json").value();
  config.classifier_dropout = 0.25;
  config.labels = {"übel", "\"gut\""};
  const auto again = parse_bert_config(pretty(to_json(config)), "config.json");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(*again, config);
}

TEST(BertConfig, RefusesOtherModels) {
  EXPECT_EQ(fault({{"model_type", "roberta"}}), "config.json: model_type: expected \"bert\", got \"roberta\"");
  EXPECT_EQ(fault({{"model_type", nullptr}}), "config.json: has no model_type; expected \"bert\"");
  EXPECT_EQ(fault({{"position_embedding_type", "relative_key"}}),
            "config.json: position_embedding_type: relative positions are not supported; expected \"absolute\", got \"relative_key\"");
  EXPECT_EQ(fault({{"is_decoder", true}}), "config.json: is_decoder: decoders are not supported; expected false, got true");
  EXPECT_EQ(fault({{"pruned_heads", {{"0", {1}}}}}), "config.json: pruned_heads: pruned heads are not supported; expected {}, got {\"0\":[1]}");
  EXPECT_EQ(fault({{"quantization_config", {{"bits", 4}}}}), "config.json: quantization_config: quantised weights are not supported");
  EXPECT_EQ(fault({{"hidden_act", "swiglu"}}), "config.json: hidden_act: expected gelu, gelu_new, gelu_pytorch_tanh, relu or silu, got \"swiglu\"");
}

TEST(BertConfig, RefusesImpossibleNumbers) {
  EXPECT_EQ(fault({{"hidden_size", nullptr}}), "config.json: has no hidden_size");
  EXPECT_EQ(fault({{"hidden_size", "8"}}), "config.json: hidden_size: expected a whole number from 1 to 1000000, got \"8\"");
  EXPECT_EQ(fault({{"hidden_size", 0}}), "config.json: hidden_size: expected a whole number from 1 to 1000000, got 0");
  EXPECT_EQ(fault({{"vocab_size", 18446744073709551615U}}), "config.json: vocab_size: expected a whole number from 1 to 100000000, got 18446744073709551615");
  EXPECT_EQ(fault({{"vocab_size", 20.5}}), "config.json: vocab_size: expected a whole number from 1 to 100000000, got 20.5");
  EXPECT_EQ(fault({{"num_attention_heads", 3}}), "config.json: hidden_size: 8 is no multiple of the 3 of num_attention_heads");
  EXPECT_EQ(fault({{"pad_token_id", 20}}), "config.json: pad_token_id: 20 is not below the 20 of vocab_size");
  EXPECT_EQ(fault({{"layer_norm_eps", -1e-12}}), "config.json: layer_norm_eps: expected a number from 0 to 0.1, got -1e-12");
  EXPECT_EQ(fault({{"hidden_dropout_prob", 1}}), "config.json: hidden_dropout_prob: expected a number from 0 to 0.99, got 1");
}

TEST(BertConfig, RefusesLabelsThatDoNotCount) {
  EXPECT_EQ(fault({{"id2label", {{"0", "a"}, {"2", "b"}}}}), "config.json: id2label: has 2 labels but none for \"1\"; expected the ids 0 to 1");
  EXPECT_EQ(fault({{"id2label", {{"0", "a"}, {"1", "a"}}}}), "config.json: id2label: the label \"a\" appears twice");
  EXPECT_EQ(fault({{"id2label", {{"0", 1}}}}), "config.json: id2label.0: expected text, got 1");
  EXPECT_EQ(fault({{"label2id", {{"negative", 1}, {"neutral", 0}, {"positive", 2}}}}), "config.json: label2id: is not the inverse of id2label");
}

TEST(BertConfig, RefusesWhatIsNoJson) {
  EXPECT_EQ(parse_bert_config("[]", "config.json").error().message, "config.json: expected a JSON object");
  EXPECT_EQ(parse_bert_config(R"({"a":1,"a":2})", "config.json").error().message, "config.json: key \"a\" appears twice in one object");
}

}  // namespace
}  // namespace mlopsctl::weights
