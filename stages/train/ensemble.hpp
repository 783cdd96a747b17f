// Several models as one: `model: {type: ensemble, members: [...]}`.
#pragma once

#include "stages/ml_api.hpp"

namespace mlopsctl::train {

// The row of trainers.cpp. Each member sees a text as it was written, cleans and tokenises it in its own way and gives calibrated probabilities; their
// weighted mean (mixture.hpp) is the ensemble's. The model folder holds a copy of every member under members/0, members/1 ...
ml::Trainer ensemble();

}  // namespace mlopsctl::train
