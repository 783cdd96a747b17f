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
