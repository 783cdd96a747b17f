#include "stages/text/unicode.hpp"

#include <cstdlib>
#include <cstring>
#include <memory>

#include <utf8proc.h>

namespace mlopsctl::text {

namespace {

bool within(uint32_t code, uint32_t first, uint32_t last) { return code >= first && code <= last; }

// Unicode's Case_Ignorable (DerivedCoreProperties.txt): marks, formats, modifiers and the punctuation of UAX 29's MidLetter and MidNumLet.
bool case_ignorable(uint32_t code) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      break;
  }
  constexpr uint32_t others[] = {0x27, 0x2E, 0x3A, 0xB7, 0x387, 0x55F, 0x5F4, 0x2018, 0x2019, 0x2024, 0x2027, 0xFE13, 0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
  for (const uint32_t other : others)
    if (code == other) return true;
  return false;
}

// Unicode's Cased, less what is case-ignorable as well.
bool cased(uint32_t code) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
  if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LT) return true;
  return code == 0xAA || code == 0xBA || within(code, 0x2160, 0x217F) || within(code, 0x24B6, 0x24E9) || within(code, 0x1F130, 0x1F149) ||
         within(code, 0x1F150, 0x1F169) || within(code, 0x1F170, 0x1F189);
}

bool cased_before(std::string_view text, size_t at) {
  while (at > 0) {
    size_t start = at - 1;
    while (start > 0 && at - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
    const CodePoint point = decode(text, start);
    if (start + point.bytes != at) return false;
    if (!case_ignorable(point.code)) return cased(point.code);
    at = start;
  }
  return false;
}

bool cased_after(std::string_view text, size_t at) {
  while (at < text.size()) {
    const CodePoint point = decode(text, at);
    if (!case_ignorable(point.code)) return cased(point.code);
    at += point.bytes;
  }
  return false;
}

// Copies the ASCII at `at` in lower case and returns where it ends.
size_t lower_ascii(std::string_view text, size_t at, std::string& out) {
  size_t end = at;
  while (end + 8 <= text.size()) {
    uint64_t word;
    std::memcpy(&word, text.data() + end, 8);
    if ((word & 0x8080808080808080u) != 0) break;
    end += 8;
  }
  while (end < text.size() && static_cast<unsigned char>(text[end]) < 0x80) ++end;
  const size_t start = out.size();
  out.append(text, at, end - at);
  for (size_t i = start; i < out.size(); ++i) out[i] = static_cast<char>(out[i] + ((out[i] >= 'A' && out[i] <= 'Z') ? 32 : 0));
  return end;
}

}  // namespace

uint8_t classes_of_wide(uint32_t code) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return letter_class | word_class;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return letter_class;
    case UTF8PROC_CATEGORY_ND:
      return digit_class | word_class;
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return word_class;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return punctuation_class;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return space_class;
    default:
      return code == 0x85 ? space_class : 0;
  }
}

CodePoint decode_wide(std::string_view text, size_t at) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data()) + at;
  const size_t left = text.size() - at;
  const auto follows = [&](size_t i) { return i < left && (bytes[i] & 0xC0) == 0x80; };
  const auto six = [&](size_t i) { return static_cast<uint32_t>(bytes[i] & 0x3F); };
  const uint32_t lead = bytes[0];
  if (lead >= 0xC2 && lead < 0xE0 && follows(1)) return {(lead & 0x1F) << 6 | six(1), 2};
  if (lead >= 0xE0 && lead < 0xF0 && follows(1) && follows(2)) {
    const uint32_t code = (lead & 0x0F) << 12 | six(1) << 6 | six(2);
    if (code >= 0x800 && !within(code, 0xD800, 0xDFFF)) return {code, 3};
  }
  if (lead >= 0xF0 && lead < 0xF5 && follows(1) && follows(2) && follows(3)) {
    const uint32_t code = (lead & 0x07) << 18 | six(1) << 12 | six(2) << 6 | six(3);
    if (within(code, 0x10000, 0x10FFFF)) return {code, 4};
  }
  return {0xFFFD, 1};
}

bool is_ascii(std::string_view text) {
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080u) != 0) return false;
  }
  for (; at < text.size(); ++at)
    if (static_cast<unsigned char>(text[at]) >= 0x80) return false;
  return true;
}

void append_code(std::string& out, uint32_t code) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
}

void lower(std::string_view text, std::string& out) {
  out.clear();
  out.reserve(text.size() + 8);
  size_t at = 0;
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      at = lower_ascii(text, at, out);
      continue;
    }
    const CodePoint point = decode_wide(text, at);
    if (point.code == 0x3A3) {
      append_code(out, cased_before(text, at) && !cased_after(text, at + point.bytes) ? 0x3C2 : 0x3C3);
    } else if (point.code == 0x130) {
      out += "i\xCC\x87";  // the one letter whose lower case is two
    } else {
      const auto lowered = static_cast<uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(point.code)));
      if (lowered == point.code) out.append(text, at, point.bytes);
      else append_code(out, lowered);
    }
    at += point.bytes;
  }
}

void normalize(std::string_view text, Form form, std::string& out) {
  if (is_ascii(text)) {
    out.assign(text);
    return;
  }
  int options = UTF8PROC_STABLE;
  options |= form == Form::nfc || form == Form::nfkc ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
  if (form == Form::nfkc || form == Form::nfkd) options |= UTF8PROC_COMPAT;
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                                               static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (length < 0) out.assign(text);
  else out.assign(reinterpret_cast<const char*>(mapped), static_cast<size_t>(length));
}

}  // namespace mlopsctl::text
