// Base64 (RFC 4648, section 4) of bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mlopsctl {

std::string base64(std::string_view bytes);
// Line ends are skipped; nothing where anything else is no Base64: another letter, a missing or misplaced '='.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace mlopsctl
