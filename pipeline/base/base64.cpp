#include "pipeline/base/base64.hpp"

#include <algorithm>

#include <openssl/evp.h>

namespace mlopsctl {

namespace {

unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(octets(text), octets(bytes), static_cast<int>(bytes.size()));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string clean;
  std::copy_if(text.begin(), text.end(), std::back_inserter(clean), [](char c) { return c != '\n' && c != '\r'; });
  if (clean.size() % 4 != 0) return std::nullopt;
  const size_t letters = std::min(clean.find('='), clean.size()), padding = clean.size() - letters;
  // What OpenSSL is lenient about: padding in the middle or too much of it, and blanks at the ends.
  if (padding > 2 || clean.find_first_not_of('=', letters) != std::string::npos || clean.find_first_of(" \t\v\f-") != std::string::npos) return std::nullopt;
  std::string bytes(clean.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(octets(bytes), octets(clean), static_cast<int>(clean.size())) != static_cast<int>(bytes.size())) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace mlopsctl
