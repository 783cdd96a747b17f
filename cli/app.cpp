#include "cli/app.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <new>

#include "cli/diagnostics.hpp"
#include "cli/github.hpp"
#include "cli/help.hpp"
#include "cli/parse.hpp"
#include "cli/session.hpp"

namespace mlopsctl::cli {

namespace {

ColorChoice color_choice(const Arguments& arguments) {
  const std::string which = arguments.value("--color");
  return which == "always" ? ColorChoice::always : which == "never" ? ColorChoice::never : ColorChoice::automatic;
}

int report(Env& env, const Error& error, bool json, const Screen& screen) {
  env.out.flush();
  env.err.write(json ? canonical(error_json(error)) + "\n" : render_error(error, screen));
  if (!json && env.variables("GITHUB_ACTIONS").value_or("") == "true") {
    std::error_code ignored;
    env.err.write(
        github::annotations(error, github::prefix_of(env.variables("GITHUB_WORKSPACE").value_or(""), std::filesystem::current_path(ignored).string())));
  }
  return exit_code(error.kind);
}

Error internal_error(std::string message) {
  Error error;
  error.kind = ErrorKind::internal;
  error.message = std::move(message);
  error.hint = "this is a bug in mlopsctl: please report it with the command line and `mlopsctl version`";
  return error;
}

void print(Env& env, const Answer& answer, bool json, const Screen& screen) {
  if (json && !answer.aside) env.out.write(as_json(answer));
  else (answer.aside ? env.err : env.out).write(json ? as_json(answer) : as_text(answer, screen));
}

int run_command(Env& env, const Arguments& arguments, const Screen& out_screen, const Screen& err_screen) {
  const bool json = arguments.has("--json");
  const std::string folder = arguments.value("--directory");
  if (!folder.empty() && ::chdir(folder.c_str()) != 0)
    return report(env, config_error("cannot enter the folder " + folder + ": " + std::strerror(errno)).with_hint("name an existing folder with -C"), json,
                  err_screen);
  auto log = Log::open(arguments.has("--verbose"), arguments.value("--log-file"));
  if (!log.ok()) return report(env, log.error(), json, err_screen);
  for (const auto& word : env.words) log->debug("argument " + word);

  Session session(env, arguments, out_screen, err_screen, *log);
  const auto answer = arguments.command->run(session);
  if (!answer.ok()) {
    log->info("ends with " + std::string(to_string(answer.error().kind)) + " error: " + answer.error().message);
    return report(env, answer.error(), json, err_screen);
  }
  log->info("ends with exit code " + std::to_string(answer->exit_code));
  print(env, *answer, json, answer->aside ? err_screen : out_screen);
  return answer->exit_code;
}

int run_parsed(Env& env) {
  auto arguments = parse(env.words);
  bool json = false;  // a command line that cannot be parsed may still ask for JSON
  for (const auto& word : env.words) json = json || word == "--json";
  if (!arguments.ok()) return report(env, arguments.error(), json, look_at(env.err.fd(), ColorChoice::automatic, env.variables));

  const ColorChoice color = color_choice(*arguments);
  const Screen out_screen = look_at(env.out.fd(), color, env.variables);
  const Screen err_screen = look_at(env.err.fd(), color, env.variables);
  if (arguments->command == nullptr || arguments->help) {
    const std::string text = arguments->command != nullptr    ? command_help(*arguments->command, out_screen)
                             : !arguments->help_topic.empty() ? topic_help(arguments->help_topic, out_screen)
                                                              : program_help(out_screen);
    (arguments->help ? env.out : env.err).write(text);
    return arguments->help ? 0 : exit_code(ErrorKind::usage);
  }
  return run_command(env, *arguments, out_screen, err_screen);
}

// What could not be written is no success, unless the reader simply left.
int finish(Env& env, int code) {
  env.out.flush();
  if (env.out.error_number() == 0 || code != 0) return code;
  return report(env, io_error("write to", "standard output", env.out.error_number()), false, Screen());
}

}  // namespace

int run_app(Env& env) {
  int code = 0;
  try {
    code = run_parsed(env);
  } catch (const std::bad_alloc&) {
    code = report(env, internal_error("out of memory").with_hint("free memory, or run fewer stages at once with -j 1"), false, Screen());
  } catch (const std::exception& fault) { code = report(env, internal_error(fault.what()), false, Screen()); }
  return finish(env, code);
}

}  // namespace mlopsctl::cli
