// One at a time: a Lease object in the cluster, held while we change something that two must not change at once.
//
// Whether another's hold is still good is judged by what we see, never by the times that it wrote down: a holder that has renewed within
// its duration while we looked on is alive, however wrong its clock or ours (as client-go's leader election has it). On our side the hold
// ends a duration after the last renewal was *sent*; check() before every change, so that we stop before another can start. fence() grows
// with every new holder: what was written with an older one is not ours any more.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "pipeline/k8s/objects.hpp"

namespace mlopsctl::k8s {

struct LeaseOptions {
  std::string name_space, name;
  std::string holder;  // who we are: unique, and telling for people: "ann@laptop 4711 a1b2c3"
  std::chrono::seconds duration{15};
  std::chrono::milliseconds look{1000};                         // how often another's Lease is looked at
  std::function<void(const std::string& holder)> waiting = {};  // told once when somebody else seems to hold it
};

// What changes whenever its holder gives a sign of life: what is written beside it, such as a request to pause, is others'.
std::string sign_of_life(const Json& lease);

class Lease {
 public:
  // Takes it where nobody holds it, or where its holder does not renew it for its whole duration. Else, as soon as the holder is seen to
  // be alive, fails (cluster) naming it.
  static Result<Lease> acquire(Cluster& cluster, LeaseOptions options);
  Lease(Lease&&) = default;

  // Renews it when a third of the duration has passed. Fails (cluster) when it is, or may be, no longer ours.
  Status check();
  // Looks at it as the server has it now: what others have written into it. Fails (cluster) when it is no longer ours.
  Status look_again();
  // Lets the next one in at once. Not done by the destructor: a process that dies must look like one that has died.
  Status release();
  int64_t fence() const { return fence_; }
  // As we have written or seen it last.
  const Json& object() const { return object_; }
  // Writes annotations onto it (null: takes away), and renews it by that. Fails (cluster) when it is no longer ours: nothing is written then.
  Status note(const Json& annotations);

 private:
  Lease(Cluster& cluster, LeaseOptions options) : cluster_(&cluster), options_(std::move(options)) {}
  // True: it is ours now. False: somebody else was faster, look again.
  Result<bool> take(const std::optional<Json>& seen);
  Status renew();
  Error lost(const std::string& how) const;

  Cluster* cluster_;
  LeaseOptions options_;
  Json object_;
  int64_t fence_ = 0;
  std::chrono::steady_clock::time_point sent_{};
};

}  // namespace mlopsctl::k8s
