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

// "*", "5", "1-5", each with an optional "/2", as bits; nothing where it is none of them. `any` is set by a bare * or ?.
std::optional<uint64_t> item(std::string_view text, const FieldRule& rule, bool& any) {
  const auto parts = split(text, '/');
  if (parts.size() > 2) return std::nullopt;
  const int step = parts.size() == 2 ? number(parts[1]).value_or(0) : 1;
  if (step < 1) return std::nullopt;
  int first = rule.minimum, last = rule.maximum;
  if (parts[0] == "*" || parts[0] == "?") {
    any = any || step == 1;
  } else {
    const auto ends = split(parts[0], '-');
    const auto from = point(ends.front(), rule), to = point(ends.back(), rule);
    if (ends.size() > 2 || !from || !to || *from > *to) return std::nullopt;
    first = *from;
    if (ends.size() == 2 || parts.size() == 1) last = *to;  // "5/15": from there to the end
  }
  uint64_t bits = 0;
  for (int value = first; value <= last; value += step) bits |= uint64_t{1} << value;
  return bits;
}

bool has(uint64_t bits, int64_t value) { return (bits >> value & 1) != 0; }

}  // namespace

std::string CronSchedule::parse(std::string_view text, CronSchedule& into) {
  if (text.starts_with("TZ=") || text.starts_with("CRON_TZ=")) return "the time zone belongs under time_zone";
  constexpr std::pair<std::string_view, std::string_view> shorthands[] = {{"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
                                                                          {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
                                                                          {"@hourly", "0 * * * *"}};
  for (const auto& [name, fields] : shorthands)
    if (text == name) text = fields;

  std::vector<std::string_view> fields;
  for (const auto part : split(text, ' '))
    if (!part.empty()) fields.push_back(part);
  if (fields.size() != rules.size()) return "expected five fields (minute, hour, day of month, month, day of week), got " + std::to_string(fields.size());
  for (size_t i = 0; i < rules.size(); ++i)
    for (const auto each : split(fields[i], ',')) {
      const auto bits = item(each, rules[i], into.any_[i]);
      if (!bits)
        return std::string(rules[i].name) + ": expected " + std::to_string(rules[i].minimum) + " to " + std::to_string(rules[i].maximum) +
               ", a range, * or a step such as */2, got \"" + std::string(each) + "\"";
      into.bits_[i] |= *bits;
    }
  return {};
}

std::optional<CronSchedule> CronSchedule::read(std::string_view text) {
  CronSchedule schedule;
  if (!parse(text, schedule).empty()) return std::nullopt;
  return schedule;
}

std::vector<int> CronSchedule::values(size_t field) const {
  std::vector<int> all;
  for (int value = rules[field].minimum; value <= rules[field].maximum; ++value)
    if (has(bits_[field], value)) all.push_back(value);
  return all;
}

// Of day of month and day of week either suffices, unless one of them was left open.
bool CronSchedule::due_on_day(int64_t local_seconds) const {
  const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(std::chrono::seconds(local_seconds))};
  const std::chrono::year_month_day date(day);
  if (!has(bits_[3], static_cast<unsigned>(date.month()))) return false;
  const bool of_month = has(bits_[2], static_cast<unsigned>(date.day())), of_week = has(bits_[4], std::chrono::weekday(day).c_encoding());
  return any_[2] || any_[4] ? of_month && of_week : of_month || of_week;
}

std::optional<TimePoint> CronSchedule::next(TimePoint after, const TimeZone& zone) const {
  using namespace std::chrono;
  const auto end = after + std::chrono::days(5 * 366);
  for (auto at = floor<minutes>(after) + minutes(1); at <= end;) {
    const int64_t local = floor<seconds>(at.time_since_epoch()).count() + zone.ahead(at).count();
    const int64_t minute = (local / 60 % 60 + 60) % 60, hour = (local / 3600 % 24 + 24) % 24;
    const bool hour_fits = has(bits_[1], hour) && due_on_day(local);
    if (hour_fits && has(bits_[0], minute)) return at;
    // Clocks are put forward and back at the full hour: nothing is skipped by going there.
    at += minutes(hour_fits ? 1 : 60 - minute);
  }
  return std::nullopt;
}

std::string cron_fault(std::string_view text) {
  CronSchedule ignored;
  return CronSchedule::parse(text, ignored);
}

}  // namespace mlopsctl::k8s
