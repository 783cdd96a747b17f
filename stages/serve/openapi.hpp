// What the server answers, as an OpenAPI 3.1 document made of its routes, and as a page for people.
#pragma once

#include <string>
#include <vector>

#include "stages/serve/route.hpp"

namespace mlopsctl::serve {

struct ApiInfo {
  std::string title;    // "airline"
  std::string version;  // of the program
  bool keys = false;    // users' routes ask for one
};

// Of the routes that have an operation. Parameters of the path and a default response (problem details) are added where they are missing.
Json openapi_document(const std::vector<Route>& routes, const ApiInfo& info);

// GET /openapi.json, /docs and /docs.css; the page works without JavaScript.
std::vector<Route> openapi_routes(const Json& document);

}  // namespace mlopsctl::serve
