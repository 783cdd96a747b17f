// The field table of `alerts`: channels by name, each a variant by `to`.
#pragma once

#include "pipeline/spec/field.hpp"

namespace mlopsctl::spec {

TypePtr alert_type();

}  // namespace mlopsctl::spec
