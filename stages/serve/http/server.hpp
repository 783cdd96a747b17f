// Server: listens, keeps the limits, hands whole requests to a handler and writes its answers. Owns its threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/serve/http/limits.hpp"
#include "stages/serve/message.hpp"

namespace mlopsctl::serve {

// Called on the thread of a connection, or for a large body on a worker's; must not block. The request lives as long as `reply` does; what else is
// known of it may be filled in.
using Handler = std::function<void(Request& request, Reply reply)>;

// An answer that no handler gave: what came was no request, or took too long.
struct Outside {
  int status = 0;
  std::string detail, client, request_id;
};

struct Endpoint {
  std::string host;         // an address or a name; empty: every address of this machine
  uint16_t port = 0;        // 0: any free one
  std::string unix_socket;  // a path: instead of host and port; what is left of an earlier server there is replaced
  Handler handler;
  bool tls = false;
};

struct ServerOptions {
  Limits limits;
  std::vector<Endpoint> endpoints;
  std::string tls_certificate, tls_key;              // PEM files, for the endpoints with TLS
  unsigned threads = 1;                              // event loops
  std::function<void(const Outside&)> on_outside{};  // may be null; from any thread
};

// Since the start; `connections` and `held_bytes` now.
struct ServerCounts {
  size_t connections = 0, held_bytes = 0;
  uint64_t accepted = 0, evicted = 0, refused = 0, timed_out = 0;
};

class Server {
 public:
  // Listens when it returns: who connects waits for run(). The error names the address and why.
  static Result<std::unique_ptr<Server>> open(ServerOptions options);
  void run();  // once: handlers are called from now on
  ~Server();   // closes what is still open; what is replied afterwards goes nowhere

  uint16_t port(size_t endpoint) const;  // 0: a unix socket
  ServerCounts counts() const;
  // Accepts no more and finishes what is under way, for so long at most; false: something was cut off.
  bool drain(std::chrono::milliseconds at_most);
  // Reads certificate and key anew if a file changed; an Error leaves those that were there. Connections keep what they began with.
  Status refresh_tls();
  void stop();  // closes what is still open; no handler is called afterwards

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mlopsctl::serve
