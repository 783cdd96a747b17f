// Which route answers a request.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/serve/route.hpp"

namespace mlopsctl::serve {

struct Match {
  const Route* route = nullptr;  // null: none; then `allowed` says with which methods there would be one, "" for none
  std::map<std::string, std::string> parameters;
  std::string allowed;  // "GET, HEAD"
};

class Router {
 public:
  // The error names two routes that would answer the same requests.
  static Result<Router> make(std::vector<Route> routes);
  // HEAD is answered by GET's route. A path written out goes before one with a name in braces.
  Match find(std::string_view method, std::string_view path) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Pattern {
    std::vector<std::string> segments;  // "{name}" stands for any
    std::vector<size_t> routes;
  };
  std::vector<Route> routes_;
  std::unordered_map<std::string, std::vector<size_t>> plain_;
  std::vector<Pattern> patterns_;
};

}  // namespace mlopsctl::serve
