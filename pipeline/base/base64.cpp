#include "pipeline/base/base64.hpp"

#include <algorithm>
#include <cstdint>

namespace mlopsctl {

namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? static_cast<uint8_t>(bytes[i + j]) : 0U);
    for (size_t j = 0; j < 4; ++j) text += j <= count ? letters[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes, clean;
  for (const char c : text)
    if (c != '\n' && c != '\r') clean += c;
  if (clean.size() % 4 != 0) return std::nullopt;
  for (size_t i = 0; i < clean.size(); i += 4) {
    uint32_t group = 0;
    size_t given = 0;
    for (size_t j = 0; j < 4; ++j) {
      const size_t value = letters.find(clean[i + j]);
      const bool padding = clean[i + j] == '=' && j >= 2 && i + 4 == clean.size();
      if ((value == std::string_view::npos && !padding) || (!padding && given < j)) return std::nullopt;
      group = group << 6 | (padding ? 0U : static_cast<uint32_t>(value));
      given += padding ? 0 : 1;
    }
    for (size_t j = 0; j + 1 < given; ++j) bytes += static_cast<char>(group >> (16 - 8 * j) & 0xff);
  }
  return bytes;
}

}  // namespace mlopsctl
