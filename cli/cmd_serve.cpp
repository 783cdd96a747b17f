#include <algorithm>

#include "cli/cmds.hpp"
#include "cli/models.hpp"
#include "cli/signals.hpp"
#include "pipeline/base/plural.hpp"
#include "stages/serve/plain_scorer.hpp"
#include "stages/serve/service.hpp"
#include "stages/serve/web/pages.hpp"

namespace mlopsctl::cli {

namespace {

constexpr std::chrono::milliseconds look_for_signals{200};

Result<uint16_t> port_of(const Arguments& arguments, std::string_view flag) {
  const int64_t port = arguments.integer(flag);
  if (port >= 0 && port <= 65535) return static_cast<uint16_t>(port);
  Error error = config_error(std::string(flag) + " expects a number from 0 to 65535, got " + std::to_string(port));
  error.kind = ErrorKind::usage;
  return std::move(error).with_hint("use " + std::string(flag) + " 8080; 0 takes any free port");
}

}  // namespace

Result<Answer> cmd_serve(Session& session) {
  const Arguments& arguments = session.arguments();
  serve::ServiceOptions options;
  options.host = arguments.value("--host");
  TRY_ASSIGN(options.port, port_of(arguments, "--port"));
  options.unix_socket = arguments.value("--unix-socket");
  const auto grace = std::chrono::seconds(std::max<int64_t>(0, arguments.integer("--grace")));

  TRY_ASSIGN(const auto place, find_model(session, arguments.value("--model")));
  TRY_ASSIGN(auto model, ml::Model::load(place.path, place.origin));
  const auto live =
      std::make_shared<serve::LiveModel>(serve::LiveModel{std::move(model), place.digest.value_or(Digest()), place.path.filename().string(), "1"});
  TRY_ASSIGN(auto service, serve::Service::start(std::move(options), serve::plain_scorer(live), serve::web::pages()));
  session.say("serving " + place.origin + " on port " + std::to_string(service->port()));
  while (session.env().clock.pause(look_for_signals, session.env().cancel)) {}

  session.say("stopping: finishing what is under way");
  const bool all = service->drain(grace);
  if (stopped_by_interrupt()) {
    Error error;
    error.kind = ErrorKind::interrupted;
    error.message = "interrupted";
    return error;
  }
  Answer answer(Json{{"requests", service->answered()}, {"finished", all}});
  answer.line("stopped after " + count_of(static_cast<int64_t>(service->answered()), "request") + (all ? "" : "; what was not done in time was cut off"));
  return answer;
}

}  // namespace mlopsctl::cli
