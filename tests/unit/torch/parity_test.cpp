// One step of ours beside one of transformers (tests/oracle/encoder.py): logits, loss, norm, gradients, and the weights after AdamW.
#include <cmath>

#include "stages/torch/gemm.hpp"
#include "stages/weights/safetensors.hpp"
#include "tests/support/oracle.hpp"
#include "tests/unit/torch/torch_support.hpp"

namespace mlopsctl::torch_cpu {
namespace {

NetworkOptions options_of(const Json& given, NetworkOptions options) {
  options = without_dropout(std::move(options));
  options.objective = given["objective"] == "mlm" ? finetune::Objective::masked_language : finetune::Objective::classify;
  options.pooling = given["pooling"] == "mean" ? finetune::Pooling::mean : finetune::Pooling::cls;
  options.shape.activation = given["activation"].get<std::string>();
  options.label_smoothing = given["smoothing"].get<double>();
  options.class_weights = given["weights"].get<std::vector<float>>();
  return all_learning(options);
}

Batch batch_of_case(const Json& expected) {
  Batch batch = batch_of(expected["texts"].get<std::vector<std::vector<int32_t>>>(), expected["options"]["labels"].get<std::vector<int32_t>>());
  if (expected["options"].contains("positions")) batch.positions = expected["options"]["positions"].get<std::vector<int32_t>>();
  return batch;
}

// Norm and four elements of each tensor. `slack` is relative to the norm (and to the root of the mean square for elements).
void compare(const Json& expected, const Tensors& found, double slack, double floor, const std::string& what) {
  ASSERT_EQ(expected.size(), found.size()) << what;
  for (const auto& [name, wanted] : expected.items()) {
    ASSERT_TRUE(found.contains(name)) << what << " of " << name;
    const std::vector<float> values = floats(found.find(name)->second);
    double squares = 0;
    for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
    const double norm = wanted["norm"].get<double>(), size = norm / std::sqrt(static_cast<double>(values.size()));
    EXPECT_NEAR(std::sqrt(squares), norm, slack * norm + floor) << what << ": norm of " << name;
    const size_t n = values.size(), places[] = {0, n / 3, 2 * n / 3, n - 1};
    for (size_t i = 0; i < 4; ++i) {
      const double sample = wanted["samples"][i].get<double>();
      EXPECT_NEAR(static_cast<double>(values[places[i]]), sample, slack * (std::abs(sample) + 10 * size) + floor)
          << what << ": " << name << "[" << places[i] << "]";
    }
  }
}

void run_case(const Json& expected, const NetworkOptions& options, const Tensors& weights, double slack, double floor) {
  const Json& given = expected["options"];
  const Batch batch = batch_of_case(expected);
  auto network = make_network(options, weights);
  ASSERT_NE(network, nullptr);
  if (options.objective == finetune::Objective::classify) {
    const auto logits = network->logits(batch);
    ASSERT_TRUE(logits.ok());
    ASSERT_EQ(logits->size(), expected["logits"].size());
    for (size_t i = 0; i < logits->size(); ++i) EXPECT_NEAR(static_cast<double>((*logits)[i]), expected["logits"][i].get<double>(), 10 * slack) << i;
  }
  finetune::StepOptions step;
  step.learning_rate = given["lr"].get<double>();
  step.clip = given["clip"].get<double>();
  for (int turn = 0; turn < 2; ++turn) {
    const auto loss = network->accumulate(batch, given["share"].get<double>(), 7);
    ASSERT_TRUE(loss.ok());
    if (turn == 0) {
      EXPECT_NEAR(*loss, expected["loss"].get<double>(), 10 * slack);
      compare(expected["gradients"], *network->gradients(), slack, floor, "gradient");
    }
    const auto norm = network->step(step);
    ASSERT_TRUE(norm.ok());
    if (turn == 0) { EXPECT_NEAR(*norm, expected["norm"].get<double>(), slack * expected["norm"].get<double>()); }
  }
  EXPECT_EQ(network->steps(), 2);
}

void check_after(const Json& expected, const NetworkOptions& options, const Tensors& weights, double slack, double floor) {
  auto network = make_network(options, weights);
  finetune::StepOptions step;
  step.learning_rate = expected["options"]["lr"].get<double>();
  step.clip = expected["options"]["clip"].get<double>();
  for (int turn = 0; turn < 2; ++turn) {
    ASSERT_TRUE(network->accumulate(batch_of_case(expected), expected["options"]["share"].get<double>(), 7).ok());
    ASSERT_TRUE(network->step(step).ok());
  }
  // A bias of the keys moves all scores of a query alike, so its gradient is nothing but rounding, which AdamW blows up to a full step.
  Json after = expected["after"];
  Tensors found = *network->parameters();
  for (const auto& [name, values] : expected["after"].items())
    if (name.ends_with("self.key.bias")) {
      after.erase(name);
      found.erase(name);
    }
  compare(after, found, slack, floor, "after two steps");
}

class TinyParity : public ::testing::TestWithParam<std::string> {};

TEST_P(TinyParity, F32EqualsTransformers) {
  const Json expected = testing::oracle("encoder_tiny")["cases"][GetParam()];
  const NetworkOptions options = options_of(expected["options"], tiny_options());
  Owned weights;
  fill_with_noise(options, weights);
  run_case(expected, options, weights.tensors, 2e-5, 1e-7);
  // Adam divides by the size of a gradient: where that is near nothing, its rounding shows.
  check_after(expected, options, weights.tensors, 2e-4, 1e-4);
}

TEST_P(TinyParity, Bf16IsNear) {
  if (!runs_bf16()) GTEST_SKIP() << "this processor has no products of bf16";
  const Json expected = testing::oracle("encoder_tiny")["cases"][GetParam()];
  NetworkOptions options = options_of(expected["options"], tiny_options());
  options.precision = finetune::Precision::bf16;
  Owned weights;
  fill_with_noise(options, weights);
  auto network = make_network(options, weights.tensors);
  ASSERT_NE(network, nullptr);
  const auto loss = network->accumulate(batch_of_case(expected), expected["options"]["share"].get<double>(), 7);
  ASSERT_TRUE(loss.ok());
  EXPECT_NEAR(*loss, expected["loss"].get<double>(), 0.02 * expected["loss"].get<double>());
  const auto norm = network->step({.learning_rate = 0});
  EXPECT_NEAR(*norm, expected["norm"].get<double>(), 0.03 * expected["norm"].get<double>());
}

INSTANTIATE_TEST_SUITE_P(Encoder, TinyParity, ::testing::Values("cls", "gelu_new", "relu_weighted", "smoothed_weighted", "mean", "mlm"),
                         [](const auto& each) { return each.param; });

TEST(MiniLmParity, EqualsTransformers) {
  const std::filesystem::path folder = testing::source_root() / "models/all-MiniLM-L6-v2";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder << "; `make test` fetches it";
  const auto file = weights::SafeTensors::open(folder / "model.safetensors", "model.safetensors");
  ASSERT_TRUE(file.ok());
  const Json expected = testing::oracle("encoder_minilm")["cases"]["cls"];
  NetworkOptions options;
  options.shape = {30522, 384, 6, 12, 1536, 512, 2, 1e-12, "gelu"};
  options.classes = 3;
  options.threads = 2;
  options = options_of(expected["options"], options);
  Owned weights;
  fill_with_noise(options, weights, "classifier");
  for (const auto& [name, tensor] : file->tensors()) weights.tensors["bert." + name] = tensor;
  run_case(expected, options, weights.tensors, 1e-4, 1e-7);
  check_after(expected, options, weights.tensors, 1e-4, 2e-5);
}

}  // namespace
}  // namespace mlopsctl::torch_cpu
