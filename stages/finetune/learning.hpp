// Which parameters learn, and how fast.
#pragma once

#include <map>
#include <string>

#include "stages/finetune/network.hpp"
#include "stages/finetune/options.hpp"

namespace mlopsctl::finetune {

// The parameters of a BERT of this shape that learn, by their Hugging Face names. The head has the factor 1; the uppermost layer
// layer_decay, each layer below it layer_decay times the one above, the embeddings layer_decay^(layers + 1) (Sun et al. 2019,
// https://arxiv.org/abs/1905.05583; Clark et al. 2020). Biases and LayerNorm do not decay, as in Hugging Face's Trainer.
// With Pooling::mean there is no pooler to learn.
std::map<std::string, NetworkOptions::Learning> learning_of(const EncoderShape& shape, Objective objective, Pooling pooling, const Learners& learners,
                                                            double layer_decay);

}  // namespace mlopsctl::finetune
