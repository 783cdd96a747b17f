#include "stages/retrain/decide.hpp"

#include <algorithm>

#include "pipeline/base/list_of.hpp"
#include "pipeline/base/plural.hpp"

namespace mlopsctl::retrain {

namespace {

std::string day_of(TimePoint time) { return rfc3339(time).substr(0, 10) + " " + rfc3339(time).substr(11, 5) + " UTC"; }
std::string span_of(std::chrono::seconds time) {
  const int64_t days = time.count() / 86400;
  return time.count() >= 0 && time.count() % 86400 == 0 && days > 0 ? count_of(days, "day") : human_duration(static_cast<double>(time.count()));
}

// The training that was for this very reason; null: none.
const Attempt* answer_to(const Trigger& trigger, const Facts& facts) {
  for (const Attempt& attempt : facts.journal.attempts)
    if (attempt.judged() && attempt.model == facts.model &&
        std::find(attempt.reasons.begin(), attempt.reasons.end(), Attempt::Reason{trigger.name, trigger.id}) != attempt.reasons.end())
      return &attempt;
  return nullptr;
}

Trigger drift_trigger(const std::string& name, const DriftSeen* seen, const std::string& source, const Facts& facts) {
  Trigger trigger{name, false, "", ""};
  if (seen == nullptr) {
    trigger.says = source + " has said nothing yet";
  } else if (seen->model != facts.model) {
    trigger.says = seen->where + " is about another model, " + seen->model.brief();
  } else {
    trigger.fired = seen->alarm;
    trigger.id = seen->id;
    trigger.says = seen->where + " (" + day_of(seen->at) + "): " + seen->summary;
  }
  return trigger;
}

std::string names_of(const std::vector<Attempt::Reason>& reasons) {
  std::vector<std::string> names;
  for (const auto& each : reasons) names.push_back(each.name);
  return list_of(names);
}

const DriftSeen* of(const Facts& facts, bool monitor) {
  for (const DriftSeen& each : facts.drift)
    if (each.id.starts_with("monitor ") == monitor) return &each;
  return nullptr;
}

std::vector<Trigger> triggers_of(const Policy& policy, const Facts& facts, TimePoint now) {
  if (facts.model.empty()) return {{"first", true, "with " + std::to_string(facts.labelled), "no model has the alias " + policy.alias + " yet"}};
  std::vector<Trigger> all;
  const Attempt* last = facts.journal.last_judged();
  if (!policy.drift.empty()) all.push_back(drift_trigger("drift", of(facts, false), "stage " + policy.drift, facts));
  if (policy.monitor) all.push_back(drift_trigger("monitor", of(facts, true), "the monitor", facts));
  if (policy.age) {
    const TimePoint since = last == nullptr ? facts.model_since : std::max(facts.model_since, last->at);
    const auto age = std::max(std::chrono::days(0), std::chrono::floor<std::chrono::days>(now - since));
    const bool tried = since != facts.model_since;
    all.push_back({"age", now - since >= *policy.age, "since " + rfc3339(since),
                   std::string(tried ? "the last try to replace the model" : "the model") + " is of " + day_of(since) + ", " + count_of(age.count(), "day") +
                       " old; " + span_of(*policy.age) + " are allowed"});
  }
  if (policy.labels) {
    const int64_t before = facts.journal.counted().value_or(facts.labelled);
    // Fewer than before: somebody has put the old ones elsewhere.
    const int64_t fresh = facts.labelled >= before ? facts.labelled - before : facts.labelled;
    all.push_back({"labels", fresh >= *policy.labels, "after " + std::to_string(before),
                   count_of(fresh, "labelled row") + " came since " + (last == nullptr ? "retrain first looked" : day_of(last->at)) + "; " +
                       std::to_string(*policy.labels) + " are asked for"});
  }
  for (Trigger& trigger : all) {
    const Attempt* answer = trigger.fired ? answer_to(trigger, facts) : nullptr;
    if (answer == nullptr) continue;
    trigger.fired = false;
    trigger.says += "; the training of " + day_of(answer->at) + " was for that";
  }
  return all;
}

std::string key_of(const Policy& policy, const Facts& facts, const std::vector<Trigger>& triggers) {
  Sha256 hash;
  hash.field("pipeline", policy.pipeline).field("model", facts.model.str());
  for (const Trigger& trigger : triggers)
    if (trigger.fired) hash.field(trigger.name, trigger.id);
  return hash.finish().hex().substr(0, 16);
}

// A job that is called at the same time of every day is never called quite at the same time.
std::chrono::seconds jitter(const Policy& policy) { return std::min(std::chrono::seconds(600), policy.cooldown / 24); }

// When the budget allows the next one; nothing: now.
std::optional<TimePoint> budget_opens(const Policy& policy, const Journal& journal, TimePoint now) {
  std::vector<TimePoint> begun;
  for (const Attempt& attempt : journal.attempts)
    if (attempt.at > now - policy.per) begun.push_back(attempt.at);
  if (static_cast<int64_t>(begun.size()) < policy.trainings) return std::nullopt;
  std::sort(begun.begin(), begun.end());
  return begun[begun.size() - static_cast<size_t>(policy.trainings)] + policy.per;
}

}  // namespace

Decision decide(const Policy& policy, const Facts& facts, TimePoint now) {
  Decision decision;
  decision.triggers = triggers_of(policy, facts, now);
  if (!facts.journal.attempts.empty() && facts.journal.attempts.back().state == Attempt::State::begun) {
    const Attempt& open = facts.journal.attempts.back();
    decision.action = Action::resume;
    decision.key = open.key;
    decision.why = "training " + open.key + ", decided on " + day_of(open.at) + " for " + names_of(open.reasons) + ", has not ended";
    return decision;
  }
  std::vector<std::string> fired;
  for (const Trigger& trigger : decision.triggers)
    if (trigger.fired) fired.push_back(trigger.name);
  if (fired.empty()) {
    decision.why = "no reason to train anew";
    return decision;
  }
  decision.key = key_of(policy, facts, decision.triggers);
  if (const Attempt* last = facts.journal.last_judged(); last != nullptr && now < last->at + policy.cooldown - jitter(policy)) {
    decision.action = Action::wait;
    decision.next = last->at + policy.cooldown;
    decision.why = "cool-down of " + span_of(policy.cooldown) + " after the training of " + day_of(last->at);
    return decision;
  }
  if (const auto opens = budget_opens(policy, facts.journal, now)) {
    decision.action = Action::wait;
    decision.next = opens;
    decision.why = "the budget of " + count_of(policy.trainings, "training") + " in " + span_of(policy.per) + " is spent";
    return decision;
  }
  decision.action = Action::train;
  decision.why = "because of " + list_of(fired);
  return decision;
}

std::string_view to_string(Action action) {
  switch (action) {
    case Action::nothing:
      return "nothing";
    case Action::wait:
      return "wait";
    case Action::resume:
      return "resume";
    case Action::train:
      return "train";
  }
  return "";
}

}  // namespace mlopsctl::retrain
