// Face: what one port shows: a choice of the routes, and what is asked of a request before one of them gets it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "stages/serve/access/allowance.hpp"
#include "stages/serve/access/cors.hpp"
#include "stages/serve/access/keys.hpp"
#include "stages/serve/observe/access_log.hpp"
#include "stages/serve/observe/metrics.hpp"
#include "stages/serve/router.hpp"

namespace mlopsctl::serve {

// What the faces share.
struct Surroundings {
  Metrics metrics;
  std::unique_ptr<KeyFiles> keys;  // null: everybody may ask
  Allowance allowance;
  Cors cors;
  std::unique_ptr<AccessLog> log;  // null: none
  std::atomic<uint64_t> answered{0};
};

class Face {
 public:
  // The error is Router's.
  static Result<std::unique_ptr<Face>> make(Surroundings& around, std::vector<Route> routes);
  void answer(Request& request, Reply reply) const;

 private:
  Face(Surroundings& around, Router router);
  // Why the request is not answered by the route; none: it is.
  std::optional<Response> refusal(Request& request, const Route& route) const;

  Surroundings& around_;
  Router router_;
  std::vector<size_t> counted_as_;  // of each route: its number in Metrics
};

}  // namespace mlopsctl::serve
