#include "stages/serve/web/pages.hpp"

#include "stages/serve/web/assets.hpp"
#include "stages/serve/web/gunzip.hpp"

namespace mlopsctl::serve::web {
namespace {

// Only this server's own files run, and no text of anybody becomes a script: not by a tag, an attribute, a string or a frame around the page.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

bool accepts_gzip(std::string_view accepted) {
  const size_t at = accepted.find("gzip");
  if (at == std::string_view::npos) return false;
  std::string_view rest = accepted.substr(at + 4);
  rest = rest.substr(0, rest.find(','));
  const size_t quality = rest.find("q=0");  // "gzip;q=0", "gzip; q=0.000"
  return quality == std::string_view::npos || rest.find_first_not_of("0. \t", quality + 3) != std::string_view::npos;
}

Response answer(const Asset& asset, const Request& request) {
  Response response;
  response.content_type = asset.content_type;
  response.headers = {{"etag", std::string(asset.etag)},
                      {"cache-control", asset.page ? "no-cache" : "public, max-age=31536000, immutable"},
                      {"vary", "accept-encoding"},
                      {"x-content-type-options", "nosniff"}};
  if (asset.page)
    response.headers.insert(
        response.headers.end(),
        {{"content-security-policy", kPolicy}, {"referrer-policy", "no-referrer"}, {"cross-origin-opener-policy", "same-origin"}, {"x-frame-options", "DENY"}});
  if (request.header("if-none-match").find(asset.etag) != std::string_view::npos) {
    response.status = 304;
  } else if (accepts_gzip(request.header("accept-encoding"))) {
    response.headers.push_back({"content-encoding", "gzip"});
    response.body.assign(reinterpret_cast<const char*>(asset.gzip.data()), asset.gzip.size());
  } else {
    response.body = gunzip(asset.gzip);
  }
  return response;
}

}  // namespace

std::vector<Route> pages() {
  std::vector<Route> routes;
  for (const Asset& asset : assets())
    routes.push_back({"GET", std::string(asset.path), Audience::anyone, Json::object(),
                      [&asset](const Request& request, const auto&, const Reply& reply) { reply(answer(asset, request)); }});
  return routes;
}

}  // namespace mlopsctl::serve::web
