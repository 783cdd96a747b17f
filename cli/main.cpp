#include <cstdlib>

#include "cli/app.hpp"
#include "cli/diagnostics.hpp"
#include "cli/program_clock.hpp"
#include "cli/signals.hpp"

int main(int argc, char** argv) {
  using namespace mlopsctl;
  static CancelToken cancel;  // static: a signal may also come after main has returned
  cli::watch_signals(cancel);
  cli::watch_for_lost_memory();
  cli::Output out(1, cli::Output::Buffering::full);
  cli::Output err(2, cli::Output::Buffering::none);
  const cli::Variables variables = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  const auto clock = cli::program_clock(variables);
  if (!clock) {
    err.write(cli::render_error(clock.error(), cli::Screen()));
    return exit_code(clock.error().kind);
  }
  cli::Env env{{argv + (argc > 0 ? 1 : 0), argv + argc}, out, err, variables, **clock, cancel};
  return cli::run_app(env);
}
