// Scalar arithmetic that compilers turn into vectors; included only by the kernels, in a namespace of each processor generation's own.
#pragma once

#include <bit>
#include <cmath>

#include "stages/torch/kernels.hpp"

namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION {
namespace {

inline float load(float value) { return value; }
inline float load(Bf16 value) { return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16); }
inline void store(float value, float& to) { to = value; }
// To the nearest, ties to even; what is not a number stays so.
inline void store(float value, Bf16& to) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  to.bits = static_cast<uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
}

// A bijective hash of 32 bits (C. Wellons, "Prospecting for hash functions", lowbias32), once for each half of the key.
inline uint32_t mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  x ^= x >> 16;
  return x;
}
inline float kept(const Dropout& dropout, uint32_t index) {
  const uint32_t drawn = mix(mix(index ^ static_cast<uint32_t>(dropout.key)) + static_cast<uint32_t>(dropout.key >> 32));
  return drawn < dropout.threshold ? 0.0F : dropout.scale;
}

// e^x by a reduced argument and a polynomial of degree 6 (relative error under 2e-7); 0 below -87, grows no further above 88.
inline float exponential(float x) {
  x = x > 88.0F ? 88.0F : x;
  const float whole = __builtin_rintf(x * 1.44269504F);
  const float rest = (x - whole * 0.693359375F) + whole * 2.12194440e-4F;
  float p = 1.0F / 720;
  p = p * rest + 1.0F / 120;
  p = p * rest + 1.0F / 24;
  p = p * rest + 1.0F / 6;
  p = p * rest + 0.5F;
  p = p * rest + 1.0F;
  p = p * rest + 1.0F;
  const float clamped = whole < -126.0F ? -126.0F : whole;
  const float power = std::bit_cast<float>((static_cast<int32_t>(clamped) + 127) << 23);
  return x < -87.0F ? 0.0F : p * power;
}

// The normal distribution's Phi(x), with e^(-x^2/2) for its density (Abramowitz & Stegun 7.1.26: error under 8e-8).
inline float normal_cdf(float x, float& bell) {
  const float z = __builtin_fabsf(x) * 0.707106781F;
  bell = exponential(-z * z);
  const float t = 1.0F / (1.0F + 0.3275911F * z);
  const float tail = 0.5F * bell * t * (0.254829592F + t * (-0.284496736F + t * (1.421413741F + t * (-1.453152027F + t * 1.061405429F))));
  return x < 0 ? tail : 1.0F - tail;
}
inline float hyperbolic_tangent(float x) { return 1.0F - 2.0F / (1.0F + exponential(2.0F * x)); }

template <Activation activation>
float activated(float x) {
  if constexpr (activation == Activation::relu) return x > 0 ? x : 0.0F;
  if constexpr (activation == Activation::gelu) {
    float bell;
    return x * normal_cdf(x, bell);
  }
  return 0.5F * x * (1.0F + hyperbolic_tangent(0.797884561F * (x + 0.044715F * x * x * x)));
}
template <Activation activation>
float slope(float x) {
  if constexpr (activation == Activation::relu) return x > 0 ? 1.0F : 0.0F;
  if constexpr (activation == Activation::gelu) {
    float bell;
    const float cdf = normal_cdf(x, bell);
    return cdf + x * bell * 0.398942280F;
  }
  const float t = hyperbolic_tangent(0.797884561F * (x + 0.044715F * x * x * x));
  return 0.5F * (1.0F + t) + 0.5F * x * (1.0F - t * t) * 0.797884561F * (1.0F + 3.0F * 0.044715F * x * x);
}

}  // namespace
}  // namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION
