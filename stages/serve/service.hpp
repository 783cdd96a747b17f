// Service: the server as a whole: sockets, routes and the model behind them, put together.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/serve/route.hpp"
#include "stages/serve/scoring/scorer.hpp"

namespace mlopsctl::serve {

struct ServiceOptions {
  std::string host;  // empty: every address of this machine
  uint16_t port = 8080;
  std::string unix_socket;  // besides; empty: none
};

class Service {
 public:
  // Answers when it returns: `routes` besides its own. `scorer` may be null: pages alone.
  static Result<std::unique_ptr<Service>> start(ServiceOptions options, std::unique_ptr<Scorer> scorer, std::vector<Route> routes);
  ~Service();

  uint16_t port() const;
  // Not ready from now on; accepts no more, finishes what is under way. False: after `at_most` something was cut off.
  bool drain(std::chrono::milliseconds at_most);
  uint64_t answered() const;

 private:
  struct Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mlopsctl::serve
