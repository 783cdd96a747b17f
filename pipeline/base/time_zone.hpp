// The local time of a place, by this machine's time zone database (TZif files, RFC 8536). This process's own zone is left alone.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl {

class TimeZone {
 public:
  TimeZone() = default;  // UTC

  // "Europe/Berlin". Fails (config) where the name cannot be one, is not in the database, or its file is damaged.
  static Result<TimeZone> find(const std::string& name, const std::filesystem::path& database = default_database);
  // Whether this machine has a database at all: small images often have none.
  static bool known_here(const std::filesystem::path& database = default_database);
  static Result<TimeZone> read(std::string_view bytes, const std::string& name);

  // What local clocks are ahead of UTC at that moment.
  std::chrono::seconds ahead(TimePoint time) const;

  static inline const std::filesystem::path default_database = "/usr/share/zoneinfo";

 private:
  struct Change {
    int64_t at = 0;  // seconds since 1970
    int32_t ahead = 0;
  };
  // When it changes every year ("M3.5.0/2": the last Sunday of March, at two).
  struct Day {
    enum class Kind { month_week_day, day_of_year, day_of_year_without_leap } kind = Kind::month_week_day;
    int month = 0, week = 0, day = 0;
    int32_t seconds = 7200;  // after local midnight
    int64_t in(int year) const;
  };
  // What holds after the last change that is listed.
  struct Rule {
    int32_t standard = 0, summer = 0;
    bool has_summer = false;
    Day begin, end;
    int32_t ahead(int64_t at) const;
  };
  static std::optional<Rule> read_rule(std::string_view text);

  int32_t first_ = 0;  // before all changes
  std::vector<Change> changes_;
  std::optional<Rule> rule_;
};

}  // namespace mlopsctl
