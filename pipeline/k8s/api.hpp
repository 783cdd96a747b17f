// Api: one cluster's API server, as somebody. HTTP/2 over a kept connection; at most so many requests a second; retried as net::Client does
// it, where the server says that it may help (429, 503, other 5xx with Retry-After or by something in between); after 401 once more with
// fresh credentials. One thread at a time; clone() for another thread shares credentials and rate.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/access.hpp"
#include "pipeline/k8s/cluster.hpp"
#include "pipeline/k8s/credentials.hpp"
#include "pipeline/k8s/rate_limit.hpp"
#include "pipeline/net/client.hpp"

namespace mlopsctl::k8s {

struct ApiOptions {
  std::string user_agent = "mlopsctl";
  double per_second = 1000, burst = 4000;               // what a server is ready for, it says itself (429)
  std::map<std::string, std::string> environment = {};  // of plug-ins
  int tries = 6;
  std::chrono::milliseconds still{30'000};                                                   // a request may get no byte for so long
  std::chrono::milliseconds first_wait{500};                                                 // before the second try; then twice as long each time
  std::function<void(const std::string& why, std::chrono::milliseconds time)> waiting = {};  // told before each wait
};

class Api final : public Cluster {
 public:
  // Fails (config) where a file of the access cannot be read.
  static Result<Api> connect(const Access& access, ApiOptions options, const Clock& clock, const CancelToken& cancel);
  Api clone() const { return Api(shared_, clock_, cancel_); }

  Result<Reply> send(const Call& call) override;
  std::vector<Result<Reply>> send_all(const std::vector<Call>& calls) override;
  Result<Reply> stream(const Call& call, std::chrono::milliseconds still, const std::function<Status(std::string_view bytes)>& take) override;

  const Access& access() const { return shared_->access; }
  const Clock& clock() const override { return clock_; }
  const CancelToken& cancel() const override { return cancel_; }

 private:
  struct Shared {
    Access access;
    ApiOptions options;
    net::ClientOptions client;
    Credentials credentials;
    RateLimit rate;
  };
  Api(std::shared_ptr<Shared> shared, const Clock& clock, const CancelToken& cancel);
  net::Request request(const Call& call, const Identity& identity) const;

  std::shared_ptr<Shared> shared_;
  const Clock& clock_;
  const CancelToken& cancel_;
  std::unique_ptr<net::Client> client_;
};

}  // namespace mlopsctl::k8s
