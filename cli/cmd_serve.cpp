#include <algorithm>

#include "cli/cmds.hpp"
#include "cli/models.hpp"
#include "cli/serving.hpp"
#include "stages/serve/plain_scorer.hpp"
#include "stages/serve/service.hpp"
#include "stages/serve/web/pages.hpp"

namespace mlopsctl::cli {

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
  return serve_until_told(session, *service, grace);
}

}  // namespace mlopsctl::cli
