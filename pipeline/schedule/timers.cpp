#include "pipeline/schedule/timers.hpp"

#include <algorithm>

#include "pipeline/base/files.hpp"

namespace mlopsctl::schedule {

namespace {

enum Part { minute, hour, day, month, weekday };

std::string two_digits(int value) { return (value < 10 ? "0" : "") + std::to_string(value); }

// "*", or all of them, separated by commas.
template <typename Written>
std::string listed(const k8s::CronSchedule& schedule, Part part, Written written) {
  if (schedule.open(part)) return "*";
  std::string text;
  for (const int value : schedule.values(part)) text += (text.empty() ? "" : ",") + written(value);
  return text;
}

std::string quoted_for_shell(const std::string& word) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// What is left to a run that its own deadline has told to stop, before systemd ends it.
constexpr std::chrono::seconds grace(60);

// systemd.syntax(7), systemd.service(5): quotes, and what would be expanded.
std::string quoted_for_systemd(const std::string& word) {
  std::string text = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '%' || c == '$') text += c;
    text += c;
  }
  return text + "\"";
}

template <typename Quoted>
std::string call(const Job& job, const Caller& caller, Quoted quoted) {
  std::string line = quoted(caller.program) + " -C " + quoted(caller.project) + " schedule run " + quoted(job.name);
  for (const std::string& option : caller.options) line += " " + quoted(option);
  return line;
}

Result<k8s::CronSchedule> read(const Job& job) {
  if (const std::string fault = k8s::cron_fault(job.cron); !fault.empty())
    return config_error("the schedule of " + job.name + ", \"" + job.cron + "\", is none: " + fault);
  return *k8s::CronSchedule::read(job.cron);
}

// Whether the clocks of that zone are this machine's, by the same rules.
bool is_zone_here(const std::string& name) {
  const auto here = read_file("/etc/localtime");
  const auto there = read_file(TimeZone::default_database / name);
  return here && there ? *here == *there : !here && (name == "UTC" || name == "Etc/UTC");
}

}  // namespace

Result<std::string> crontab(const std::vector<Job>& jobs, const Caller& caller) {
  std::string text = "# " + caller.pipeline + ": add these lines with `crontab -e`; `mlopsctl schedule status --local` then tells who is overdue.\n";
  for (const Job& job : jobs) {
    TRY_ASSIGN(const auto schedule, read(job));
    if (!job.time_zone.empty() && !is_zone_here(job.time_zone))
      return config_error("the schedule of " + job.name + " is for clocks in " + job.time_zone + ", and cron goes by this machine's")
          .with_hint("use --for systemd, or leave time_zone out");
    const auto plain = [](int value) { return std::to_string(value); };
    std::string line;
    for (const Part part : {minute, hour, day, month, weekday}) line += listed(schedule, part, plain) + " ";
    for (const char c : call(job, caller, quoted_for_shell)) line += c == '%' ? std::string("\\%") : std::string(1, c);
    text += "# " + job.name + ": " + job.cron + "\n" + line + "\n";
  }
  return text;
}

std::vector<std::string> calendar_of(const std::string& cron, const std::string& time_zone) {
  constexpr const char* names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const auto schedule = *k8s::CronSchedule::read(cron);
  const std::string months = listed(schedule, month, two_digits), days = listed(schedule, day, two_digits);
  const std::string weekdays = listed(schedule, weekday, [&](int value) { return std::string(names[value]); });
  const std::string clock =
      listed(schedule, hour, two_digits) + ":" + listed(schedule, minute, two_digits) + ":00" + (time_zone.empty() ? "" : " " + time_zone);
  const auto of = [&](const std::string& of_week, const std::string& of_month) {
    return (of_week == "*" ? "" : of_week + " ") + "*-" + months + "-" + of_month + " " + clock;
  };
  if (schedule.open(day) || schedule.open(weekday)) return {of(weekdays, days)};
  return {of("*", days), of(weekdays, "*")};
}

Result<std::vector<Unit>> systemd_units(const std::vector<Job>& jobs, const Caller& caller) {
  std::vector<Unit> units;
  for (const Job& job : jobs) {
    TRY(read(job));
    const std::string name = "mlopsctl-" + caller.pipeline + "-" + job.name,
                      what = "[Unit]\nDescription=mlopsctl " + caller.pipeline + ": " + job.name + "\n\n";
    units.push_back({name + ".service", what + "[Service]\nType=oneshot\nExecStart=" + call(job, caller, quoted_for_systemd) +
                                            "\nTimeoutStartSec=" + std::to_string((job.deadline + grace).count()) + "\n"});
    std::string timer = what + "[Timer]\n";
    for (const std::string& each : calendar_of(job.cron, job.time_zone)) timer += "OnCalendar=" + each + "\n";
    // After a night switched off, once.
    units.push_back({name + ".timer", timer + "AccuracySec=1s\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"});
  }
  return units;
}

}  // namespace mlopsctl::schedule
