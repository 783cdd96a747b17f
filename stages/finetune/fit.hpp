// Fine-tuning from a request of the train stage to a model folder.
#pragma once

#include <string>

#include "stages/finetune/network.hpp"
#include "stages/ml_api.hpp"

namespace mlopsctl::finetune {

struct FitSettings {
  double checkpoint_seconds = 60;  // between two checkpoints, at least; 0: after each step
  std::string backend{};           // the arithmetic's name and version: remembered features depend on it
};

// Writes into request.folder what Hugging Face calls a model (config.json, model.safetensors, the tokenizer's files), training.jsonl and,
// where `top` asks for them, checkpoints/epoch-N.safetensors. With objective mlm it holds a language model instead of a classifier.
// Goes on from request.checkpoints() where an earlier execution left something there.
Result<ml::TrainReport> fit(const ml::TrainRequest& request, const NetworkFactory& factory, const FitSettings& settings = {});

// The row of trainers.cpp: type bert.
ml::Trainer bert();

}  // namespace mlopsctl::finetune
