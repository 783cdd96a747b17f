#include "stages/serve/access/cors.hpp"

#include <algorithm>

namespace mlopsctl::serve {

Result<Cors> Cors::make(std::vector<std::string> origins) {
  for (const auto& origin : origins) {
    const size_t scheme = origin.find("://");
    if (origin == "*" || (scheme != std::string::npos && scheme > 0 && scheme + 3 < origin.size() && origin.find('/', scheme + 3) == std::string::npos))
      continue;
    return usage_error("--cors-origin expects an origin, got \"" + origin + "\"",
                       "write scheme, host and port as browsers do, without a path: https://app.example.com");
  }
  Cors cors;
  cors.origins_ = std::move(origins);
  return cors;
}

bool Cors::allows(std::string_view origin) const {
  return !origin.empty() && std::any_of(origins_.begin(), origins_.end(), [&](const std::string& each) { return each == "*" || each == origin; });
}

bool Cors::is_forged(const Request& request) const {
  if (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS") return false;
  const std::string_view origin = request.header("origin"), site = request.header("sec-fetch-site");
  if (allows(origin) || site == "same-origin" || site == "none") return false;
  if (!site.empty()) return true;
  const size_t scheme = origin.find("://");
  return !origin.empty() && (scheme == std::string_view::npos || origin.substr(scheme + 3) != request.header("host"));
}

bool Cors::is_preflight(const Request& request) {
  return request.method == "OPTIONS" && !request.header("origin").empty() && !request.header("access-control-request-method").empty();
}

Response Cors::preflight(const Request& request, std::string_view methods) const {
  Response response;
  response.status = 204;
  response.content_type.clear();
  if (!allows(request.header("origin"))) return response;
  response.headers.push_back({"access-control-allow-methods", std::string(methods)});
  response.headers.push_back({"access-control-allow-headers", "authorization, content-type, traceparent, x-api-key"});
  response.headers.push_back({"access-control-max-age", "600"});
  return response;
}

void Cors::add_headers(const Request& request, Response& response) const {
  if (origins_.empty()) return;
  response.headers.push_back({"vary", "origin"});
  const std::string_view origin = request.header("origin");
  if (!allows(origin)) return;
  response.headers.push_back({"access-control-allow-origin", std::string(origin)});
  response.headers.push_back({"access-control-expose-headers", "retry-after, traceresponse, x-model-digest, x-request-id"});
}

}  // namespace mlopsctl::serve
