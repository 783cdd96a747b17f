// Api: one cluster's API server, as somebody. HTTP/2 over a kept connection; at most so many requests a second; retried as net::Client does
// it, where the server says that it may help (429, 503, other 5xx with Retry-After or by something in between); after 401 once more with
// fresh credentials. One thread at a time; clone() for another thread shares credentials and rate.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/access.hpp"
#include "pipeline/k8s/credentials.hpp"
#include "pipeline/k8s/rate_limit.hpp"
#include "pipeline/k8s/refusal.hpp"
#include "pipeline/net/client.hpp"

namespace mlopsctl::k8s {

using Query = std::vector<std::pair<std::string, std::string>>;

struct Call {
  std::string method = "GET";
  std::string path;  // "/api/v1/namespaces/shop/pods", percent-encoded where needed
  Query query = {};
  std::string body = {}, content_type = {};
  bool repeatable = false;                              // may be sent again although it may have arrived
  std::optional<std::chrono::milliseconds> whole = {};  // instead of a minute
};

struct Reply {
  int status = 0;
  std::string body;
  std::vector<std::string> warnings;  // of the server, as text
  std::optional<Refusal> refusal;     // other than 2xx
  Result<Json> json() const;          // of a 2xx
};

struct ApiOptions {
  std::string user_agent = "mlopsctl";
  double per_second = 50, burst = 100;
  std::map<std::string, std::string> environment = {};  // of plug-ins
  int tries = 6;
  std::function<void(const std::string& why, std::chrono::milliseconds time)> waiting = {};  // told before each wait
};

class Api {
 public:
  // Fails (config) where a file of the access cannot be read.
  static Result<Api> connect(const Access& access, ApiOptions options, const Clock& clock, const CancelToken& cancel);
  Api clone() const { return Api(shared_, clock_, cancel_); }

  // Fails where there is no answer: cluster, timeout, interrupted. A refusal is an answer.
  Result<Reply> send(const Call& call);
  // The answer's body as it comes, for watches and logs; no retries but for credentials. `still`: how long it may be silent.
  Result<Reply> stream(const Call& call, std::chrono::milliseconds still, const std::function<Status(std::string_view bytes)>& take);

  const Access& access() const { return shared_->access; }
  const Clock& clock() const { return clock_; }
  const CancelToken& cancel() const { return cancel_; }

 private:
  struct Shared {
    Access access;
    ApiOptions options;
    net::ClientOptions client;
    Credentials credentials;
    RateLimit rate;
  };
  Api(std::shared_ptr<Shared> shared, const Clock& clock, const CancelToken& cancel);
  Result<net::Request> request(const Call& call, const Identity& identity) const;

  std::shared_ptr<Shared> shared_;
  const Clock& clock_;
  const CancelToken& cancel_;
  std::unique_ptr<net::Client> client_;
};

}  // namespace mlopsctl::k8s
