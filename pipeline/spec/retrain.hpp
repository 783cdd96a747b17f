// The field table of `retrain`: when a model is trained anew, and on which rows.
#pragma once

#include "pipeline/spec/field.hpp"

namespace mlopsctl::spec {

TypePtr retrain_type();

}  // namespace mlopsctl::spec
