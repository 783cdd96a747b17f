// What network.hpp promises beside the values: determinism, dropout, freezing, restoring, refusals.
#include <cmath>
#include <limits>
#include <thread>

#include "stages/torch/factory.hpp"
#include "stages/torch/gemm.hpp"
#include "tests/unit/torch/torch_support.hpp"

namespace mlopsctl::torch_cpu {
namespace {

using finetune::Precision;

std::map<std::string, std::vector<float>> copy(const Tensors& tensors) {
  std::map<std::string, std::vector<float>> values;
  for (const auto& [name, tensor] : tensors) values[name] = floats(tensor);
  return values;
}

class EachPrecision : public ::testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    if (GetParam() == Precision::bf16 && !runs_bf16()) GTEST_SKIP() << "this processor has no products of bf16";
  }
  NetworkOptions options(bool dropout = true) const {
    NetworkOptions made = dropout ? tiny_options() : without_dropout(tiny_options());
    made.precision = GetParam();
    return all_learning(made);
  }
  static void train(finetune::Network& network, int steps, uint64_t first_seed = 1) {
    for (int i = 0; i < steps; ++i) {
      const uint64_t seed = first_seed + static_cast<uint64_t>(i);
      Batch batch = small_batch();
      for (int32_t& id : batch.ids) id = static_cast<int32_t>((static_cast<uint64_t>(id) + seed) % 60);  // now and then a word for the first time
      ASSERT_TRUE(network.accumulate(batch, 0.25, seed).ok());
      ASSERT_TRUE(network.step({.learning_rate = 1e-3}).ok());
    }
  }
};

TEST_P(EachPrecision, TheSameSeedsGiveTheSameBytes) {
  Owned weights;
  fill_with_noise(options(), weights);
  auto one = make_network(options(), weights.tensors), two = make_network(options(), weights.tensors);
  train(*one, 3);
  train(*two, 3);
  EXPECT_EQ(copy(*one->parameters()), copy(*two->parameters()));
  train(*two, 1, 99);
  train(*one, 1, 98);
  EXPECT_NE(copy(*one->parameters()), copy(*two->parameters()));
}

TEST_P(EachPrecision, RestoredItGoesOnBitForBit) {
  Owned weights, kept, moments;
  fill_with_noise(options(), weights);
  auto whole = make_network(options(), weights.tensors);
  train(*whole, 2);
  kept.put(*whole->parameters());
  moments.put(*whole->moments());
  auto resumed = make_network(options(), weights.tensors);
  train(*resumed, 1, 50);
  ASSERT_TRUE(resumed->restore(kept.tensors, &moments.tensors, whole->steps()).ok());
  EXPECT_EQ(resumed->steps(), 2);
  train(*whole, 2, 3);
  train(*resumed, 2, 3);
  EXPECT_EQ(copy(*whole->parameters()), copy(*resumed->parameters()));
  EXPECT_EQ(copy(*whole->moments()), copy(*resumed->moments()));
}

TEST_P(EachPrecision, TwinsScoreAtOnceWithTheSameWeights) {
  Owned weights;
  fill_with_noise(options(), weights);
  NetworkOptions scoring = options();
  scoring.learning.clear();
  auto network = make_network(scoring, weights.tensors);
  const auto alone = network->logits(small_batch());
  ASSERT_TRUE(alone.ok());
  auto one = network->twin(1), two = network->twin(1);
  network.reset();  // they keep the weights
  std::vector<std::thread> threads;
  for (finetune::Network* twin : {one.get(), two.get()})
    threads.emplace_back([twin, &alone] {
      for (int i = 0; i < 50; ++i) EXPECT_EQ(*twin->logits(small_batch()), *alone);
    });
  for (auto& thread : threads) thread.join();
}

TEST_P(EachPrecision, TextsDoNotSeeOneAnother) {
  Owned weights;
  fill_with_noise(options(), weights);
  auto network = make_network(options(), weights.tensors);
  const auto together = network->logits(small_batch());
  ASSERT_TRUE(together.ok());
  const Batch batch = small_batch();
  const double slack = GetParam() == Precision::f32 ? 1e-5 : 1e-2;
  for (size_t text = 0; text < batch.texts(); ++text) {
    const auto alone = network->logits(batch_of({std::vector<int32_t>(batch.ids.begin() + batch.starts[text], batch.ids.begin() + batch.starts[text + 1])}));
    ASSERT_TRUE(alone.ok());
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(static_cast<double>((*alone)[c]), static_cast<double>((*together)[text * 3 + c]), slack);
  }
}

TEST_P(EachPrecision, SeveralBatchesMakeOneStep) {
  Owned weights;
  fill_with_noise(options(), weights);
  auto at_once = make_network(options(false), weights.tensors), in_parts = make_network(options(false), weights.tensors);
  const Batch batch = small_batch();
  double whole = *at_once->accumulate(batch, 0.25, 1), parts = 0;
  for (size_t text = 0; text < batch.texts(); ++text)
    parts += *in_parts->accumulate(
        batch_of({std::vector<int32_t>(batch.ids.begin() + batch.starts[text], batch.ids.begin() + batch.starts[text + 1])}, {batch.labels[text]}), 0.25, 1);
  const double slack = GetParam() == Precision::f32 ? 1e-5 : 2e-2;
  EXPECT_NEAR(whole, parts, slack * whole);
  const double norm = *at_once->step({.learning_rate = 1e-3});
  EXPECT_NEAR(norm, *in_parts->step({.learning_rate = 1e-3}), slack * norm);
}

TEST_P(EachPrecision, FeaturesStandForTokensWhereTheEncoderIsFrozen) {
  for (const auto pooling : {finetune::Pooling::cls, finetune::Pooling::mean}) {
    NetworkOptions head = options(false);
    head.pooling = pooling;
    head.learning = {{"classifier.weight", {}}, {"classifier.bias", {}}};
    Owned weights;
    fill_with_noise(head, weights);
    auto from_tokens = make_network(head, weights.tensors), from_features = make_network(head, weights.tensors);
    const Batch batch = small_batch();
    const auto features = from_features->features(batch);
    ASSERT_TRUE(features.ok());
    ASSERT_EQ(features->size(), batch.texts() * 24);
    EXPECT_EQ(*from_tokens->logits(batch), *from_features->logits_of_features(*features));
    EXPECT_EQ(*from_tokens->accumulate(batch, 0.25, 1), *from_features->accumulate_features(*features, batch.labels, 0.25, 1));
    EXPECT_EQ(*from_tokens->step({.learning_rate = 1e-2}), *from_features->step({.learning_rate = 1e-2}));
    EXPECT_EQ(copy(*from_tokens->parameters()), copy(*from_features->parameters()));
  }
}

TEST_P(EachPrecision, OnlyWhatLearnsMoves) {
  NetworkOptions some = options();
  const NetworkOptions everything = some;
  std::erase_if(some.learning,
                [](const auto& each) { return each.first.find("layer.2") == std::string::npos && each.first.find("classifier") == std::string::npos; });
  Owned weights;
  fill_with_noise(some, weights);
  auto network = make_network(some, weights.tensors);
  const auto before = copy(*network->parameters());
  train(*network, 2);
  for (const auto& [name, values] : copy(*network->parameters())) EXPECT_EQ(values != before.at(name), some.learning.contains(name)) << name;
  // and its gradients are those it has where everything learns
  auto full = make_network(without_dropout(everything), weights.tensors), part = make_network(without_dropout(some), weights.tensors);
  ASSERT_TRUE(full->accumulate(small_batch(), 1, 1).ok());
  ASSERT_TRUE(part->accumulate(small_batch(), 1, 1).ok());
  const auto all = copy(*full->gradients());
  for (const auto& [name, values] : copy(*part->gradients())) EXPECT_EQ(values, all.at(name)) << name;
}

INSTANTIATE_TEST_SUITE_P(Network, EachPrecision, ::testing::Values(Precision::f32, Precision::bf16),
                         [](const auto& each) { return each.param == Precision::f32 ? "f32" : "bf16"; });

// The loss under dropout, along a direction: the gradient is that of the masks that were drawn.
TEST(Network, GradientsUnderDropoutAreThoseOfTheLoss) {
  const NetworkOptions options = all_learning(tiny_options());
  Owned weights;
  fill_with_noise(options, weights);
  auto network = make_network(options, weights.tensors);
  ASSERT_TRUE(network->accumulate(small_batch(), 1, 5).ok());
  double squares = 0;
  Owned gradients;
  gradients.put(*network->gradients());
  for (const auto& [name, tensor] : gradients.tensors)
    for (const float g : floats(tensor)) squares += static_cast<double>(g) * static_cast<double>(g);
  const double step = 1e-3 / std::sqrt(squares);
  double losses[2];
  for (int side = 0; side < 2; ++side) {
    Owned moved;
    for (const auto& [name, tensor] : weights.tensors) {
      std::vector<float> values = floats(tensor);
      const std::vector<float> g = floats(gradients.tensors.find(name)->second);
      for (size_t i = 0; i < values.size(); ++i) values[i] += static_cast<float>((side == 0 ? -step : step) * static_cast<double>(g[i]));
      moved.put(name, tensor.shape, std::move(values));
    }
    losses[side] = *make_network(options, moved.tensors)->accumulate(small_batch(), 1, 5);
  }
  EXPECT_NEAR((losses[1] - losses[0]) / (2 * step), squares, 0.01 * squares);
}

TEST(Network, DropoutKeepsTheShareItShould) {
  NetworkOptions options = all_learning(tiny_options());
  options.hidden_dropout = options.attention_dropout = 0;
  options.head_dropout = 0.3;
  Owned weights;
  fill_with_noise(options, weights);
  auto network = make_network(options, weights.tensors);
  // The classifier's gradient is zero where the pooled state was dropped.
  int dropped = 0, all = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    network = make_network(options, weights.tensors);
    ASSERT_TRUE(network->accumulate(batch_of({{1, 2, 3}}, {0}), 1, seed).ok());
    const auto gradient = floats(network->gradients()->find("classifier.weight")->second);
    for (size_t i = 0; i < 24; ++i) dropped += gradient[i] == 0, ++all;
  }
  EXPECT_NEAR(static_cast<double>(dropped) / all, 0.3, 0.03);
}

TEST(Network, NothingMovesWhereAGradientIsNoNumber) {
  NetworkOptions options = all_learning(tiny_options());
  options.class_weights = {1, std::numeric_limits<float>::infinity(), 1};
  Owned weights;
  fill_with_noise(options, weights);
  auto network = make_network(options, weights.tensors);
  const auto before = copy(*network->parameters());
  ASSERT_TRUE(network->accumulate(small_batch(), 1, 1).ok());
  EXPECT_FALSE(std::isfinite(*network->step({.learning_rate = 1})));
  EXPECT_EQ(network->steps(), 0);
  EXPECT_EQ(copy(*network->parameters()), before);
  EXPECT_EQ(*network->step({.learning_rate = 0}), 0);
}

TEST(Network, AHeadThatIsMissingIsMadeFromTheSeed) {
  const NetworkOptions options = tiny_options();
  Owned weights;
  fill_with_noise(options, weights, "bert.e");
  const auto one = copy(*make_network(options, weights.tensors, 1)->parameters()), again = copy(*make_network(options, weights.tensors, 1)->parameters()),
             two = copy(*make_network(options, weights.tensors, 2)->parameters());
  EXPECT_EQ(one, again);
  EXPECT_NE(one.at("classifier.weight"), two.at("classifier.weight"));
  EXPECT_EQ(one.at("classifier.bias"), std::vector<float>(3, 0));
  double squares = 0;
  for (const float value : one.at("bert.pooler.dense.weight")) squares += static_cast<double>(value) * static_cast<double>(value);
  EXPECT_NEAR(std::sqrt(squares / 576), 0.02, 0.002);
}

std::string refusal(const NetworkOptions& options, const Tensors& weights) {
  const auto made = Factory().make(options, weights, 1);
  return made.ok() ? "made" : made.error().message;
}

TEST(Network, SaysWhatIsWrongWithOptionsAndWeights) {
  Owned weights;
  fill_with_noise(tiny_options(), weights);
  NetworkOptions options = tiny_options();
  options.learning["bert.nothing"] = {};
  EXPECT_EQ(refusal(options, weights.tensors), "no parameter \"bert.nothing\" in this encoder");
  options = tiny_options();
  options.shape.heads = 5;
  EXPECT_EQ(refusal(options, weights.tensors), "hidden_size 24 is no multiple of num_attention_heads 5");
  options = tiny_options();
  options.device = "cuda:99";
  EXPECT_EQ(refusal(options, weights.tensors), "device \"cuda:99\" is not in this libtorch");
  EXPECT_FALSE(Factory().has_device("cuda:99"));
  Owned other;
  other.put(weights.tensors);
  other.tensors.erase("bert.embeddings.LayerNorm.bias");
  EXPECT_EQ(refusal(tiny_options(), other.tensors), "no tensor \"bert.embeddings.LayerNorm.bias\" in the weights of the encoder");
  other.put("bert.embeddings.LayerNorm.bias", {23}, std::vector<float>(23));
  EXPECT_EQ(refusal(tiny_options(), other.tensors), "tensor \"bert.embeddings.LayerNorm.bias\" is F32 [23], expected F32 [24]");
  other.put("bert.embeddings.LayerNorm.bias", {24}, std::vector<float>(24, std::numeric_limits<float>::quiet_NaN()));
  EXPECT_EQ(refusal(tiny_options(), other.tensors), "tensor \"bert.embeddings.LayerNorm.bias\" holds nan at element 0, expected finite numbers");
}

TEST(Network, AMaskedLanguageModelNeedsNoClasses) {
  NetworkOptions options = tiny_options();
  options.classes = 0;
  Owned weights;
  fill_with_noise(tiny_options(), weights);
  EXPECT_EQ(refusal(options, weights.tensors), "the number of classes of the encoder is 0, expected 1 or more");
  options.objective = finetune::Objective::masked_language;
  EXPECT_EQ(refusal(options, weights.tensors), "made");
}

TEST(Network, SaysWhatIsWrongWithABatch) {
  Owned weights;
  fill_with_noise(tiny_options(), weights);
  auto network = make_network(all_learning(tiny_options()), weights.tensors);
  const auto fault = [&](const Batch& batch) { return network->accumulate(batch, 1, 1).error().message; };
  EXPECT_EQ(fault(batch_of({{1, 60}}, {0})), "a batch for the encoder: token id 60 at 1, expected 0 to 59");
  EXPECT_EQ(fault(batch_of({{1}, {}}, {0, 0})), "a batch for the encoder: text 1 has 0 tokens, expected 1 to 40");
  EXPECT_EQ(fault(batch_of({std::vector<int32_t>(41, 1)}, {0})), "a batch for the encoder: text 0 has 41 tokens, expected 1 to 40");
  EXPECT_EQ(fault(batch_of({{1}}, {3})), "a batch for the encoder: label 3 at 0, expected 0 to 2");
  EXPECT_EQ(fault(batch_of({{1}}, {})), "a batch for the encoder: 0 labels, expected 1");
  EXPECT_EQ(make_network(tiny_options(), weights.tensors)->step({}).error().message, "this encoder was made to score, not to learn");
}

TEST(Network, ADifferentProcessorIsNamed) {
  if (runs_bf16()) GTEST_SKIP() << "this processor has products of bf16";
  Owned weights;
  NetworkOptions options = tiny_options();
  options.precision = Precision::bf16;
  fill_with_noise(options, weights);
  EXPECT_FALSE(Factory().runs(Precision::bf16, "cpu"));
  const auto refused = Factory().make(options, weights.tensors, 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "precision \"bf16\" does not run on this processor: it has no AVX-512");
  EXPECT_EQ(refused.error().hint, "set model.precision to f32 or auto");
}

TEST(Network, FastestIsOneOfTheTwo) {
  const auto found = Factory().fastest({1000, 384, 1, 12, 1536, 512, 2, 1e-12, "gelu"}, "cpu", 1);
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(*found == Precision::f32 || *found == Precision::bf16);
  for (int turn = 0; turn < 20; ++turn) EXPECT_EQ(*Factory().fastest({20, 8, 2, 2, 12, 16, 2, 1e-12, "gelu"}, "cpu", 1), Precision::f32) << "too small to tell";
}

}  // namespace
}  // namespace mlopsctl::torch_cpu
