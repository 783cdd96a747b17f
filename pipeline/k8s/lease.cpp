#include "pipeline/k8s/lease.hpp"

#include "pipeline/k8s/errors.hpp"

namespace mlopsctl::k8s {

namespace {

std::string micro_time(TimePoint time) { return rfc3339(time).substr(0, 23) + "000Z"; }

std::string holder_of(const Json& lease) { return text_at(at(lease, "spec", "holderIdentity")); }

}  // namespace

std::string sign_of_life(const Json& lease) { return canonical(at(lease, "spec")); }

Result<Lease> Lease::acquire(Cluster& cluster, LeaseOptions options) {
  Lease lease(cluster, std::move(options));
  const ObjectRef object = ref(resources::leases, lease.options_.name_space, lease.options_.name);
  std::string sign;
  int lost_answers = 0;
  auto since = cluster.clock().steady();
  while (true) {
    TRY_ASSIGN(const auto seen, get(cluster, object));
    const std::string holder = seen ? holder_of(*seen) : std::string();
    const auto now = cluster.clock().steady();
    bool dead = holder.empty() || holder == lease.options_.holder;
    if (!dead && sign_of_life(*seen) == sign) {
      dead = now - since >= std::chrono::seconds(number_at(at(*seen, "spec", "leaseDurationSeconds"), 15));
    } else if (!dead) {
      if (!sign.empty())
        return cluster_error("the Lease " + object.name_space + "/" + object.name + " is held by " + holder + ", who is at work")
            .with_hint("wait until it is done, or watch it: mlopsctl status");
      sign = sign_of_life(*seen), since = now;
      if (lease.options_.waiting) lease.options_.waiting(holder);
    }
    if (dead) {
      auto ours = lease.take(seen);
      // No answer: whether it is ours, the next look will show.
      if (!ours && (ours.error().kind == ErrorKind::interrupted || ++lost_answers == 3)) return std::move(ours).error();
      if (ours && *ours) return lease;
      sign.clear();  // somebody was faster
      since = now;
      continue;
    }
    if (!cluster.clock().pause(lease.options_.look, cluster.cancel())) return interrupted();
  }
}

Result<bool> Lease::take(const std::optional<Json>& seen) {
  const std::string now = micro_time(cluster_->clock().now());
  fence_ = (seen ? number_at(at(*seen, "spec", "leaseTransitions")) : 0) + 1;
  Json object = seen ? *seen
                     : Json{{"apiVersion", resources::leases.api_version},
                            {"kind", resources::leases.kind},
                            {"metadata", {{"name", options_.name}, {"namespace", options_.name_space}}}};
  object["spec"] = {{"holderIdentity", options_.holder},
                    {"leaseDurationSeconds", options_.duration.count()},
                    {"acquireTime", now},
                    {"renewTime", now},
                    {"leaseTransitions", fence_}};
  const auto sent = cluster_->clock().steady();
  TRY_ASSIGN(auto outcome, seen ? replace(*cluster_, object) : create(*cluster_, object));
  if (outcome.refusal && (outcome.refusal->stale() || outcome.refusal->already_exists() || outcome.refusal->not_found())) return false;
  if (outcome.refusal) return to_error(*outcome.refusal, "take the Lease " + options_.name_space + "/" + options_.name);
  object_ = std::move(outcome.object);
  sent_ = sent;
  return true;
}

Error Lease::lost(const std::string& how) const {
  return cluster_error("the Lease " + options_.name_space + "/" + options_.name + " is no longer ours: " + how);
}

Status Lease::check() {
  const auto age = [&] { return cluster_->clock().steady() - sent_; };
  if (age() < options_.duration / 3) return {};
  if (age() < options_.duration) TRY(renew());
  // Asked again: an answer may take longer than the Lease lasts.
  if (age() >= options_.duration) return lost("it could not be renewed in time");
  return {};
}

Status Lease::renew() {
  Json object = object_;
  object["spec"]["renewTime"] = micro_time(cluster_->clock().now());
  const auto sent = cluster_->clock().steady();
  auto outcome = replace(*cluster_, object);
  if (!outcome) {
    // No answer: ours as long as its time lasts; the next check tries again.
    if (outcome.error().kind == ErrorKind::interrupted || cluster_->clock().steady() - sent_ >= options_.duration * 2 / 3) return std::move(outcome).error();
    return {};
  }
  if (outcome->refusal && outcome->refusal->stale()) return look_again();
  if (outcome->refusal) return lost(to_error(*outcome->refusal, "renew").message);
  object_ = std::move(outcome->object);
  sent_ = sent;
  return {};
}

Status Lease::look_again() {
  TRY_ASSIGN(const auto now, get(*cluster_, ref(resources::leases, options_.name_space, options_.name)));
  // A write whose answer got lost makes our version an old one; it is still us.
  if (now && holder_of(*now) == options_.holder && number_at(at(*now, "spec", "leaseTransitions")) == fence_) {
    object_ = *now;
    return {};
  }
  return lost(now ? holder_of(*now) + " has it" : "somebody deleted it");
}

Status Lease::note(const Json& annotations) {
  for (int tries = 0;; ++tries) {
    TRY(check());
    Json object = object_;
    object["spec"]["renewTime"] = micro_time(cluster_->clock().now());
    Json& notes = object["metadata"]["annotations"];
    if (notes.is_null()) notes = Json::object();
    notes.merge_patch(annotations);
    const auto sent = cluster_->clock().steady();
    auto outcome = replace(*cluster_, object);
    const bool unknown = !outcome || (outcome->refusal && outcome->refusal->stale());
    if (!unknown && outcome->refusal) return to_error(*outcome->refusal, "write into the Lease " + options_.name);
    if (!unknown) {
      object_ = std::move(outcome->object);
      sent_ = sent;
      return {};
    }
    if (!outcome && (outcome.error().kind == ErrorKind::interrupted || tries == 3)) return std::move(outcome).error();
    if (outcome && tries == 3) return lost("somebody else keeps writing into it");
    TRY(look_again());
  }
}

Status Lease::release() {
  for (int tries = 0;; ++tries) {
    Json object = object_;
    object["spec"]["holderIdentity"] = "";
    object["spec"]["renewTime"] = micro_time(cluster_->clock().now());
    TRY_ASSIGN(const auto outcome, replace(*cluster_, object));
    if (!outcome.refusal || outcome.refusal->not_found()) return {};
    // Somebody wrote beside us, or it is another's already.
    if (!outcome.refusal->stale() || tries == 3) return to_error(*outcome.refusal, "release the Lease " + options_.name);
    if (!look_again()) return {};
  }
}

}  // namespace mlopsctl::k8s
