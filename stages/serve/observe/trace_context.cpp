#include "stages/serve/observe/trace_context.hpp"

#include <algorithm>
#include <cstdint>
#include <random>

namespace mlopsctl::serve {

namespace {

constexpr size_t length = 55;  // 00-<32>-<16>-<2>

// splitmix64 from a random start: ids need to differ, not to be secret.
uint64_t random_bits() {
  thread_local uint64_t state = [] {
    std::random_device device;
    return (uint64_t{device()} << 32) ^ device();
  }();
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (z ^ (z >> 31)) | 1;  // never all zero, which would not be valid
}

void append_hex(std::string& out, uint64_t bits) {
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(bits >> shift) & 15];
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

bool is_valid(std::string_view text) {
  if (text.size() < length || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const auto version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return false;
  if (text.size() > length && (version == "00" || text[length] != '-')) return false;  // later versions may go on
  const auto trace = text.substr(3, 32), parent = text.substr(36, 16);
  return is_hex(trace) && !is_zero(trace) && is_hex(parent) && !is_zero(parent) && is_hex(text.substr(53, 2));
}

}  // namespace

std::string continue_trace(std::string_view traceparent) {
  std::string out = "00-";
  out.reserve(length);
  const bool valid = is_valid(traceparent);
  if (valid) {
    out += traceparent.substr(3, 32);
  } else {
    append_hex(out, random_bits());
    append_hex(out, random_bits());
  }
  out += '-';
  append_hex(out, random_bits());
  out += '-';
  out += valid ? traceparent.substr(53, 2) : "00";
  return out;
}

std::string_view trace_id(std::string_view traceparent) { return traceparent.substr(3, 32); }

}  // namespace mlopsctl::serve
