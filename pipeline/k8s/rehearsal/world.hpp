// World: a cluster as a value, for rehearsals: what its API server stores, and what controllers, nodes and the network make of it while time passes.
// A copy of it is another cluster that goes on from there. The same seed gives the same events.
//
// Faithful where a promotion depends on it: the Deployment controller's scaling, rolling update and deadline, whom a ReplicaSet takes away first, how
// long a pod takes to start, to crash again and to end, when a lost node is noticed, and that nodes hear of endpoints a moment later. Not simulated:
// quotas, image pulls, autoscalers (what belongs to one keeps its number), and mixed sizes of a rolling update that is scaled in its middle.
// (kubernetes: pkg/controller/deployment/{sync,rolling,progress}.go, pkg/controller/replicaset, pkg/kubelet/prober)
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/k8s/rollout/counts.hpp"

namespace mlopsctl::k8s::simulated {

using Time = std::chrono::milliseconds;  // since the world began

// How the pods of a model behave.
struct Model {
  Time start{5000};       // from the start of its container until it answers, more or less; where its startup probe gives up before, it is ended
  bool crashes = false;   // a second after each start, with exit code 7
  double errors = 0;      // share of requests that it answers with a 500
  double seconds = 0.02;  // what an answer takes
  double positive = 0.6;  // share of texts that it labels so; the others are "negative"
};

struct Stored {
  Json object;
  Json applied;              // as `field_manager` applied it last; null: never
  std::string pattern = {};  // of a Deployment: the digest of its pods' template
  // Of a Deployment: when its controller saw progress last; nothing: it has arrived, and no deadline holds.
  std::optional<Time> progressed = {};
};

struct Set {                     // a ReplicaSet
  std::string name, uid, owner;  // owner: uid of its Deployment
  Json pods;                     // their template
  std::string pattern;           // its digest
  std::string model;             // the digest of what they serve
  int64_t revision = 0;
  int64_t replicas = 0, wanted = 0;  // its own; those of the whole Deployment when it was scaled last
  int64_t count = 0, ready = 0;      // as its controller has counted last; ready: for minReadySeconds
};

struct Pod {
  std::string name, uid, set;  // set: uid of its ReplicaSet
  size_t node = 0;
  Time started{};                      // its container, the last time; ahead of us: it waits for that
  std::optional<Time> up;              // when the server in it answers, if it ever will
  Time probed{};                       // when a probe will see that
  std::optional<Time> ready;           // since when it is
  std::optional<Time> ends;            // when its container will, of itself or by its startup probe
  int64_t crashes = 0, exit_code = 0;  // of the last of them
  std::optional<Time> deleted;
  Counts counted;
};

struct World {
  explicit World(uint64_t seed) : random(seed) {}

  // As the rehearsal sets it up.
  double rate = 100;                                                             // requests a second
  std::map<std::string, Model> models;                                           // by their digest; any other is a good one
  std::vector<std::optional<Time>> nodes = std::vector<std::optional<Time>>(3);  // since when it is lost

  Time now{};
  int64_t changes = 0;                    // the last resourceVersion
  Time moved{};                           // when an object changed, but for Leases
  std::map<std::string, Stored> objects;  // by path: what people and programs have written
  std::vector<Set> sets;                  // oldest first
  std::vector<Pod> pods;
  std::vector<std::string> addresses, known;                    // uids of the Service's pods: now, and as the nodes know them
  std::deque<std::pair<Time, std::vector<std::string>>> heard;  // what the nodes will hear, and when
  Random random;

  // What came of it, since somebody set them.
  double due = 0;
  int64_t requests = 0, failed = 0;
  int64_t capacity = 0, least = 0;  // pods that get requests and answer them: now, and at the least
  int64_t taken = 0;                // of those, how many went with lost nodes

  void pass(Time time);
  const Model& model_of(const Pod& pod) const;
  const Set* set_of(const Pod& pod) const;
  bool answers(const Pod& pod) const;
  bool lost(size_t node, Time for_so_long = Time(0)) const { return nodes[node] && now - *nodes[node] >= for_so_long; }
  void lose(size_t node);
  // A hash of what the API server shows of pods and of the objects above them, but for a deadline that has passed and the pods' metrics.
  size_t look() const;
  // As the API server shows them.
  Json shown(const Set& set, const std::string& name_space) const;
  Json shown(const Pod& pod, const std::string& name_space) const;
  std::string metrics(const Pod& pod) const;
};

// One tick of each part.
inline constexpr Time tick{100};
inline constexpr Time until_noticed{50'000};   // a lost node: node-monitor-grace-period
inline constexpr Time until_evicted{350'000};  // and its pods go: tolerationSeconds, 300 s later
void run_controllers(World& world);
void run_pods(World& world);
void run_requests(World& world);
// How long a preStop hook takes; nothing: it is none that we understand (`sleep`, or an exec of sleep).
std::optional<Time> pre_stop(const Json& container);
// How long a pod that is told to end goes on to answer: its preStop, within its grace period.
Time until_deaf(const World& world, const Pod& pod);

}  // namespace mlopsctl::k8s::simulated
