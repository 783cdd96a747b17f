// A cluster that answers what a test tells it to, for the faults that no real one shows on demand.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipeline/k8s/cluster.hpp"
#include "tests/support/manual_clock.hpp"

namespace mlopsctl::testing {

class ScriptedCluster final : public k8s::Cluster {
 public:
  // Called for every request. Of a stream, the body of a 200 is what comes; `stream_error` is how it then ends, if not well.
  std::function<Result<k8s::Reply>(const k8s::Call&)> answer;
  std::optional<Error> stream_error;
  std::vector<k8s::Call> calls;
  ManualClock manual_clock;
  CancelToken token;

  Result<k8s::Reply> send(const k8s::Call& call) override {
    calls.push_back(call);
    return answer(call);
  }
  Result<k8s::Reply> stream(const k8s::Call& call, std::chrono::milliseconds, const std::function<Status(std::string_view bytes)>& take) override {
    calls.push_back(call);
    stream_error.reset();
    TRY_ASSIGN(auto reply, answer(call));
    if (!reply.refusal) {
      // In pieces of seven bytes: events come as they like.
      for (size_t at = 0; at < reply.body.size(); at += 7) TRY(take(std::string_view(reply.body).substr(at, 7)));
      if (stream_error) return *stream_error;
    }
    return reply;
  }
  const Clock& clock() const override { return manual_clock; }
  const CancelToken& cancel() const override { return token; }

  static k8s::Reply ok(const Json& body, int status = 200) { return {status, canonical(body), {}, {}}; }
  static k8s::Reply refused(int status, const std::string& reason, const std::string& message = {}) {
    k8s::Reply reply{status, {}, {}, {}};
    reply.body = canonical({{"kind", "Status"}, {"code", status}, {"reason", reason}, {"message", message}});
    reply.refusal = k8s::read_refusal(status, reply.body);
    return reply;
  }
};

inline std::string query_of(const k8s::Call& call, const std::string& name) {
  for (const auto& [key, value] : call.query)
    if (key == name) return value;
  return {};
}

}  // namespace mlopsctl::testing
