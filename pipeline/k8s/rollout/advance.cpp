#include "pipeline/k8s/rollout/advance.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/plural.hpp"

namespace mlopsctl::k8s {

namespace {

using Phase = Rollout::Phase;
using What = Write::What;

class Decider {
 public:
  Decider(const Rollout& rollout, const Situation& seen) : r_(rollout), seen_(seen) {}

  Next next() {
    switch (r_.phase) {
      case Phase::progressing:
        return step();
      case Phase::promoting:
        return promote();
      case Phase::aborting:
        return undo();
      default:
        return wait();
    }
  }

 private:
  // Beside the stable Deployment: the candidate, then requests for it, then fewer stable pods, then the verdict.
  Next step() {
    if (const auto why = broken(seen_.candidate)) return abort(*why);
    const Rollout::Step& now = r_.steps.at(r_.step);
    const Json candidate = candidate_of(r_.target, now.candidate);
    if (!seen_.candidate.there) return write(What::apply_candidate, candidate_of(r_.target, 0), "no pod yet");
    if (!in_place(seen_.candidate, candidate)) return write(What::apply_candidate, candidate, count_of(now.candidate, "new pod"));
    const bool up = available(seen_.candidate) >= now.candidate;
    const bool alone = r_.strategy == Strategy::Kind::blue_green;
    if (alone && seen_.traffic) {
      const bool enough = up && available(seen_.candidate) >= floor();
      const Traffic wanted = enough ? Traffic::candidate : Traffic::stable;
      if (*seen_.traffic != wanted) return route(wanted);
    }
    if (!up) return too_slow() ? abort("its pods are too slow to start: " + seen_.candidate.progress.text()) : wait();
    if (now.stable) {
      const Json stable = with_replicas(r_.before, now.stable);
      if (!in_place(seen_.stable, stable)) {
        const bool floor_holds = alone || *now.stable + available(seen_.candidate) >= floor();
        return floor_holds ? write(What::apply_stable, stable, count_of(*now.stable, "old pod")) : wait();
      }
    }
    if (seen_.stable.progress.phase == Progress::Phase::unseen) return wait();

    Next next = measure();
    if (next.verdict.outcome == Verdict::Outcome::fail) return abort(next.verdict.text());
    if (r_.paused || seen_.measured < watch()) return next;
    if (next.verdict.outcome == Verdict::Outcome::pass) {
      next.rollout.passed.push_back(next.verdict.text());
      if (++next.rollout.step == r_.steps.size()) next.rollout.phase = Phase::promoting;
    } else if (seen_.measured >= r_.gates.patience) {
      next.rollout.paused = true;
      next.rollout.reason = next.verdict.text();
    }
    return next;
  }

  // The stable Deployment takes the model over, while the candidate, if there is one, goes on.
  Next promote() {
    if (r_.paused) {
      // Nor does its controller go on.
      Json still = r_.target;
      still["spec"]["paused"] = true;
      return in_place(seen_.stable, still) ? wait() : write(What::apply_stable, still, "stands still");
    }
    if (const auto why = broken(seen_.candidate)) return abort(*why);
    if (!in_place(seen_.stable, r_.target)) return write(What::apply_stable, r_.target, "the new model");
    // Until then its pods are the old model's.
    if (seen_.stable.progress.phase == Progress::Phase::unseen) return wait();
    if (const auto why = broken(seen_.stable)) return abort(*why);
    Next next = measure();
    if (next.verdict.outcome == Verdict::Outcome::fail) return abort(next.verdict.text());
    if (seen_.stable.progress.phase != Progress::Phase::done)
      return too_slow() ? abort("its pods are too slow to start: " + seen_.stable.progress.text()) : next;
    // A rolling promotion has no other steps to be watched at. Too few requests do not hold it up for longer; what nobody knows of its pods does.
    if (r_.steps.empty() && next.verdict.outcome == Verdict::Outcome::inconclusive) {
      const bool known = seen_.evidence.missing.empty();
      if (seen_.measured < (known ? r_.gates.watch : r_.gates.patience)) return next;
      if (!known) {
        next.rollout = paused(r_, "paused: " + next.verdict.text());
        return next;
      }
    }
    if (r_.strategy != Strategy::Kind::rolling && seen_.traffic && *seen_.traffic != Traffic::all) return route(Traffic::all);
    if (seen_.candidate.there) return write(What::remove_candidate, {}, "");
    if (r_.steps.empty()) next.rollout.passed.push_back(next.verdict.text());
    next.rollout.phase = Phase::promoted;
    return next;
  }

  // First the requests go back where they can, then the old pods come back, then the candidate goes.
  Next undo() {
    const bool stable_can = available(seen_.stable) >= floor();
    if (seen_.traffic == Traffic::candidate && stable_can) return route(Traffic::stable);
    if (!in_place(seen_.stable, r_.before)) return write(What::apply_stable, r_.before, "the old model");
    if (seen_.candidate.there && (stable_can || available(seen_.candidate) == 0)) return write(What::remove_candidate, {}, "");
    if (seen_.stable.progress.phase != Progress::Phase::done || seen_.candidate.there) return wait();
    if (r_.strategy != Strategy::Kind::rolling && seen_.traffic && *seen_.traffic != Traffic::all) return route(Traffic::all);
    Next next = wait();
    next.rollout.phase = Phase::aborted;
    return next;
  }

  static bool in_place(const Situation::Side& side, const Json& manifest) { return side.there && side.applied == digest_of_manifest(manifest); }
  // What the controller has counted, once it has looked.
  static int64_t available(const Situation::Side& side) { return side.there && side.progress.phase != Progress::Phase::unseen ? side.progress.available : 0; }
  // An autoscaler may have taken some since.
  int64_t floor() const { return r_.autoscaled ? std::min(r_.replicas, seen_.stable.progress.wanted) : r_.replicas; }
  bool too_slow() const { return seen_.still >= r_.gates.start; }
  // Who asked to go on without a verdict does not wait for one either.
  int64_t watch() const { return r_.gates.traffic ? r_.gates.watch : 0; }

  // What will not pass by itself. A missing Secret or image may come a moment later: that is waited for.
  static std::optional<std::string> broken(const Situation::Side& side) {
    if (!side.there) return std::nullopt;
    for (const Trouble& trouble : side.progress.troubles)
      if ((trouble.kind == Trouble::Kind::crash || trouble.kind == Trouble::Kind::memory) && trouble.restarts >= 2)
        return "pod " + trouble.pod + ", container " + trouble.container + " " + trouble.text;
    if (side.progress.phase == Progress::Phase::stalled) return "it makes no progress: " + side.progress.text();
    return std::nullopt;
  }

  Next wait() const { return {r_, std::nullopt}; }
  Next write(What what, Json manifest, std::string why) const { return {r_, Write{what, std::move(manifest), std::move(why)}}; }
  Next route(Traffic traffic) const {
    return write(What::apply_service, with_traffic(r_.service, r_.target, traffic), "requests to " + std::string(to_string(traffic)));
  }
  Next measure() const { return {r_, std::nullopt, true, judge(seen_.evidence, r_.gates)}; }
  Next abort(const std::string& reason) const { return {aborted(r_, reason), std::nullopt}; }

  const Rollout& r_;
  const Situation& seen_;
};

}  // namespace

std::string digest_of_manifest(const Json& manifest) { return digest_of(canonical(manifest)).str(); }

Next advance(const Rollout& rollout, const Situation& seen) { return Decider(rollout, seen).next(); }

Rollout paused(Rollout rollout, const std::string& reason) {
  if (rollout.phase != Phase::progressing && rollout.phase != Phase::promoting) return rollout;
  rollout.paused = true;
  rollout.reason = reason;
  return rollout;
}

Rollout resumed(Rollout rollout, bool without_verdict) {
  if (rollout.phase != Phase::progressing && rollout.phase != Phase::promoting) return rollout;
  rollout.paused = false;
  rollout.reason.clear();
  if (without_verdict) rollout.gates.traffic = false;
  return rollout;
}

Rollout aborted(Rollout rollout, const std::string& reason) {
  if (rollout.phase == Phase::aborting || rollout.ended()) return rollout;
  rollout.phase = Phase::aborting;
  rollout.paused = false;
  rollout.reason = reason;
  return rollout;
}

}  // namespace mlopsctl::k8s
