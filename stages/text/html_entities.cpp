#include "stages/text/html_entities.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "stages/text/stop_words.hpp"
#include "stages/text/unicode.hpp"

namespace mlopsctl::text {

namespace {

constexpr size_t longest_name = 32;

struct Entity {
  std::string_view name;
  bool bare = false;  // known without ';'
  std::string value;
};

std::vector<Entity> parse_table() {
  std::vector<Entity> entities;
  for (std::string_view item : split_words(html_entity_table)) {
    Entity entity;
    entity.bare = item.starts_with('*');
    if (entity.bare) item.remove_prefix(1);
    const size_t equals = item.find('=');
    entity.name = item.substr(0, equals);
    for (const char* p = item.data() + equals + 1; p < item.data() + item.size(); ++p) {
      uint32_t code = 0;
      p = std::from_chars(p, item.data() + item.size(), code, 16).ptr;
      append_code(entity.value, code);
    }
    entities.push_back(std::move(entity));
  }
  std::sort(entities.begin(), entities.end(), [](const Entity& a, const Entity& b) { return a.name < b.name; });
  return entities;
}

const Entity* find_entity(std::string_view name) {
  static const std::vector<Entity> entities = parse_table();
  const auto found =
      std::lower_bound(entities.begin(), entities.end(), name, [](const Entity& entity, std::string_view wanted) { return entity.name < wanted; });
  return found != entities.end() && found->name == name ? &*found : nullptr;
}

// What a numeric reference means, by the standard's table: windows-1252 for 0x80-0x9F, nothing for what is no character.
void append_number(std::string& out, uint32_t code) {
  constexpr uint16_t windows_1252[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                         0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                         0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
  if (code == 0 || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) return append_code(out, 0xFFFD);
  if (code >= 0x80 && code <= 0x9F) return append_code(out, windows_1252[code - 0x80]);
  const bool control = (code < 0x20 && code != '\t' && code != '\n' && code != '\f' && code != '\r') || code == 0x7F;
  const bool no_character = (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
  if (!control && !no_character) append_code(out, code);
}

// A reference at text[at] == '&'. Appends its value and returns how many bytes it took; 0: not a reference.
size_t decode_number(std::string_view text, size_t at, std::string& out) {
  const bool hex = at + 2 < text.size() && (text[at + 2] == 'x' || text[at + 2] == 'X');
  const char* const start = text.data() + at + (hex ? 3 : 2);
  const char* const end = text.data() + text.size();
  if (start > end) return 0;
  uint32_t code = 0;
  auto [stop, fault] = std::from_chars(start, end, code, hex ? 16 : 10);
  if (stop == start) return 0;
  if (fault == std::errc::result_out_of_range) code = 0xFFFFFFFF;
  append_number(out, code);
  if (stop < end && *stop == ';') ++stop;
  return static_cast<size_t>(stop - text.data()) - at;
}

size_t decode_name(std::string_view text, size_t at, std::string& out) {
  size_t end = at + 1;
  while (end < text.size() && end - at <= longest_name && std::string_view("\t\n\f <&#;").find(text[end]) == std::string_view::npos) ++end;
  const std::string_view name = text.substr(at + 1, end - at - 1);
  if (end < text.size() && text[end] == ';') {
    if (const Entity* entity = find_entity(name)) {
      out += entity->value;
      return name.size() + 2;
    }
  }
  for (size_t length = name.size(); length > 1; --length) {
    const Entity* entity = find_entity(name.substr(0, length));
    if (entity == nullptr || !entity->bare) continue;
    out += entity->value;
    return length + 1;
  }
  return 0;
}

}  // namespace

void decode_html(std::string_view text, std::string& out) {
  out.clear();
  size_t at = 0;
  while (at < text.size()) {
    const size_t ampersand = std::min(text.find('&', at), text.size());
    out.append(text, at, ampersand - at);
    at = ampersand;
    if (at == text.size()) return;
    const size_t taken = at + 1 < text.size() && text[at + 1] == '#' ? decode_number(text, at, out) : decode_name(text, at, out);
    if (taken == 0) out += '&';
    at += std::max<size_t>(taken, 1);
  }
}

}  // namespace mlopsctl::text
