// One exchange over libcurl: a request to one URL and what came back, without redirects or retries.
#pragma once

#include <functional>
#include <optional>

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

Transfer transfer(Connections& connections, const Request& request, const Url& url, const ClientOptions& options, const CancelToken& cancel,
                  std::optional<std::chrono::milliseconds> whole, const std::function<Status(const Head&)>& on_head,
                  const std::function<Status(std::string_view)>& on_body);

}  // namespace mlopsctl::net
