#include "pipeline/base/clock.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <thread>

namespace mlopsctl {

bool SystemClock::pause(std::chrono::milliseconds time, const CancelToken& cancel) const {
  constexpr std::chrono::milliseconds step(50);
  for (const auto end = steady() + time; !cancel.cancelled() && steady() < end;)
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(step, end - steady()));
  return !cancel.cancelled();
}

std::string rfc3339(TimePoint time) {
  using namespace std::chrono;
  const auto milliseconds_since_epoch = duration_cast<milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(milliseconds_since_epoch / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(milliseconds_since_epoch % 1000));
  return text;
}

std::string rfc5322(TimePoint time, std::string_view zone) {
  constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};  // whatever the locale
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d ", days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour,
                utc.tm_min, utc.tm_sec);
  return text + std::string(zone);
}

std::optional<TimePoint> from_rfc3339(std::string_view text) {
  const auto number = [&](size_t at, size_t digits) {
    int value = 0;
    for (size_t i = at; i < at + digits; ++i) {
      if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() <= shape.size()) return std::nullopt;
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] != '0' && text[i] != shape[i] && !(shape[i] == 'T' && text[i] == 't')) return std::nullopt;
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return std::nullopt;
  std::tm utc{};
  utc.tm_year = year - 1900, utc.tm_mon = month - 1, utc.tm_mday = day, utc.tm_hour = hour, utc.tm_min = minute, utc.tm_sec = second;
  auto time = std::chrono::system_clock::from_time_t(::timegm(&utc));
  size_t at = shape.size();
  if (text[at] == '.') {
    std::chrono::nanoseconds unit(100'000'000);
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      time += std::chrono::duration_cast<TimePoint::duration>(unit * (text[at] - '0'));
  }
  if (at + 1 == text.size() && (text[at] == 'Z' || text[at] == 'z')) return time;
  if (at + 6 != text.size() || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':') return std::nullopt;
  const int hours = number(at + 1, 2), minutes = number(at + 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return time + std::chrono::minutes((text[at] == '+' ? -1 : 1) * (hours * 60 + minutes));
}

std::string human_duration(double seconds) {
  char text[48];
  if (seconds < 0.0995) {
    std::snprintf(text, sizeof text, "%.0f ms", seconds * 1000);
  } else if (seconds < 9.95) {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  } else if (seconds < 59.5) {
    std::snprintf(text, sizeof text, "%.0f s", seconds);
  } else {
    const long whole = std::lround(seconds);
    if (whole < 3600) std::snprintf(text, sizeof text, "%ld min %ld s", whole / 60, whole % 60);
    else std::snprintf(text, sizeof text, "%ld h %ld min", whole / 3600, whole % 3600 / 60);
  }
  return text;
}

}  // namespace mlopsctl
