// Masked-language modelling (Devlin et al. 2019, https://arxiv.org/abs/1810.04805, section 3.1).
#pragma once

#include <cstdint>

#include "stages/finetune/network.hpp"

namespace mlopsctl::finetune {

struct MaskIds {
  int32_t cls = 0, sep = 0, mask = 0;
  int32_t vocabulary = 0;  // random tokens are drawn from [0, vocabulary)
};

// Chooses 15 % of the tokens of each text that are neither [CLS] nor [SEP] (at least one where there is one), and fills in `positions` and
// `labels` (the true tokens). Of those chosen 80 % become [MASK], 10 % a random token, 10 % stay. A function of the batch and the seed.
void mask(Batch& batch, const MaskIds& ids, uint64_t seed);

}  // namespace mlopsctl::finetune
