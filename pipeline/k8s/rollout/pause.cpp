#include "pipeline/k8s/rollout/pause.hpp"

#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/rollout/look.hpp"

namespace mlopsctl::k8s {

namespace {

using std::chrono::seconds;
using Phase = Rollout::Phase;

class Pauser {
 public:
  Pauser(Cluster& cluster, const ObjectRef& deployment, const LeaseOptions& lease, const DriveOptions& options)
      : cluster_(cluster),
        deployment_(deployment),
        lease_(lease),
        object_(ref(resources::leases, lease.name_space, lease.name)),
        options_(options),
        reason_("paused by " + lease.holder.substr(0, lease.holder.find(','))) {}

  Result<Rollout> run() {
    TRY_ASSIGN(const Journal journal, look());
    if (!journal.now) return nothing_under_way(deployment_);
    if (journal.now->phase == Phase::aborting)
      return config_error("the promotion of " + deployment_.name + " is being undone: " + journal.now->reason)
          .with_hint("watch it: mlopsctl rollout watch " + deployment_.name);
    if (journal.now->paused) return *journal.now;
    if (journal.holder.empty()) return ourselves();
    TRY(ask());
    // Whatever was decided by a look from before is refused from now on.
    TRY(put_fence(cluster_, Looker(cluster_, *journal.now).objects(), "from " + lease_.holder, {}));
    return wait(journal);
  }

 private:
  Result<Journal> look() {
    TRY_ASSIGN(lease_now_, get(cluster_, object_));
    return lease_now_ ? read_journal(*lease_now_) : Journal();
  }

  // Beside the holder's own writes.
  Status ask() {
    for (int tries = 0; lease_now_; ++tries) {
      Json lease = *lease_now_;
      lease["metadata"]["annotations"][pause_annotation] = reason_;
      TRY_ASSIGN(const auto outcome, replace(cluster_, lease));
      if (!outcome.refusal) return {};
      if (!outcome.refusal->stale() || tries == 10) return to_error(*outcome.refusal, "write into the Lease " + lease_.name);
      TRY(look());
    }
    return nothing_under_way(deployment_);
  }

  Result<Rollout> wait(const Journal& asked) {
    std::string sign;
    for (auto moved = now();;) {
      TRY_ASSIGN(const Journal journal, look());
      if (!journal.now || journal.now->id != asked.now->id) return cluster_error("the promotion of " + deployment_.name + " ended before it was paused");
      if (journal.now->paused && journal.holder.empty()) return *journal.now;
      if (journal.now->phase == Phase::aborting)
        return cluster_error("the promotion of " + deployment_.name + " is being undone meanwhile: " + journal.now->reason);
      if (const std::string version = text_at(at(*lease_now_, "metadata", "resourceVersion")); version != sign) sign = version, moved = now();
      if (journal.holder.empty() || now() - moved >= seconds(number_at(at(*lease_now_, "spec", "leaseDurationSeconds"), 15))) return ourselves();
      if (!cluster_.clock().pause(std::chrono::milliseconds(200), cluster_.cancel())) return interrupted();
    }
  }

  Result<Rollout> ourselves() {
    TRY_ASSIGN(auto held, Lease::acquire(cluster_, lease_));
    auto done = [&]() -> Result<Rollout> {
      TRY_ASSIGN(auto journal, read_journal(held.object()));
      if (!journal.now) return cluster_error("the promotion of " + deployment_.name + " ended before it was paused");
      return drive(cluster_, held, paused(std::move(*journal.now), reason_), options_);
    }();
    if (const auto released = held.release(); done && !released) return released.error();
    return done;
  }
  std::chrono::steady_clock::time_point now() const { return cluster_.clock().steady(); }

  Cluster& cluster_;
  const ObjectRef& deployment_;
  const LeaseOptions& lease_;
  ObjectRef object_;
  const DriveOptions& options_;
  std::string reason_;
  std::optional<Json> lease_now_;
};

}  // namespace

Result<Rollout> pause_rollout(Cluster& cluster, const ObjectRef& deployment, const LeaseOptions& lease, const DriveOptions& options) {
  return Pauser(cluster, deployment, lease, options).run();
}

Error nothing_under_way(const ObjectRef& deployment) {
  return config_error("no promotion of " + deployment.str() + " is under way").with_hint("those of before: mlopsctl rollout history " + deployment.name);
}

}  // namespace mlopsctl::k8s
