// What the loop learns from: texts with labels, texts alone, or a frozen encoder's features.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/result.hpp"
#include "stages/finetune/epochs.hpp"
#include "stages/finetune/features.hpp"
#include "stages/finetune/masking.hpp"
#include "stages/finetune/network.hpp"
#include "stages/finetune/texts.hpp"

namespace mlopsctl::finetune {

// What goes through the network at once.
struct Portion {
  Batch batch;
  std::vector<float> features;
  double weight = 0;  // the sum of what its texts (or masked tokens) count
  int64_t tokens = 0;
};

class Material {
 public:
  virtual ~Material() = default;
  virtual std::span<const int32_t> lengths() const = 0;       // of the training texts, in tokens
  virtual std::string_view unit() const { return "tokens"; }  // what Portion::tokens counts
  virtual Portion prepare(const Group& group, uint64_t seed) const = 0;
  virtual Result<double> accumulate(Network& network, const Portion& portion, double share, uint64_t seed) const = 0;
  virtual bool has_validation() const = 0;
  virtual Result<Evaluation> evaluate(Network& network, const CancelToken& cancel) const = 0;
};

// Views stay the caller's.
struct LabelledTexts {
  const TokenisedTexts& texts;
  std::vector<int> labels;
};
std::unique_ptr<Material> texts_with_labels(LabelledTexts train, std::optional<LabelledTexts> validation, std::vector<float> class_weights, size_t classes);

struct LabelledFeatures {
  const Features& features;
  std::span<const int32_t> lengths;  // of the texts, in tokens: batches are those of an encoder that learns
  std::vector<int> labels;
};
std::unique_ptr<Material> features_with_labels(LabelledFeatures train, std::optional<LabelledFeatures> validation, std::vector<float> class_weights,
                                               size_t classes);

// Texts alone, masked anew in each epoch; there is nothing to validate on.
std::unique_ptr<Material> masked_texts(const TokenisedTexts& train, const MaskIds& ids);

// Logits of all texts in their order, by batches of at most `tokens` tokens.
Result<std::vector<float>> logits_of(Network& network, const TokenisedTexts& texts, size_t classes, int64_t tokens, const CancelToken& cancel);

}  // namespace mlopsctl::finetune
