#include "pipeline/k8s/cron.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <vector>

namespace mlopsctl::k8s {

namespace {

constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> days = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct FieldRule {
  std::string_view name;
  int minimum, maximum;
  std::span<const std::string_view> names;  // the first stands for `minimum`
};

const std::array<FieldRule, 5> rules = {
    {{"minute", 0, 59, {}}, {"hour", 0, 23, {}}, {"day of month", 1, 31, {}}, {"month", 1, 12, months}, {"day of week", 0, 6, days}}};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> point(std::string_view text, const FieldRule& rule) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c); });
  if (const auto named = std::find(rule.names.begin(), rule.names.end(), lower); named != rule.names.end())
    return rule.minimum + static_cast<int>(named - rule.names.begin());
  const auto value = number(text);
  return value && *value >= rule.minimum && *value <= rule.maximum ? value : std::nullopt;
}

// "*", "5", "1-5", each with an optional "/2".
bool item_fits(std::string_view text, const FieldRule& rule) {
  const auto step = split(text, '/');
  if (step.size() > 2) return false;
  if (step.size() == 2 && number(step[1]).value_or(0) < 1) return false;
  if (step[0] == "*" || step[0] == "?") return true;
  const auto ends = split(step[0], '-');
  if (ends.size() > 2) return false;
  const auto first = point(ends.front(), rule), last = point(ends.back(), rule);
  return first && last && *first <= *last;
}

}  // namespace

std::string cron_fault(std::string_view text) {
  if (text.starts_with("TZ=") || text.starts_with("CRON_TZ=")) return "the time zone belongs under time_zone";
  constexpr std::array<std::string_view, 7> shorthands = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"};
  if (std::find(shorthands.begin(), shorthands.end(), text) != shorthands.end()) return {};

  std::vector<std::string_view> fields;
  for (const auto part : split(text, ' '))
    if (!part.empty()) fields.push_back(part);
  if (fields.size() != rules.size()) return "expected five fields (minute, hour, day of month, month, day of week), got " + std::to_string(fields.size());
  for (size_t i = 0; i < rules.size(); ++i)
    for (const auto item : split(fields[i], ','))
      if (!item_fits(item, rules[i]))
        return std::string(rules[i].name) + ": expected " + std::to_string(rules[i].minimum) + " to " + std::to_string(rules[i].maximum) +
               ", a range, * or a step such as */2, got \"" + std::string(item) + "\"";
  return {};
}

}  // namespace mlopsctl::k8s
