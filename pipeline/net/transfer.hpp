// Exchanges over libcurl: requests, each to one URL, and what came back, without redirects or retries.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "pipeline/net/client.hpp"
#include "pipeline/net/connections.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::net {

struct Transfer {
  Head head;                   // status 0: no answer
  std::optional<Error> error;  // why it is not complete
  bool sent = false;           // the request may have arrived
  bool again = false;
};

// A request to make, and who takes the answer as it comes.
struct Order {
  const Request& request;
  const Url& url;
  std::function<Status(const Head&)> on_head;
  std::function<Status(std::string_view)> on_body;
};

// All of them, `at_once` at a time: over one connection where the server speaks HTTP/2, else over a few. In the order of the orders. Where one has run
// out of time, the next ones connect anew: what is half open looks open for ever.
std::vector<Transfer> transfer(Connections& connections, const std::vector<Order>& orders, const ClientOptions& options, const CancelToken& cancel,
                               std::optional<std::chrono::milliseconds> whole, size_t at_once = 1);

}  // namespace mlopsctl::net
