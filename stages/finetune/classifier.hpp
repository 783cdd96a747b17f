// A fine-tuned encoder, ready to score.
#pragma once

#include <filesystem>
#include <memory>

#include "stages/finetune/network.hpp"
#include "stages/ml_api.hpp"

namespace mlopsctl::finetune {

// From a model folder: what fit() wrote, as model.json describes it. Texts are tokenised on all cores and scored by length in windows of
// some thousands, so that memory is bounded and answers keep the order of the texts.
Result<std::unique_ptr<ml::Classifier>> load_classifier(const std::filesystem::path& folder, const Json& model_json, const NetworkFactory& factory);

}  // namespace mlopsctl::finetune
