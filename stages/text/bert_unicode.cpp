#include "stages/text/bert_unicode.hpp"

#include <algorithm>
#include <iterator>

#include <utf8proc.h>

namespace mlopsctl::text {

namespace {

struct Range {
  uint32_t first, last;
};

template <size_t N>
bool in(const Range (&ranges)[N], uint32_t code) {
  const Range* after = std::upper_bound(std::begin(ranges), std::end(ranges), code, [](uint32_t value, const Range& range) { return value < range.first; });
  return after != std::begin(ranges) && code <= std::prev(after)->last;
}

constexpr Range ideographs[] = {{0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},  {0x20000, 0x2A6DF},
                                {0x2A700, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};

// Of category Cf, P and Mn in Unicode 15, but not for Hugging Face.
constexpr Range later_formats[] = {{0x890, 0x891}, {0x8E2, 0x8E2}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}};
constexpr Range later_punctuation[] = {{0x61D, 0x61D},     {0x9FD, 0x9FD},     {0xA76, 0xA76},     {0xC77, 0xC77},     {0xC84, 0xC84},     {0x1B7D, 0x1B7E},
                                       {0x2E43, 0x2E4F},   {0x2E52, 0x2E5D},   {0x10EAD, 0x10EAD}, {0x10F55, 0x10F59}, {0x10F86, 0x10F89}, {0x1144B, 0x1144F},
                                       {0x1145A, 0x1145B}, {0x1145D, 0x1145D}, {0x11660, 0x1166C}, {0x116B9, 0x116B9}, {0x1183B, 0x1183B}, {0x11944, 0x11946},
                                       {0x119E2, 0x119E2}, {0x11A3F, 0x11A46}, {0x11A9A, 0x11A9C}, {0x11A9E, 0x11AA2}, {0x11B00, 0x11B09}, {0x11C41, 0x11C45},
                                       {0x11C70, 0x11C71}, {0x11EF7, 0x11EF8}, {0x11F43, 0x11F4F}, {0x11FFF, 0x11FFF}, {0x12FF1, 0x12FF2}, {0x16E97, 0x16E9A},
                                       {0x16FE2, 0x16FE2}, {0x1E95E, 0x1E95F}};
constexpr Range later_marks[] = {
    {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8E1},     {0x9FE, 0x9FE},     {0xAFA, 0xAFF},     {0xB55, 0xB55},     {0xC04, 0xC04},
    {0xC3C, 0xC3C},     {0xD00, 0xD00},     {0xD3B, 0xD3C},     {0xD81, 0xD81},     {0xEBA, 0xEBA},     {0xECE, 0xECE},     {0x180F, 0x180F},
    {0x1885, 0x1886},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFB},   {0xA82C, 0xA82C},   {0xA8C5, 0xA8C5},   {0xA8FF, 0xA8FF},   {0xA9BD, 0xA9BD},
    {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x11073, 0x11074},
    {0x110C2, 0x110C2}, {0x111C9, 0x111C9}, {0x111CF, 0x111CF}, {0x1123E, 0x1123E}, {0x11241, 0x11241}, {0x1133B, 0x1133B}, {0x11438, 0x1143F},
    {0x11442, 0x11444}, {0x11446, 0x11446}, {0x1145E, 0x1145E}, {0x1182F, 0x11837}, {0x11839, 0x1183A}, {0x1193B, 0x1193C}, {0x1193E, 0x1193E},
    {0x11943, 0x11943}, {0x119D4, 0x119D7}, {0x119DA, 0x119DB}, {0x119E0, 0x119E0}, {0x11A01, 0x11A0A}, {0x11A33, 0x11A38}, {0x11A3B, 0x11A3E},
    {0x11A47, 0x11A47}, {0x11A51, 0x11A56}, {0x11A59, 0x11A5B}, {0x11A8A, 0x11A96}, {0x11A98, 0x11A99}, {0x11C30, 0x11C36}, {0x11C38, 0x11C3D},
    {0x11C3F, 0x11C3F}, {0x11C92, 0x11CA7}, {0x11CAA, 0x11CB0}, {0x11CB2, 0x11CB3}, {0x11CB5, 0x11CB6}, {0x11D31, 0x11D36}, {0x11D3A, 0x11D3A},
    {0x11D3C, 0x11D3D}, {0x11D3F, 0x11D45}, {0x11D47, 0x11D47}, {0x11D90, 0x11D91}, {0x11D95, 0x11D95}, {0x11D97, 0x11D97}, {0x11EF3, 0x11EF4},
    {0x11F00, 0x11F01}, {0x11F36, 0x11F3A}, {0x11F40, 0x11F40}, {0x11F42, 0x11F42}, {0x13440, 0x13440}, {0x13447, 0x13455}, {0x16F4F, 0x16F4F},
    {0x16FE4, 0x16FE4}, {0x1CF00, 0x1CF2D}, {0x1CF30, 0x1CF46}, {0x1E000, 0x1E006}, {0x1E008, 0x1E018}, {0x1E01B, 0x1E021}, {0x1E023, 0x1E024},
    {0x1E026, 0x1E02A}, {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}, {0x1E944, 0x1E94A}};
// With a combining class in Unicode 15, but 0 for Hugging Face.
constexpr Range later_combining[] = {{0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},     {0xC3C, 0xC3C},     {0xD3B, 0xD3C},
                                     {0xEBA, 0xEBA},     {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},   {0xA82C, 0xA82C},   {0x10D24, 0x10D27},
                                     {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B},
                                     {0x1145E, 0x1145E}, {0x11839, 0x1183A}, {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0}, {0x11A34, 0x11A34},
                                     {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42}, {0x11D44, 0x11D45}, {0x11D97, 0x11D97}, {0x11F41, 0x11F42},
                                     {0x16FF0, 0x16FF1}, {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}};

// Capitals that came after Unicode 15: first to last go to themselves + delta.
struct Capitals {
  uint32_t first, last;
  int32_t delta;
};
constexpr Capitals later_capitals[] = {{0x1C89, 0x1C89, 1}, {0xA7CB, 0xA7CB, -42343}, {0xA7CC, 0xA7CC, 1},      {0xA7CE, 0xA7CE, 1},    {0xA7D2, 0xA7D2, 1},
                                       {0xA7D4, 0xA7D4, 1}, {0xA7DA, 0xA7DA, 1},      {0xA7DC, 0xA7DC, -42561}, {0x10D50, 0x10D65, 32}, {0x16EA0, 0x16EB8, 27}};

uint8_t class_of_category(uint32_t code) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
    case UTF8PROC_CATEGORY_CC:
      return code == 0x85 ? bert_removed | bert_space : bert_removed;
    case UTF8PROC_CATEGORY_CF:
      return in(later_formats, code) ? 0 : bert_removed;
    case UTF8PROC_CATEGORY_CO:
      return bert_removed;
    case UTF8PROC_CATEGORY_MN:
      if (code == 0x111C9) return bert_punctuation;
      return in(later_marks, code) ? 0 : bert_mark;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return bert_space;
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_CN:  // blocks of ideographs have unassigned places
      return code >= 0x3400 && in(ideographs, code) ? bert_ideograph : 0;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return in(later_punctuation, code) ? 0 : bert_punctuation;
    default:
      break;
  }
  if (code == 0xFFFD) return bert_removed;
  if (code == 0x1734) return bert_mark;
  if (code == 0x166D) return bert_punctuation;
  return 0;
}

constexpr std::array<uint8_t, 128> ascii_classes_for_bert = [] {
  std::array<uint8_t, 128> table{};
  for (unsigned code = 0; code < table.size(); ++code) {
    const bool control = (code < 32 || code == 127) && code != '\t' && code != '\n' && code != '\r';
    const bool space = code == ' ' || (code >= 9 && code <= 13);
    const bool symbol = (code > 32 && code < 48) || (code > 57 && code < 65) || (code > 90 && code < 97) || (code > 122 && code < 127);
    table[code] = static_cast<uint8_t>((control ? bert_removed : 0) | (space ? bert_space : 0) | (symbol ? bert_punctuation : 0));
  }
  return table;
}();

}  // namespace

uint8_t bert_classes(uint32_t code) { return code < 128 ? ascii_classes_for_bert[code] : class_of_category(code); }

LowerCase bert_lower(uint32_t code) {
  if (code == 0x130) return {'i', 0x307};
  if (code >= 0x1C89)
    for (const Capitals& range : later_capitals)
      if (code >= range.first && code <= range.last) return {static_cast<uint32_t>(static_cast<int32_t>(code) + range.delta), 0};
  return {static_cast<uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code))), 0};
}

size_t bert_decompose(uint32_t code, std::array<uint32_t, 4>& out) {
  out[0] = code;
  if (code < 0xC0 || code == 0x11938) return 1;
  std::array<utf8proc_int32_t, 4> parts{};
  int boundary_class = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
                                                         UTF8PROC_DECOMPOSE, &boundary_class);
  if (count < 1 || count > 4) return 1;
  std::copy_n(parts.begin(), count, out.begin());
  return static_cast<size_t>(count);
}

uint8_t bert_combining_class(uint32_t code) {
  if (code < 0x300) return 0;
  const auto combining = static_cast<uint8_t>(utf8proc_get_property(static_cast<utf8proc_int32_t>(code))->combining_class);
  return combining != 0 && in(later_combining, code) ? 0 : combining;
}

}  // namespace mlopsctl::text
