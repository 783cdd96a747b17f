// What the commands that answer HTTP have in common, and numbers among the arguments.
#pragma once

#include <chrono>
#include <string_view>

#include "cli/session.hpp"
#include "stages/serve/service.hpp"

namespace mlopsctl::cli {

Result<uint16_t> port_of(const Arguments& arguments, std::string_view flag);
Result<int64_t> number_of(const Arguments& arguments, std::string_view flag, int64_t least, int64_t most);
// The flag's value, a share strictly between `low` and `high`.
Result<double> share_of(const Arguments& arguments, const char* flag, double low, double high);

// Until SIGTERM or Ctrl-C; then finishes what is under way, for `grace` at most.
Result<Answer> serve_until_told(Session& session, serve::Service& service, std::chrono::seconds grace);

}  // namespace mlopsctl::cli
