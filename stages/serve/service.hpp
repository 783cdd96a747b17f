// Service: the server as a whole: sockets, access, routes and the model behind them, put together.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/serve/http/limits.hpp"
#include "stages/serve/outcome.hpp"
#include "stages/serve/route.hpp"
#include "stages/serve/scoring/scorer.hpp"

namespace mlopsctl::serve {

struct ServiceOptions {
  std::string host;  // empty: every address of this machine
  uint16_t port = 8080;
  std::optional<uint16_t> admin_port{};      // metrics there only, for admins' keys; none: on the main port, for users'
  std::optional<uint16_t> ui_port{};         // the same as the main port, but / leads to the pages
  std::string tls_certificate{}, tls_key{};  // PEM files: TLS on all ports; empty: none
  std::string unix_socket{};                 // besides; empty: none
  Limits limits{};
  std::vector<std::string> key_files{};  // none: everybody may ask
  std::vector<std::string> cors_origins{};
  std::string access_log{};                                                 // a file, "-": standard output, empty: none
  std::string version{};                                                    // of the program
  std::function<void(const std::string&)> say = [](const std::string&) {};  // sentences for people
};

// What the service tells those behind it.
struct Hooks {
  Observer observe;                                // of each request for predictions
  std::function<void(const BatchNote&)> on_batch;  // of each batch
  std::function<bool()> ready;                     // whether requests are wanted
};

// What stands behind the sockets.
struct Parts {
  std::unique_ptr<Scorer> scorer{};                  // null: pages alone
  std::vector<Route> routes{};                       // besides the service's own
  std::function<void(std::string&)> more_metrics{};  // appends families; may be null
  std::shared_ptr<void> keep{};                      // ends after the scorer
};

class Service {
 public:
  // Answers when it returns.
  static Result<std::unique_ptr<Service>> start(ServiceOptions options, const std::function<Result<Parts>(const Hooks& hooks)>& assemble);
  ~Service();

  uint16_t port() const;
  std::optional<uint16_t> admin_port() const, ui_port() const;
  // Not ready from now on; accepts no more, finishes what is under way. False: after `at_most` something was cut off.
  bool drain(std::chrono::milliseconds at_most);
  uint64_t answered() const;

 private:
  struct Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mlopsctl::serve
