// The path for GPUs: libtorch's operators and automatic differentiation find what the CPU's own passes find. It runs on the CPU, or where a
// libtorch for CUDA is built with, on the device that MLOPSCTL_TEST_DEVICE names.
#include <cmath>
#include <cstdlib>

#include "stages/torch/device_network.hpp"
#include "tests/unit/torch/torch_support.hpp"

namespace mlopsctl::torch_cpu {
namespace {

std::string device_here() {
  const char* named = std::getenv("MLOPSCTL_TEST_DEVICE");
  return named ? named : "cpu";
}

std::unique_ptr<NetworkWithGradients> on_device(NetworkOptions options, const Tensors& weights) {
  options.device = device_here();
  auto network = make_device_network(options, weights, 1);
  EXPECT_TRUE(network.ok()) << (network.ok() ? "" : network.error().message);
  return network.ok() ? std::move(*network) : nullptr;
}

// Largest difference, in parts of the root of the mean square.
void near(const Tensors& found, const Tensors& wanted, double slack, double floor, const std::string& what) {
  ASSERT_EQ(found.size(), wanted.size());
  for (const auto& [name, tensor] : wanted) {
    const std::vector<float> a = floats(found.find(name)->second), b = floats(tensor);
    ASSERT_EQ(a.size(), b.size());
    double squares = 0, most = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      squares += static_cast<double>(b[i]) * static_cast<double>(b[i]);
      most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    }
    EXPECT_LE(most, slack * std::sqrt(squares / static_cast<double>(b.size())) + floor) << what << " of " << name;
  }
}

NetworkOptions case_named(const std::string& name) {
  NetworkOptions options = without_dropout(tiny_options());
  if (name == "mean") options.pooling = finetune::Pooling::mean;
  if (name == "mlm") options.objective = finetune::Objective::masked_language;
  if (name == "weighted") options.class_weights = {0.5, 2, 1.5}, options.label_smoothing = 0.2, options.shape.activation = "relu";
  if (name == "gelu_new") options.shape.activation = "gelu_new";
  return all_learning(options);
}

class DeviceCase : public ::testing::TestWithParam<std::string> {};

TEST_P(DeviceCase, EqualsTheCpusOwnPasses) {
  const NetworkOptions options = case_named(GetParam());
  Owned weights;
  fill_with_noise(options, weights);
  Batch batch = small_batch();
  if (GetParam() == "mlm") batch.positions = {0, 3, 6, 20, 30}, batch.labels = {5, 59, 1, 7, 7};
  auto own = make_network(options, weights.tensors), other = on_device(options, weights.tensors);
  if (GetParam() != "mlm") {
    const auto a = own->logits(batch), b = other->logits(batch);
    ASSERT_TRUE(a.ok() && b.ok());
    for (size_t i = 0; i < a->size(); ++i) EXPECT_NEAR(static_cast<double>((*a)[i]), static_cast<double>((*b)[i]), 1e-5);
    EXPECT_EQ(*other->logits(batch), *other->logits_of_features(*other->features(batch)));
  }
  for (int turn = 0; turn < 2; ++turn) {
    const auto a = own->accumulate(batch, 0.25, 3), b = other->accumulate(batch, 0.25, 3);
    ASSERT_TRUE(a.ok() && b.ok()) << (b.ok() ? "" : b.error().message);
    EXPECT_NEAR(*a, *b, 1e-5 * *a);
    if (turn == 0) near(*other->gradients(), *own->gradients(), 1e-4, 1e-6, "gradient");
    EXPECT_NEAR(*own->step({.learning_rate = 1e-3, .clip = 1}), *other->step({.learning_rate = 1e-3, .clip = 1}), 1e-4);
  }
  // A bias of the keys has no gradient but rounding, which AdamW blows up to a full step.
  Tensors wanted = *own->parameters(), found = *other->parameters();
  for (Tensors* each : {&wanted, &found}) std::erase_if(*each, [](const auto& one) { return one.first.ends_with("self.key.bias"); });
  near(found, wanted, 1e-4, 1e-4, "after two steps");
}

INSTANTIATE_TEST_SUITE_P(Device, DeviceCase, ::testing::Values("cls", "gelu_new", "weighted", "mean", "mlm"), [](const auto& each) { return each.param; });

TEST(Device, Bf16IsNearAndDropoutIsAFunctionOfTheSeed) {
  NetworkOptions options = all_learning(tiny_options());
  Owned weights;
  fill_with_noise(options, weights);
  const auto loss = [&](uint64_t seed) { return *on_device(options, weights.tensors)->accumulate(small_batch(), 0.25, seed); };
  EXPECT_EQ(loss(1), loss(1));
  EXPECT_NE(loss(1), loss(2));
  options = without_dropout(options);
  const double exact = loss(1);
  options.precision = finetune::Precision::bf16;
  EXPECT_NE(loss(1), exact);
  EXPECT_NEAR(loss(1), exact, 0.02 * exact);
}

TEST(Device, RestoredItGoesOnBitForBit) {
  const NetworkOptions options = all_learning(tiny_options());
  Owned weights, kept, moments;
  fill_with_noise(options, weights);
  const auto train = [](finetune::Network& network, uint64_t seed) {
    ASSERT_TRUE(network.accumulate(small_batch(), 0.25, seed).ok());
    ASSERT_TRUE(network.step({.learning_rate = 1e-3}).ok());
  };
  auto whole = on_device(options, weights.tensors), resumed = on_device(options, weights.tensors);
  train(*whole, 1);
  const Tensors parameters = *whole->parameters(), both = *whole->moments();  // a checkpoint holds both at once
  kept.put(parameters);
  moments.put(both);
  ASSERT_TRUE(resumed->restore(kept.tensors, &moments.tensors, whole->steps()).ok());
  train(*whole, 2);
  train(*resumed, 2);
  EXPECT_EQ(resumed->steps(), 2);
  Owned a, b;
  a.put(*whole->parameters());
  b.put(*resumed->parameters());
  for (const auto& [name, tensor] : a.tensors) EXPECT_EQ(floats(tensor), floats(b.tensors.find(name)->second)) << name;
}

TEST(Device, OnlyWhatLearnsMoves) {
  NetworkOptions options = tiny_options();
  options.learning = {{"classifier.weight", {}}, {"bert.encoder.layer.2.output.dense.weight", {}}};
  Owned weights;
  fill_with_noise(options, weights);
  auto network = on_device(options, weights.tensors);
  ASSERT_TRUE(network->accumulate(small_batch(), 0.25, 1).ok());
  ASSERT_TRUE(network->step({.learning_rate = 1e-2}).ok());
  const Tensors after = *network->parameters();
  for (const auto& [name, tensor] : after) EXPECT_EQ(floats(tensor) != floats(weights.tensors.find(name)->second), options.learning.contains(name)) << name;
}

TEST(Device, KnowsWhatIsThere) {
  EXPECT_TRUE(has_device("cpu"));
  EXPECT_TRUE(has_device(device_here()));
  for (const char* absent : {"cuda:99", "cuda:", "cuda:x", "tpu", ""}) EXPECT_FALSE(has_device(absent)) << absent;
}

}  // namespace
}  // namespace mlopsctl::torch_cpu
