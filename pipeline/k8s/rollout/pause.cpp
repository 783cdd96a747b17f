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
        timeout_(options.timeout.value_or(seconds(3600))),
        reason_("paused by " + lease.holder.substr(0, lease.holder.find(','))) {}

  Result<Rollout> run() {
    TRY_ASSIGN(const Journal first, look());
    if (!first.now) return nothing_under_way(deployment_);
    id_ = first.now->id;
    const auto start = now();
    std::string sign;
    for (auto moved = start;;) {
      TRY_ASSIGN(const Journal journal, look());
      TRY(still_goes_forward(journal));
      if (std::string life = sign_of_life(*lease_now_); life != sign) sign = std::move(life), moved = now();
      if (journal.holder.empty() || now() - moved >= seconds(number_at(at(*lease_now_, "spec", "leaseDurationSeconds"), 15))) {
        TRY_ASSIGN(const bool still, stands_still(*journal.now));
        return still ? *journal.now : ourselves();
      }
      // Again where a driver that began after it forgot it.
      if (!journal.now->paused && text_at(at(at(*lease_now_, "metadata", "annotations"), pause_annotation)).empty()) TRY(ask(*journal.now));
      if (now() - start >= timeout_) return too_late(journal);
      if (!cluster_.clock().pause(std::chrono::milliseconds(200), cluster_.cancel())) return interrupted();
    }
  }

 private:
  Result<Journal> look() {
    TRY_ASSIGN(lease_now_, get(cluster_, object_));
    return lease_now_ ? read_journal(*lease_now_) : Journal();
  }

  Status still_goes_forward(const Journal& journal) const {
    if (!journal.now || journal.now->id != id_) return cluster_error("the promotion of " + deployment_.name + " ended before it was paused");
    if (journal.now->phase == Phase::aborting)
      return cluster_error("the promotion of " + deployment_.name + " is being undone: " + journal.now->reason)
          .with_hint("watch it: mlopsctl rollout watch " + deployment_.name);
    return {};
  }

  // The journal comes first: a rolling update that is paused there may not have been told so.
  Result<bool> stands_still(const Rollout& rollout) {
    if (!rollout.paused || rollout.phase == Phase::progressing) return rollout.paused;
    TRY_ASSIGN(const auto live, get(cluster_, deployment_));
    return live && at(*live, "spec", "paused") == true;
  }

  // Beside the holder's own writes; where one of them came in between, the next look asks anew.
  Status ask(const Rollout& rollout) {
    Json lease = *lease_now_;
    lease["metadata"]["annotations"][pause_annotation] = reason_;
    TRY_ASSIGN(const auto outcome, replace(cluster_, lease));
    if (outcome.refusal && outcome.refusal->stale()) return {};
    if (outcome.refusal) return to_error(*outcome.refusal, "write into the Lease " + lease_.name);
    // Whatever was decided by a look from before is refused from now on.
    return put_fence(cluster_, Looker(cluster_, rollout).objects(), "from " + lease_.holder, {});
  }

  Error too_late(const Journal& journal) const {
    Error error = cluster_error("the promotion of " + deployment_.name + " is not paused after " + std::to_string(timeout_.count()) + " s; " + journal.holder +
                                " is at work on it: " + journal.now->text())
                      .with_hint("ask again: mlopsctl rollout pause " + deployment_.name);
    error.kind = ErrorKind::timeout;
    return error;
  }

  Result<Rollout> ourselves() {
    TRY_ASSIGN(auto held, Lease::acquire(cluster_, lease_));
    auto done = [&]() -> Result<Rollout> {
      TRY_ASSIGN(const Journal journal, read_journal(held.object()));
      TRY(still_goes_forward(journal));
      return drive(cluster_, held, journal.now->paused ? *journal.now : paused(*journal.now, reason_), options_);
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
  const seconds timeout_;
  std::string reason_, id_;
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
