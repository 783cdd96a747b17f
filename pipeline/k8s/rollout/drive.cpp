#include "pipeline/k8s/rollout/drive.hpp"

#include <algorithm>
#include <set>

#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/rollout/look.hpp"

namespace mlopsctl::k8s {

namespace {

using std::chrono::duration_cast, std::chrono::seconds;
using Phase = Rollout::Phase;
using What = Write::What;

constexpr const char* journal_annotation = "mlopsctl/rollout";
constexpr const char* history_annotation = "mlopsctl/history";
constexpr size_t history_kept = 20;

Json history_entry(const Rollout& rollout, const std::string& ended) {
  return {{"id", rollout.id},
          {"who", rollout.who},
          {"began", rollout.began},
          {"ended", ended},
          {"commit", rollout.commit},
          {"record", rollout.record},
          {"strategy", to_string(rollout.strategy)},
          {"from", model_of(rollout.before)},
          {"to", model_of(rollout.target)},
          {"outcome", to_string(rollout.phase)},
          {"reason", rollout.reason},
          {"verdicts", rollout.passed}};
}

// Each step, and the promotion itself after them, may start as slowly and be watched as long as the gates allow; and may be undone as slowly.
seconds longest(const Rollout& rollout) {
  const auto steps = static_cast<int64_t>(rollout.steps.size());
  return seconds((steps + 1) * (rollout.gates.start + std::max(rollout.gates.watch, rollout.gates.patience)) + rollout.gates.start);
}

std::string reason_of(const Rollout& rollout) {
  if (rollout.paused) return "PromotionPaused";
  switch (rollout.phase) {
    case Phase::progressing:
      return "PromotionStep";
    case Phase::promoting:
      return "PromotionTakesOver";
    case Phase::promoted:
      return "Promoted";
    case Phase::aborting:
      return "PromotionFails";
    case Phase::aborted:
      return "PromotionUndone";
  }
  return "";
}

class Driver {
 public:
  Driver(Cluster& cluster, Lease& lease, Rollout rollout, const DriveOptions& options)
      : cluster_(cluster), lease_(lease), rollout_(std::move(rollout)), options_(options), looker_(cluster, rollout_) {}

  Result<Rollout> run() {
    const auto start = now();
    const seconds timeout = options_.timeout.value_or(longest(rollout_));
    if (journalled() != to_json(rollout_) || !asked_to_pause().empty()) TRY(write_journal(rollout_, true));
    say(rollout_.text());
    TRY(put_fence(cluster_, looker_.objects(), std::to_string(lease_.fence()), [this] { return lease_.check(); }));
    for (bool measuring = false;;) {
      TRY(still_ours());
      TRY_ASSIGN(const Sight sight, looker_.look(rollout_, measuring, [this] { return still_ours(); }));
      tell_troubles(sight.situation);
      TRY(hear_of_pause());
      if (rollout_.paused && rollout_.phase == Phase::progressing) return rollout_;
      if (uid_ != sight.stable_uid) {
        uid_ = sight.stable_uid;
        TRY(lease_.check());
        tell_cluster();
      }
      Next next = advance(rollout_, sight.situation);
      if (next.measuring && !measuring) looker_.begin_to_measure(rollout_);
      measuring = next.measuring;
      if (!(next.rollout == rollout_)) {
        const bool moved = next.rollout.phase != rollout_.phase || next.rollout.step != rollout_.step || next.rollout.paused != rollout_.paused;
        if (next.rollout.passed.size() > rollout_.passed.size()) say("passed: " + next.rollout.passed.back());
        TRY(write_journal(next.rollout));
        rollout_ = std::move(next.rollout);
        say(rollout_.text());
        tell_cluster();
        if (rollout_.ended() || rollout_.paused) return rollout_;
        if (moved) looker_.begin_step(), measuring = false;
        continue;
      }
      if (rollout_.paused && !next.write) return rollout_;
      if (now() - start >= timeout) return too_late(timeout, sight.situation, next.verdict);
      if (next.write) TRY(do_write(*next.write, sight));
      // After a write, too: one that came too late, or that somebody undoes, would be written again and again at once.
      if (!cluster_.clock().pause(std::chrono::milliseconds(measuring ? 1000 : 200), cluster_.cancel())) return interrupted();
    }
  }

 private:
  Error too_late(seconds timeout, const Situation& seen, const Verdict& verdict) const {
    Error error = cluster_error("the promotion of " + rollout_.name() + " has not ended after " + std::to_string(timeout.count()) + " s: " + rollout_.text() +
                                "; " + progress_of(seen) + (verdict.measures.empty() ? "" : "; so far: " + verdict.text()))
                      .with_hint("go on with it or undo it: mlopsctl rollout resume|abort " + rollout_.name());
    error.kind = ErrorKind::timeout;
    return error;
  }
  std::chrono::steady_clock::time_point now() const { return cluster_.clock().steady(); }
  Status still_ours() {
    if (options_.every) TRY(options_.every());
    return lease_.check();
  }
  void say(const std::string& sentence) {
    if (options_.say) options_.say(sentence);
  }
  // For `kubectl describe`; that it may be forbidden, or fail, is no reason to stop.
  void tell_cluster() {
    const bool bad = rollout_.paused || rollout_.phase == Phase::aborting || rollout_.phase == Phase::aborted;
    Json about = rollout_.target;
    about["metadata"]["uid"] = uid_;
    static_cast<void>(record_event(cluster_, about, bad ? "Warning" : "Normal", reason_of(rollout_), rollout_.text() + "; begun by " + rollout_.who));
  }
  std::string progress_of(const Situation& seen) const {
    const auto& side = rollout_.phase == Phase::progressing ? seen.candidate : seen.stable;
    return side.progress.text();
  }

  Json journalled() const {
    const std::string text = text_at(at(at(lease_.object(), "metadata", "annotations"), journal_annotation));
    return text.empty() ? Json() : Json::parse(text, nullptr, false);
  }

  std::string asked_to_pause() const { return text_at(at(at(lease_.object(), "metadata", "annotations"), pause_annotation)); }

  // What was looked at before somebody asked for a pause carries another fence since.
  Status hear_of_pause() {
    TRY(lease_.look_again());
    const std::string asked = asked_to_pause();
    if (asked.empty()) return {};
    rollout_ = paused(std::move(rollout_), asked);
    TRY(write_journal(rollout_, true));
    say(rollout_.text());
    return {};
  }

  // `pause_heard`: what was asked for until now is in it, or does not count.
  Status write_journal(const Rollout& rollout, bool pause_heard = false) {
    if (!rollout.ended()) {
      Json notes{{journal_annotation, canonical(to_json(rollout))}};
      if (pause_heard) notes[pause_annotation] = nullptr;
      return lease_.note(notes);
    }
    TRY_ASSIGN(Journal journal, read_journal(lease_.object()));
    Json history = Json::array({history_entry(rollout, rfc3339(cluster_.clock().now()))});
    for (Json& entry : journal.history)
      if (history.size() < history_kept) history.push_back(std::move(entry));
    return lease_.note({{journal_annotation, nullptr}, {history_annotation, canonical(history)}, {pause_annotation, nullptr}});
  }

  // A write that comes too late for what was looked at changes nothing: the next look decides anew.
  Status do_write(const Write& write, const Sight& sight) {
    TRY(lease_.check());  // to look takes its time
    if (write.what == What::remove_candidate) {
      const ObjectRef candidate = looker_.objects()[1];
      say("remove " + candidate.str());
      TRY_ASSIGN(const auto outcome, remove(cluster_, candidate, {sight.candidate_uid, sight.candidate_version}));
      if (outcome.refusal && !outcome.refusal->not_found() && !outcome.refusal->stale()) return to_error(*outcome.refusal, "remove " + candidate.str());
      return {};
    }
    Json manifest = write.manifest;
    const std::string& version = write.what == What::apply_stable      ? sight.stable_version
                                 : write.what == What::apply_candidate ? sight.candidate_version
                                                                       : sight.service_version;
    if (!version.empty()) manifest["metadata"]["resourceVersion"] = version;
    TRY_ASSIGN(const ObjectRef object, ref_of(manifest));
    TRY_ASSIGN(const auto outcome, apply(cluster_, manifest, {.force = true}));
    if (outcome.refusal && outcome.refusal->stale()) return {};
    if (outcome.refusal) return to_error(*outcome.refusal, "apply " + object.str());
    looker_.applied(write, outcome.object);
    say(object.str() + ": " + write.why);
    return {};
  }

  void tell_troubles(const Situation& seen) {
    if (!options_.trouble) return;
    const auto tell = [&](const Situation::Side& side, const ObjectRef& object) {
      for (const Trouble& trouble : side.progress.troubles)
        if (trouble.kind != Trouble::Kind::probe && told_.insert(object.name + std::string(to_string(trouble.kind)) + trouble.container).second)
          options_.trouble(object.str(), trouble, log_of(cluster_, object.name_space, trouble));
    };
    tell(seen.stable, looker_.objects()[0]);
    tell(seen.candidate, looker_.objects()[1]);
  }

  Cluster& cluster_;
  Lease& lease_;
  Rollout rollout_;
  const DriveOptions& options_;
  Looker looker_;
  std::string uid_;  // of the Deployment
  std::set<std::string> told_;
};

}  // namespace

Status put_fence(Cluster& cluster, const std::vector<ObjectRef>& objects, const std::string& fence, const std::function<Status()>& every) {
  for (const ObjectRef& object : objects) {
    if (every) TRY(every());
    TRY_ASSIGN(const auto outcome, patch(cluster, object, {{"metadata", {{"annotations", {{"mlopsctl/fence", fence}}}}}}));
    if (outcome.refusal && !outcome.refusal->not_found()) return to_error(*outcome.refusal, "put a fence on " + object.str());
  }
  return {};
}

std::string lease_name(const std::string& deployment) { return "mlopsctl-" + deployment; }

Result<Journal> read_journal(const Json& lease) {
  Journal journal;
  const Json& notes = at(lease, "metadata", "annotations");
  if (const std::string text = text_at(at(notes, journal_annotation)); !text.empty()) {
    TRY_ASSIGN(const Json json, parse_json(text, journal_annotation));
    TRY_ASSIGN(journal.now, read_rollout(json));
  }
  if (const std::string text = text_at(at(notes, history_annotation)); !text.empty()) { TRY_ASSIGN(journal.history, parse_json(text, history_annotation)); }
  journal.holder = text_at(at(lease, "spec", "holderIdentity"));
  return journal;
}

Result<Journal> look_up_journal(Cluster& cluster, const std::string& name_space, const std::string& name) {
  TRY_ASSIGN(const auto lease, get(cluster, ref(resources::leases, name_space, lease_name(name))));
  return lease ? read_journal(*lease) : Journal();
}

Result<Rollout> drive(Cluster& cluster, Lease& lease, Rollout rollout, const DriveOptions& options) {
  return Driver(cluster, lease, std::move(rollout), options).run();
}

}  // namespace mlopsctl::k8s
