#include "pipeline/base/time_zone.hpp"

#include <algorithm>

#include "pipeline/base/files.hpp"

namespace mlopsctl {

namespace {

constexpr size_t header_size = 44;

int64_t big_endian(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = (static_cast<unsigned char>(bytes[at]) & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (size_t i = at; i < at + size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return static_cast<int64_t>(value);
}

// How many of what a data block holds, in the order of its header (RFC 8536, 3.1).
struct Counts {
  size_t utc_marks, standard_marks, leaps, times, types, letters;
  size_t bytes(size_t time_size) const { return times * (time_size + 1) + types * 6 + letters + leaps * (time_size + 4) + standard_marks + utc_marks; }
};

std::optional<Counts> counts_at(std::string_view bytes, size_t at) {
  if (bytes.size() < at + header_size || bytes.substr(at, 4) != "TZif") return std::nullopt;
  const auto count = [&](size_t i) { return static_cast<size_t>(static_cast<uint32_t>(big_endian(bytes, at + 20 + 4 * i, 4))); };
  const Counts counts{count(0), count(1), count(2), count(3), count(4), count(5)};
  if (std::max({counts.leaps, counts.times, counts.types, counts.letters, counts.standard_marks, counts.utc_marks}) > 1'000'000) return std::nullopt;
  return counts;
}

constexpr int64_t day_seconds = 86400;

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int year_of(int64_t seconds) {
  const std::chrono::sys_days day{std::chrono::days(floor_div(seconds, day_seconds))};
  return static_cast<int>(std::chrono::year_month_day(day).year());
}

// Reads a POSIX TZ string from its front ("CET-1CEST,M3.5.0,M10.5.0/3"), piece by piece.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  bool empty() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool name() {
    size_t size = 0;
    if (take('<')) {
      size = rest_.find('>');
      if (size == std::string_view::npos) return false;
      rest_.remove_prefix(size + 1);
      return true;
    }
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    while (size < rest_.size() && is_letter(rest_[size])) ++size;
    rest_.remove_prefix(size);
    return size >= 3;
  }
  // -1: no number, or one above `most`.
  int number(int most) {
    size_t size = 0;
    int value = 0;
    for (; size < rest_.size() && size < 4 && rest_[size] >= '0' && rest_[size] <= '9'; ++size) value = value * 10 + (rest_[size] - '0');
    rest_.remove_prefix(size);
    return size > 0 && value <= most ? value : -1;
  }
  // "[+-]hh[:mm[:ss]]", in seconds.
  std::optional<int32_t> time() {
    const bool negative = take('-');
    if (!negative) take('+');
    int32_t seconds = 0, unit = 3600;
    do {
      const int part = number(unit == 3600 ? 167 : 59);
      if (part < 0) return std::nullopt;
      seconds += part * unit;
      unit /= 60;
    } while (unit > 0 && take(':'));
    return negative ? -seconds : seconds;
  }

 private:
  std::string_view rest_;
};

bool is_zone_name(std::string_view name) {
  return !name.empty() && name.front() != '/' && name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+'; });
}

}  // namespace

// Days since 1970, as local seconds.
int64_t TimeZone::Day::in(int year) const {
  using namespace std::chrono;
  const auto days_of = [](sys_days d) { return int64_t{d.time_since_epoch().count()}; };
  const int64_t new_year = days_of(sys_days(std::chrono::year(year) / January / 1));
  if (kind == Kind::day_of_year) return (new_year + day) * day_seconds + seconds;
  if (kind == Kind::day_of_year_without_leap) return (new_year + day - 1 + (day > 59 && is_leap(year) ? 1 : 0)) * day_seconds + seconds;
  const year_month of(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)));
  const weekday on(static_cast<unsigned>(day));
  const sys_days found = week == 5 ? sys_days(of / on[last]) : sys_days(of / on[static_cast<unsigned>(week)]);
  return days_of(found) * day_seconds + seconds;
}

int32_t TimeZone::Rule::ahead(int64_t at) const {
  if (!has_summer) return standard;
  const int year = year_of(at + standard);
  const int64_t from = begin.in(year)-standard, until = end.in(year)-summer;
  const bool is_summer = from < until ? at >= from && at < until : at >= from || at < until;
  return is_summer ? summer : standard;
}

std::optional<TimeZone::Rule> TimeZone::read_rule(std::string_view text) {
  Rule rule;
  Words words(text);
  if (!words.name()) return std::nullopt;
  const auto west = words.time();
  if (!west) return std::nullopt;
  rule.standard = -*west;
  if (words.empty()) return rule;
  if (!words.name()) return std::nullopt;
  rule.has_summer = true;
  rule.summer = rule.standard + 3600;
  if (!words.take(',')) {
    const auto summer = words.time();
    if (!summer || !words.take(',')) return std::nullopt;
    rule.summer = -*summer;
  }
  for (Day* each : {&rule.begin, &rule.end}) {
    if (each == &rule.end && !words.take(',')) return std::nullopt;
    if (words.take('M')) {
      each->month = words.number(12);
      each->week = words.take('.') ? words.number(5) : -1;
      each->day = words.take('.') ? words.number(6) : -1;
      if (each->month < 1 || each->week < 1 || each->day < 0) return std::nullopt;
    } else {
      each->kind = words.take('J') ? Day::Kind::day_of_year_without_leap : Day::Kind::day_of_year;
      each->day = words.number(366);
      if (each->day < 0) return std::nullopt;
    }
    if (!words.take('/')) continue;
    const auto time = words.time();
    if (!time) return std::nullopt;
    each->seconds = *time;
  }
  return words.empty() ? std::optional(rule) : std::nullopt;
}

Result<TimeZone> TimeZone::read(std::string_view bytes, const std::string& name) {
  const Error damaged = config_error("the time zone " + name + " cannot be read: its file is damaged or of version 1");
  const auto old = counts_at(bytes, 0);
  if (!old || bytes[4] < '2') return damaged;
  const size_t second = header_size + old->bytes(4);
  const auto counts = counts_at(bytes, second);
  if (!counts || counts->types == 0 || bytes.size() < second + header_size + counts->bytes(8)) return damaged;

  TimeZone zone;
  const size_t times = second + header_size, kinds = times + counts->times * 8, types = kinds + counts->times;
  const auto ahead_of = [&](size_t type) { return static_cast<int32_t>(big_endian(bytes, types + type * 6, 4)); };
  zone.first_ = ahead_of(0);
  for (size_t i = 0; i < counts->times; ++i) {
    const auto type = static_cast<unsigned char>(bytes[kinds + i]);
    if (type >= counts->types) return damaged;
    zone.changes_.push_back({big_endian(bytes, times + i * 8, 8), ahead_of(type)});
  }
  const size_t footer = second + header_size + counts->bytes(8);
  if (bytes.size() < footer + 2 || bytes[footer] != '\n' || bytes.back() != '\n') return damaged;
  if (const std::string_view rule = bytes.substr(footer + 1, bytes.size() - footer - 2); !rule.empty()) {
    zone.rule_ = read_rule(rule);
    if (!zone.rule_) return damaged;
  }
  return zone;
}

bool TimeZone::known_here(const std::filesystem::path& database) {
  std::error_code ignored;
  return std::filesystem::is_directory(database, ignored);
}

Result<TimeZone> TimeZone::find(const std::string& name, const std::filesystem::path& database) {
  if (name == "UTC" || name == "Etc/UTC") return TimeZone();
  std::error_code ignored;
  if (!is_zone_name(name) || !std::filesystem::is_regular_file(database / name, ignored))
    return config_error("there is no time zone \"" + name + "\"").with_hint("use a name such as Europe/Berlin or Etc/UTC");
  TRY_ASSIGN(const auto bytes, read_file(database / name));
  return read(bytes, name);
}

std::chrono::seconds TimeZone::ahead(TimePoint time) const {
  const int64_t at = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  const auto after = std::upper_bound(changes_.begin(), changes_.end(), at, [](int64_t moment, const Change& change) { return moment < change.at; });
  if (after == changes_.end() && rule_) return std::chrono::seconds(rule_->ahead(at));
  return std::chrono::seconds(after == changes_.begin() ? first_ : std::prev(after)->ahead);
}

}  // namespace mlopsctl
