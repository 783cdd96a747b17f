#include "stages/serve/face.hpp"

#include "stages/serve/observe/trace_context.hpp"
#include "stages/serve/problem.hpp"

namespace mlopsctl::serve {

namespace {

// A request from its arrival to its answer.
struct Exchange {
  Surroundings& around;
  const Request& request;
  size_t counted_as;
  const Route* route;
  SteadyTime began;
  Reply reply;

  void finish(Response response) const {
    // The connection gives up soon after the deadline: what is counted and logged is what the client gets.
    if (std::chrono::steady_clock::now() > request.deadline) response = problem(504, "the request was not answered in time");
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    around.cors.add_headers(request, response);
    if (!request.header("traceparent").empty()) response.headers.push_back({"traceresponse", request.traceparent});
    response.headers.push_back({"x-content-type-options", "nosniff"});
    around.metrics.answered(counted_as, response.status, seconds);
    ++around.answered;
    if (around.log)
      around.log->write({std::chrono::system_clock::now(), request.id, request.client, request.method, request.path, route == nullptr ? "" : route->path,
                         trace_id(request.traceparent), response.status, seconds, request.body.size(), response.body.size()});
    reply(std::move(response));
  }
};

Response with(Response response, std::string name, std::string value) {
  response.headers.push_back({std::move(name), std::move(value)});
  return response;
}

}  // namespace

Face::Face(Surroundings& around, Router router) : around_(around), router_(std::move(router)) {
  for (const auto& route : router_.routes()) counted_as_.push_back(around_.metrics.add_route(route.method + " " + route.path));
}

Result<std::unique_ptr<Face>> Face::make(Surroundings& around, std::vector<Route> routes) {
  TRY_ASSIGN(auto router, Router::make(std::move(routes)));
  return std::unique_ptr<Face>(new Face(around, std::move(router)));
}

std::optional<Response> Face::refusal(Request& request, const Route& route) const {
  if (around_.keys == nullptr || route.audience == Audience::anyone) return std::nullopt;
  const auto keys = around_.keys->keys();
  const auto shown = shown_key(request);
  const Key* key = shown.empty() ? nullptr : find_key(*keys, shown);
  if (key == nullptr) {
    around_.metrics.limited("no key");
    return with(problem(401, shown.empty() ? "this needs a key: send \"Authorization: Bearer KEY\" or \"X-API-Key: KEY\"" : "the key is not known here"),
                "www-authenticate", "Bearer");
  }
  request.client = key->name;
  if (route.audience == Audience::admins && !key->admin) return problem(403, "the key \"" + key->name + "\" is not an admin's");
  if (key->body && request.body.size() > *key->body) {
    around_.metrics.limited("size");
    return problem(413, "the body has " + std::to_string(request.body.size()) + " bytes; the key \"" + key->name + "\" may send " + std::to_string(*key->body));
  }
  const auto verdict = around_.allowance.take(*key, std::chrono::steady_clock::now(), std::chrono::system_clock::now());
  if (verdict.granted) return std::nullopt;
  around_.metrics.limited(verdict.day ? "quota" : "rate");
  return with(problem(429, verdict.day ? "the key \"" + key->name + "\" has used up its requests of this day"
                                       : "the key \"" + key->name + "\" asks more often than it may"),
              "retry-after", std::to_string(verdict.retry_after_s));
}

void Face::answer(Request& request, Reply reply) const {
  around_.metrics.begin();
  request.traceparent = continue_trace(request.header("traceparent"));
  const Match match = router_.find(request.method, request.path);
  const auto exchange = std::make_shared<const Exchange>(
      Exchange{around_, request, match.route == nullptr ? 0 : counted_as_[static_cast<size_t>(match.route - router_.routes().data())], match.route,
               std::chrono::steady_clock::now(), std::move(reply)});
  if (match.route == nullptr) {
    if (match.allowed.empty()) return exchange->finish(problem(404, "there is nothing at " + request.path));
    if (Cors::is_preflight(request)) return exchange->finish(around_.cors.preflight(request, match.allowed));
    return exchange->finish(with(problem(405, request.path + " answers " + match.allowed + ", not " + request.method), "allow", match.allowed));
  }
  if (around_.cors.is_forged(request)) {
    around_.metrics.limited("origin");
    return exchange->finish(problem(403, "a page of another origin may not ask for this; --cors-origin names those that may"));
  }
  if (auto refused = refusal(request, *match.route)) return exchange->finish(std::move(*refused));
  match.route->run(request, match.parameters, [exchange](Response response) { exchange->finish(std::move(response)); });
}

}  // namespace mlopsctl::serve
