// Cluster: what everything here asks of a cluster. Two calls, so that a simulated one (and one that fails at the n-th write) is easily had;
// Api is the real one.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/refusal.hpp"

namespace mlopsctl::k8s {

using Query = std::vector<std::pair<std::string, std::string>>;

struct Call {
  std::string method = "GET";
  std::string path;  // "/api/v1/namespaces/shop/pods", percent-encoded where needed
  Query query = {};
  std::string body = {}, content_type = {};
  bool repeatable = false;                              // may be sent again although it may have arrived
  std::optional<std::chrono::milliseconds> whole = {};  // of a stream: how long it may last
};

struct Reply {
  int status = 0;
  std::string body;
  std::vector<std::string> warnings;  // of the server, as text
  std::optional<Refusal> refusal;     // other than 2xx
  std::optional<Json> value = {};     // instead of the body, where a cluster has it anyhow
  Result<Json> json() const;          // of a 2xx
};

class Cluster {
 public:
  virtual ~Cluster() = default;
  // Fails where there is no answer: cluster, timeout, interrupted. A refusal is an answer.
  virtual Result<Reply> send(const Call& call) = 0;
  // The answer's body as it comes, for watches and logs; without retries. `still`: how long it may be silent.
  virtual Result<Reply> stream(const Call& call, std::chrono::milliseconds still, const std::function<Status(std::string_view bytes)>& take) = 0;
  // Many at once, each as send() has it; in their order.
  virtual std::vector<Result<Reply>> send_all(const std::vector<Call>& calls) {
    std::vector<Result<Reply>> replies;
    for (const Call& call : calls) replies.push_back(send(call));
    return replies;
  }
  virtual const Clock& clock() const = 0;
  virtual const CancelToken& cancel() const = 0;
};

}  // namespace mlopsctl::k8s
