// Numbers of other widths as f32, and the check that they are numbers.
#pragma once

#include <optional>
#include <vector>

#include "stages/weights/safetensors.hpp"

namespace mlopsctl::weights {

// Whether to_f32 knows the type: F32, F16, BF16, F64.
bool is_floating(Dtype dtype);
// F16 and BF16 exactly; F64 rounded to nearest, so that what is too large becomes infinite.
std::vector<float> to_f32(const Tensor& tensor);
// The place of the first NaN or infinity among f32 bytes; nothing when there is none.
std::optional<size_t> first_not_finite(std::string_view f32);

}  // namespace mlopsctl::weights
