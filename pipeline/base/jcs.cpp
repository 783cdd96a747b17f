#include "pipeline/base/jcs.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace mlopsctl {

namespace {

constexpr uint64_t most_exact = uint64_t{1} << 53;

bool is_exact(int64_t value) { return -static_cast<int64_t>(most_exact) <= value && value <= static_cast<int64_t>(most_exact); }

Error refused(const std::string& what) {
  Error error;
  error.message = what + " has no canonical JSON (RFC 8785)";
  return error;
}

// Section 3.2.3: by UTF-16 code units. In UTF-8 that is the order of the bytes, but for characters beyond U+FFFF (first byte F0 and up), which
// as surrogates come before U+E000 to U+FFFF (first byte EE or EF).
bool utf16_less(const std::string& a, const std::string& b) {
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (differ.first == a.end() || differ.second == b.end()) return differ.first == a.end() && differ.second != b.end();
  const auto x = static_cast<unsigned char>(*differ.first), y = static_cast<unsigned char>(*differ.second);
  if (x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0)) return x >= 0xF0;
  return x < y;
}

// Section 3.2.2.3: as ECMAScript writes it (Number::toString), from the shortest digits that give the same double.
void append_number(std::string& out, double value) {
  if (value == 0) {
    out += '0';
    return;
  }
  char text[40];
  const std::string_view shortest(text,
                                  static_cast<size_t>(std::to_chars(text, text + sizeof text, std::abs(value), std::chars_format::scientific).ptr - text));
  const size_t e = shortest.find('e');
  std::string digits(1, shortest[0]);
  if (e > 2) digits += shortest.substr(2, e - 2);
  int exponent = 0;
  std::from_chars(shortest.data() + e + (shortest[e + 1] == '+' ? 2 : 1), shortest.data() + shortest.size(), exponent);
  const int k = static_cast<int>(digits.size()), n = exponent + 1;
  if (value < 0) out += '-';
  if (k <= n && n <= 21) out += digits + std::string(static_cast<size_t>(n - k), '0');
  else if (0 < n && n <= 21) out += digits.substr(0, static_cast<size_t>(n)) + "." + digits.substr(static_cast<size_t>(n));
  else if (-6 < n && n <= 0) out += "0." + std::string(static_cast<size_t>(-n), '0') + digits;
  else out += digits.substr(0, 1) + (k > 1 ? "." + digits.substr(1) : "") + (n > 0 ? "e+" : "e-") + std::to_string(std::abs(n - 1));
}

Status append(std::string& out, const Json& value);

Status append_object(std::string& out, const Json& value) {
  std::vector<std::string> keys;
  for (const auto& [key, ignored] : value.items()) keys.push_back(key);
  std::sort(keys.begin(), keys.end(), utf16_less);
  out += '{';
  for (const std::string& key : keys) {
    if (&key != &keys.front()) out += ',';
    TRY(append(out, key));
    out += ':';
    TRY(append(out, value.at(key)));
  }
  out += '}';
  return {};
}

Status append(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      return append_object(out, value);
    case Json::value_t::array:
      out += '[';
      for (const Json& item : value) {
        if (&item != &value.front()) out += ',';
        TRY(append(out, item));
      }
      out += ']';
      return {};
    case Json::value_t::number_float:
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: {
      const auto number = value.get<double>();
      if (!std::isfinite(number)) return refused("a number that is infinite or none");
      const bool exact = value.is_number_unsigned() ? value.get<uint64_t>() <= most_exact : value.is_number_float() || is_exact(value.get<int64_t>());
      if (!exact) return refused("the integer " + value.dump());
      append_number(out, number);
      return {};
    }
    default:
      // Texts are escaped alike there: the short forms, \u00xx below a blank, and nothing else.
      try {
        out += value.dump();
      } catch (const Json::exception&) { return refused("text that is not UTF-8"); }
      return {};
  }
}

}  // namespace

Result<std::string> jcs(const Json& value) {
  std::string out;
  TRY(append(out, value));
  return out;
}

}  // namespace mlopsctl
