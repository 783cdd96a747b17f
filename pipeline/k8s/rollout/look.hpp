// What there is to see of a promotion: both Deployments, whom the Service sends requests to, and what the pods have counted.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/k8s/rollout/advance.hpp"
#include "pipeline/k8s/wait.hpp"
#include "pipeline/net/client.hpp"

namespace mlopsctl::k8s {

struct Sight {
  Situation situation;
  // Of what was looked at; empty: it is not there.
  std::string stable_version, candidate_version, service_version, stable_uid, candidate_uid;
};

class Looker {
 public:
  Looker(Cluster& cluster, const Rollout& rollout);
  // The stable Deployment, the candidate, and the Service if there is one.
  const std::vector<ObjectRef>& objects() const { return objects_; }
  // Fails (cluster) where the stable Deployment is gone. `measuring`: the pods are asked for what they count, once a second at most, through the API
  // server (pods/proxy), or Prometheus for them. `every`: before each of them, for one that hangs takes its time.
  Result<Sight> look(const Rollout& rollout, bool measuring, const std::function<Status()>& every);
  void begin_step();
  void begin_to_measure(const Rollout& rollout);
  // So that it is known to be in place as long as its specification stays the same.
  void applied(const Write& write, const Json& object);

 private:
  struct Applied {
    std::string digest;
    int64_t generation = -1;
  };
  Situation::Side side_of(const Observation& seen, const Applied& applied) const;
  // Of ready pods by name. Nothing: there is nothing to be had now; unread_ and missing_ say why.
  std::optional<std::map<std::string, Counts>> ask_prometheus(const Rollout& rollout);
  Status measure(const Rollout& rollout, const Observation& stable, const Observation& candidate, const std::function<Status()>& every);
  void read_pod(const Json& pod, Meter::Role role);
  void read_pod(const Json& pod, Meter::Role role, const std::map<std::string, Counts>& known);

  Cluster& cluster_;
  std::vector<ObjectRef> objects_;
  Applied stable_, candidate_;
  Meter meter_;
  std::string unread_, missing_, moved_;
  std::optional<net::Client> prometheus_;
  std::chrono::steady_clock::time_point measuring_since_, moved_since_, read_at_{};
};

}  // namespace mlopsctl::k8s
