#include "stages/finetune/material.hpp"

#include <algorithm>
#include <numeric>

namespace mlopsctl::finetune {
namespace {

constexpr int64_t validation_tokens = 4096;  // of a batch that is only scored

double weight_of(const std::vector<float>& class_weights, int label) {
  return class_weights.empty() ? 1 : static_cast<double>(class_weights[static_cast<size_t>(label)]);
}

class LabelledTextMaterial final : public Material {
 public:
  LabelledTextMaterial(LabelledTexts train, std::optional<LabelledTexts> validation, std::vector<float> class_weights, size_t classes)
      : train_(std::move(train)), validation_(std::move(validation)), class_weights_(std::move(class_weights)), classes_(classes) {}

  std::span<const int32_t> lengths() const override { return train_.texts.lengths; }
  Portion prepare(const Group& group, uint64_t) const override {
    Portion portion;
    portion.batch = batch_of(train_.texts, group);
    for (const uint32_t text : group) {
      portion.batch.labels.push_back(train_.labels[text]);
      portion.weight += weight_of(class_weights_, train_.labels[text]);
    }
    portion.tokens = static_cast<int64_t>(portion.batch.tokens());
    return portion;
  }
  Result<double> accumulate(Network& network, const Portion& portion, double share, uint64_t seed) const override {
    return network.accumulate(portion.batch, share, seed);
  }
  bool has_validation() const override { return validation_.has_value(); }
  Result<Evaluation> evaluate(Network& network, const CancelToken& cancel) const override {
    TRY_ASSIGN(const auto logits, logits_of(network, validation_->texts, classes_, validation_tokens, cancel));
    return finetune::evaluate(logits, validation_->labels, classes_);
  }

 private:
  LabelledTexts train_;
  std::optional<LabelledTexts> validation_;
  std::vector<float> class_weights_;
  size_t classes_;
};

class FeatureMaterial final : public Material {
 public:
  FeatureMaterial(LabelledFeatures train, std::optional<LabelledFeatures> validation, std::vector<float> class_weights, size_t classes)
      : train_(std::move(train)), validation_(std::move(validation)), class_weights_(std::move(class_weights)), classes_(classes) {}

  std::span<const int32_t> lengths() const override { return train_.lengths; }
  std::string_view unit() const override { return "rows"; }
  Portion prepare(const Group& group, uint64_t) const override {
    Portion portion;
    portion.features = gather(train_.features, group);
    for (const uint32_t text : group) {
      portion.batch.labels.push_back(train_.labels[text]);
      portion.weight += weight_of(class_weights_, train_.labels[text]);
    }
    portion.tokens = static_cast<int64_t>(group.size());
    return portion;
  }
  Result<double> accumulate(Network& network, const Portion& portion, double share, uint64_t seed) const override {
    return network.accumulate_features(portion.features, portion.batch.labels, share, seed);
  }
  bool has_validation() const override { return validation_.has_value(); }
  Result<Evaluation> evaluate(Network& network, const CancelToken& cancel) const override {
    constexpr size_t at_once = 4096;
    std::vector<float> all;
    for (size_t begin = 0; begin < validation_->features.size(); begin += at_once) {
      if (cancel.cancelled()) return cancelled_while("looking at the validation rows");
      Group group(std::min(at_once, validation_->features.size() - begin));
      std::iota(group.begin(), group.end(), static_cast<uint32_t>(begin));
      TRY_ASSIGN(const auto logits, network.logits_of_features(gather(validation_->features, group)));
      all.insert(all.end(), logits.begin(), logits.end());
    }
    return finetune::evaluate(all, validation_->labels, classes_);
  }

 private:
  static std::vector<float> gather(const Features& features, const Group& group) {
    std::vector<float> rows;
    rows.reserve(group.size() * features.width());
    for (const uint32_t text : group) {
      const auto row = features.of(text);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    return rows;
  }

  LabelledFeatures train_;
  std::optional<LabelledFeatures> validation_;
  std::vector<float> class_weights_;
  size_t classes_;
};

class MaskedMaterial final : public Material {
 public:
  MaskedMaterial(const TokenisedTexts& train, const MaskIds& ids) : train_(train), ids_(ids) {}

  std::span<const int32_t> lengths() const override { return train_.lengths; }
  Portion prepare(const Group& group, uint64_t seed) const override {
    Portion portion;
    portion.batch = batch_of(train_, group);
    mask(portion.batch, ids_, seed);
    portion.weight = static_cast<double>(portion.batch.positions.size());
    portion.tokens = static_cast<int64_t>(portion.batch.tokens());
    return portion;
  }
  Result<double> accumulate(Network& network, const Portion& portion, double share, uint64_t seed) const override {
    return network.accumulate(portion.batch, share, seed);
  }
  bool has_validation() const override { return false; }
  Result<Evaluation> evaluate(Network&, const CancelToken&) const override { return stage_error("masked texts have nothing to validate on"); }

 private:
  const TokenisedTexts& train_;
  MaskIds ids_;
};

}  // namespace

std::unique_ptr<Material> texts_with_labels(LabelledTexts train, std::optional<LabelledTexts> validation, std::vector<float> class_weights, size_t classes) {
  return std::make_unique<LabelledTextMaterial>(std::move(train), std::move(validation), std::move(class_weights), classes);
}
std::unique_ptr<Material> features_with_labels(LabelledFeatures train, std::optional<LabelledFeatures> validation, std::vector<float> class_weights,
                                               size_t classes) {
  return std::make_unique<FeatureMaterial>(std::move(train), std::move(validation), std::move(class_weights), classes);
}
std::unique_ptr<Material> masked_texts(const TokenisedTexts& train, const MaskIds& ids) { return std::make_unique<MaskedMaterial>(train, ids); }

Result<std::vector<float>> logits_of(Network& network, const TokenisedTexts& texts, size_t classes, int64_t tokens, const CancelToken& cancel) {
  std::vector<float> all(texts.size() * classes);
  for (const Group& group : sorted_groups(texts.lengths, {tokens, 0})) {
    if (cancel.cancelled()) return cancelled_while("scoring");
    TRY_ASSIGN(const auto rows, network.logits(batch_of(texts, group)));
    if (rows.size() != group.size() * classes)
      return stage_error("the network gave " + std::to_string(rows.size()) + " logits for " + std::to_string(group.size()) + " texts and " +
                         std::to_string(classes) + " labels");
    for (size_t i = 0; i < group.size(); ++i)
      std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(i * classes), classes, all.begin() + static_cast<std::ptrdiff_t>(group[i] * classes));
  }
  return all;
}

}  // namespace mlopsctl::finetune
