#include "cli/cmds.hpp"
#include "cli/serving.hpp"
#include "stages/serve/web/forward.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_pages(Session& session) {
  const Arguments& arguments = session.arguments();
  const std::string api = arguments.value("--api");
  serve::ServiceOptions options;
  options.host = arguments.value("--host");
  TRY_ASSIGN(options.port, port_of(arguments, "--port"));
  TRY_ASSIGN(const auto grace, number_of(arguments, "--grace", 0, 3600));
  auto routes = serve::web::forwarded_pages(api);
  if (!routes) {
    Error error = std::move(routes).error();
    error.kind = ErrorKind::usage;
    return std::move(error).note("--api names the server that has the model");
  }
  TRY_ASSIGN(auto service, serve::Service::start(std::move(options), [&routes](const serve::Hooks&) -> Result<serve::Parts> {
               serve::Parts parts;
               parts.routes = std::move(routes).value();
               return parts;
             }));
  session.say("pages of " + api + " on port " + std::to_string(service->port()));
  return serve_until_told(session, *service, std::chrono::seconds(grace));
}

}  // namespace mlopsctl::cli
