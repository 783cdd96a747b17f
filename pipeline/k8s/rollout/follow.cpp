#include "pipeline/k8s/rollout/follow.hpp"

#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/rollout/manifests.hpp"
#include "pipeline/k8s/rollout/pause.hpp"
#include "pipeline/k8s/wait.hpp"

namespace mlopsctl::k8s {

namespace {

using std::chrono::seconds;
using Phase = Rollout::Phase;

class Follower {
 public:
  Follower(Cluster& cluster, const ObjectRef& deployment, const FollowOptions& options) : cluster_(cluster), deployment_(deployment), options_(options) {}

  Result<Rollout> run() {
    const auto start = now();
    signed_ = start;
    auto reached = start;
    for (bool lost = false;;) {
      auto ended = look();
      if (ended && *ended) return std::move(**ended);
      const bool away = !ended && (ended.error().kind == ErrorKind::cluster || ended.error().kind == ErrorKind::timeout);
      if (!ended && !away) return std::move(ended).error();
      if (away && !lost && options_.lost) options_.lost(ended.error().message);
      if (!away) reached = now();
      else if (now() - reached >= options_.patience) return std::move(ended).error();
      lost = away;
      if (now() - start >= options_.timeout) return too_late();
      if (!cluster_.clock().pause(std::chrono::milliseconds(500), cluster_.cancel())) return interrupted();
    }
  }

 private:
  std::chrono::steady_clock::time_point now() const { return cluster_.clock().steady(); }

  // The rollout, if that was the end.
  Result<std::optional<Rollout>> look() {
    TRY_ASSIGN(const auto lease, get(cluster_, ref(resources::leases, deployment_.name_space, lease_name(deployment_.name))));
    TRY_ASSIGN(const Journal journal, lease ? read_journal(*lease) : Journal());
    if (known_ && (!journal.now || journal.now->id != known_->id)) return std::optional(ended(journal));
    if (!journal.now) return nothing_under_way(deployment_);
    known_ = journal.now;
    if (const std::string sign = sign_of_life(*lease); sign != sign_) sign_ = sign, signed_ = now();
    Followed seen{*journal.now, journal.holder, false, {}, std::nullopt};
    seen.at_work = !journal.holder.empty() && now() - signed_ < seconds(number_at(at(*lease, "spec", "leaseDurationSeconds"), 15));
    TRY_ASSIGN(const auto stable, observe(cluster_, deployment_));
    seen.stable = judge(stable);
    ObjectRef other = deployment_;
    other.name = candidate_name(deployment_.name);
    TRY_ASSIGN(const auto candidate, observe(cluster_, other));
    if (!candidate.deployment.is_null()) seen.candidate = judge(candidate);
    if (options_.moved) options_.moved(seen);
    return journal.now->paused && journal.holder.empty() ? journal.now : std::nullopt;
  }

  // As the history has it.
  Rollout ended(const Journal& journal) const {
    Rollout rollout = *known_;
    rollout.phase = Phase::aborted;
    rollout.reason = "the history does not say how it ended";
    for (const Json& entry : journal.history) {
      if (at(entry, "id") != rollout.id) continue;
      if (at(entry, "outcome") == to_string(Phase::promoted)) rollout.phase = Phase::promoted;
      rollout.reason = text_at(at(entry, "reason"));
      rollout.passed.clear();
      for (const Json& verdict : at(entry, "verdicts")) rollout.passed.push_back(text_at(verdict));
    }
    return rollout;
  }

  Error too_late() const {
    Error error = cluster_error("the promotion of " + deployment_.name + " has not ended after " + std::to_string(options_.timeout.count()) +
                                " s of looking on" + (known_ ? ": " + known_->text() : ""))
                      .with_hint("look on: mlopsctl rollout watch " + deployment_.name);
    error.kind = ErrorKind::timeout;
    return error;
  }

  Cluster& cluster_;
  const ObjectRef& deployment_;
  const FollowOptions& options_;
  std::optional<Rollout> known_;
  std::string sign_;
  std::chrono::steady_clock::time_point signed_{};
};

}  // namespace

Result<Rollout> follow_rollout(Cluster& cluster, const ObjectRef& deployment, const FollowOptions& options) {
  return Follower(cluster, deployment, options).run();
}

}  // namespace mlopsctl::k8s
