#include "stages/serve/store/redact.hpp"

#include <cstddef>

namespace mlopsctl::serve::store {

namespace {

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// A byte of a letter beyond ASCII: lead bytes of U+0080 to U+1FFF, U+3000 to U+D7FF; signs, dashes and pictures are elsewhere.
bool is_letter_lead(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0xC3 && byte <= 0xE1) || (byte >= 0xE3 && byte <= 0xED);
}
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Where the character that ends before `end` begins, when it may stand in the local part of an address; else `end`.
size_t local_character(std::string_view text, size_t end) {
  const char last = text[end - 1];
  if (is_word(last) || last == '.' || last == '+' || last == '-' || last == '%' || last == '\'') return end - 1;
  if (!is_continuation(last)) return end;
  size_t begin = end - 1;
  while (begin > 0 && end - begin < 4 && is_continuation(text[begin])) --begin;
  return is_letter_lead(text[begin]) ? begin : end;
}

// The end of what may be a domain from `begin` on; `dotted`: it has a dot with something on both sides.
size_t domain_end(std::string_view text, size_t begin, bool& dotted) {
  size_t end = begin;
  while (end < text.size()) {
    const char c = text[end];
    if (is_word(c) || c == '-' || c == '.') ++end;
    else if (is_letter_lead(c))
      for (++end; end < text.size() && is_continuation(text[end]);) ++end;
    else break;
  }
  while (end > begin && (text[end - 1] == '.' || text[end - 1] == '-')) --end;  // the sentence's own
  const size_t dot = text.substr(begin, end - begin).find('.');
  dotted = dot != std::string_view::npos && dot > 0;
  return end;
}

size_t word_end(std::string_view text, size_t begin) {
  while (begin < text.size() && is_word(text[begin])) ++begin;
  return begin;
}

}  // namespace

std::string redacted(std::string_view text) {
  constexpr std::string_view wide_at = "\xEF\xBC\xA0";  // U+FF20, which keyboards for Chinese and Japanese give
  std::string out;
  size_t kept = 0;  // text before it is in `out`
  for (size_t at = 0; at < text.size();) {
    const size_t width = text[at] == '@' ? 1 : text.substr(at, wide_at.size()) == wide_at ? wide_at.size() : 0;
    if (width == 0) {
      ++at;
      continue;
    }
    const size_t after = at + width;
    size_t local = at;
    while (local > kept) {
      const size_t begin = local_character(text, local);
      if (begin == local) break;
      local = begin;
    }
    bool dotted = false;
    const size_t domain = domain_end(text, after, dotted);
    const bool glued = local < at && text[at - 1] != '.';
    if (glued && dotted) {
      while (local < at && (text[local] == '.' || text[local] == '-' || text[local] == '\'')) ++local;  // the sentence's own
      out += text.substr(kept, local - kept);
      out += "[email]";
      at = kept = domain;
      continue;
    }
    size_t end = word_end(text, after);
    if (end == after) {
      at = after;
      continue;
    }
    if (end + 1 < text.size() && text[end] == '@') {  // a handle of another server
      const size_t host = domain_end(text, end + 1, dotted);
      if (dotted) end = host;
    }
    out += text.substr(kept, at - kept);
    out += "@user";
    at = kept = end;
  }
  out += text.substr(kept);
  return out;
}

}  // namespace mlopsctl::serve::store
