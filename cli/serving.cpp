#include "cli/serving.hpp"

#include <cstdlib>

#include "cli/command.hpp"
#include "cli/signals.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"

namespace mlopsctl::cli {

namespace {

constexpr std::chrono::milliseconds look_for_signals{200};

}  // namespace

Result<uint16_t> port_of(const Arguments& arguments, std::string_view flag) {
  const int64_t port = arguments.integer(flag);
  if (port >= 0 && port <= 65535) return static_cast<uint16_t>(port);
  return usage_error(std::string(flag) + " expects a number from 0 to 65535, got " + std::to_string(port),
                     "use " + std::string(flag) + " 8080; 0 takes any free port");
}

Result<int64_t> number_of(const Arguments& arguments, std::string_view flag, int64_t least, int64_t most) {
  const int64_t value = arguments.integer(flag);
  if (value >= least && value <= most) return value;
  return usage_error(std::string(flag) + " expects a number from " + std::to_string(least) + " to " + std::to_string(most) + ", got " + std::to_string(value),
                     "leave it out for the usual value, which `mlopsctl " + std::string(arguments.command->name) + " --help` tells");
}

Result<double> share_of(const Arguments& arguments, const char* flag, double low, double high) {
  const std::string text = arguments.value(flag);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (!text.empty() && *end == 0 && value > low && value < high) return value;
  return usage_error(std::string(flag) + " must be a share between " + brief(low) + " and " + brief(high) + ", not \"" + text + "\"",
                     std::string("one point of accuracy is ") + flag + " 0.01");
}

Result<Answer> serve_until_told(Session& session, serve::Service& service, std::chrono::seconds grace) {
  while (session.env().clock.pause(look_for_signals, session.env().cancel)) {}

  session.say("stopping: finishing what is under way");
  const bool all = service.drain(grace);
  if (stopped_by_interrupt()) {
    Error error;
    error.kind = ErrorKind::interrupted;
    error.message = "interrupted";
    return error;
  }
  Answer answer(Json{{"requests", service.answered()}, {"finished", all}});
  // Said, not answered: standard output may be the access log.
  session.say("stopped after " + count_of(static_cast<int64_t>(service.answered()), "request") + (all ? "" : "; what was not done in time was cut off"));
  return answer;
}

}  // namespace mlopsctl::cli
