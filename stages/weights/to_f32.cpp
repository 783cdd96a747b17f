#include "stages/weights/to_f32.hpp"

#include <algorithm>
#include <cassert>

namespace mlopsctl::weights {
namespace {

constexpr uint32_t exponent = 0x7f800000;

// IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits.
float from_f16(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half >> 15) << 31;
  const uint32_t power = half >> 10 & 31, fraction = half & 1023;
  if (power == 0) return std::bit_cast<float>(std::bit_cast<uint32_t>(static_cast<float>(fraction) * 0x1p-24F) | sign);  // subnormal: exact in f32
  const uint32_t bits = power == 31 ? exponent : (power + 112) << 23;
  return std::bit_cast<float>(sign | bits | fraction << 13);
}
float from_bf16(uint16_t upper) { return std::bit_cast<float>(static_cast<uint32_t>(upper) << 16); }

template <typename From, typename Convert>
std::vector<float> convert(const Tensor& tensor, Convert&& to) {
  std::vector<float> values(tensor.bytes.size() / sizeof(From));
  for (size_t i = 0; i < values.size(); ++i) {
    From value;  // the bytes may lie at any address
    std::memcpy(&value, tensor.bytes.data() + i * sizeof(From), sizeof(From));
    values[i] = to(value);
  }
  return values;
}

uint32_t bits_at(std::string_view f32, size_t index) {
  uint32_t bits;
  std::memcpy(&bits, f32.data() + index * sizeof bits, sizeof bits);
  return bits;
}

}  // namespace

bool is_floating(Dtype dtype) { return dtype == Dtype::f32 || dtype == Dtype::f16 || dtype == Dtype::bf16 || dtype == Dtype::f64; }

std::vector<float> to_f32(const Tensor& tensor) {
  assert(is_floating(tensor.dtype));
  if (tensor.dtype == Dtype::f16) return convert<uint16_t>(tensor, from_f16);
  if (tensor.dtype == Dtype::bf16) return convert<uint16_t>(tensor, from_bf16);
  if (tensor.dtype == Dtype::f64) return convert<double>(tensor, [](double value) { return static_cast<float>(value); });
  return convert<float>(tensor, [](float value) { return value; });
}

std::optional<size_t> first_not_finite(std::string_view f32) {
  constexpr size_t block = 4096;  // a fixed length, which the compiler turns into vector instructions
  const size_t count = f32.size() / sizeof(float);
  for (size_t from = 0; from < count; from += block) {
    bool bad = false;
    if (from + block <= count) {
      uint32_t any = 0;
      for (size_t i = 0; i < block; ++i) any |= (bits_at(f32, from + i) & exponent) == exponent ? 1U : 0U;
      bad = any != 0;
    }
    if (!bad && from + block <= count) continue;
    for (size_t i = from; i < std::min(from + block, count); ++i)
      if ((bits_at(f32, i) & exponent) == exponent) return i;
  }
  return std::nullopt;
}

}  // namespace mlopsctl::weights
