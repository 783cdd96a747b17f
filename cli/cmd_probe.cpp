#include "cli/cmds.hpp"
#include "pipeline/net/client.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_probe(Session& session) {
  const std::string given = session.arguments().positional("URL");
  auto url = net::parse_url(given.empty() ? "http://127.0.0.1:8080" : given);
  if (!url) {
    Error error = std::move(url).error();
    error.kind = ErrorKind::usage;
    return error;
  }
  if (url->rest == "/") url->rest = "/readyz";
  net::ClientOptions options;
  options.tries = 1;
  options.connect = options.still = options.whole = std::chrono::seconds(5);
  net::Client client(options, session.env().clock, session.env().cancel);
  const auto response = client.send({"GET", url->str(), {}, ""});
  if (!response && response.error().kind == ErrorKind::interrupted) return response.error();
  const bool ready = response && response->head.status >= 200 && response->head.status < 300;
  Answer answer(Json{{"url", url->str()}, {"ready", ready}, {"status", response ? Json(response->head.status) : Json()}});
  if (ready) answer.line("ready: " + url->origin(), Style::green);
  else if (response) answer.line("not ready: " + url->str() + " answers with status " + std::to_string(response->head.status), Style::red);
  else answer.line("not ready: " + response.error().message, Style::red);
  answer.exit_code = ready ? 0 : 1;
  return answer;
}

}  // namespace mlopsctl::cli
