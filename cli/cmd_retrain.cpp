#include <algorithm>

#include "cli/alerts.hpp"
#include "cli/cmds.hpp"
#include "cli/decisions.hpp"
#include "cli/models.hpp"
#include "cli/monitoring.hpp"
#include "cli/running.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/engine/lease.hpp"
#include "stages/retrain/decide.hpp"
#include "stages/retrain/swap.hpp"

namespace mlopsctl::cli {

namespace {

using retrain::Action, retrain::Attempt;

constexpr int runs_looked_at = 50;

std::filesystem::path state_folder() { return std::filesystem::path(project_state) / "retrain"; }
std::filesystem::path journal_path(const retrain::Policy& policy) { return state_folder() / (policy.pipeline + ".json"); }

Result<std::optional<engine::Store>> open_store(Session& session, bool only_to_look) {
  if (only_to_look) return session.existing_store();
  TRY_ASSIGN(auto store, session.store());
  return std::optional<engine::Store>(std::move(store));
}

// The model that the stage looked at, by the parts of its key.
Digest model_looked_at(const engine::StageRun& run) {
  for (const auto& part : run.parts)
    for (const auto& type : run.parts)
      if (type.name == part.name + " type" && type.value == "model")
        if (const auto digest = Digest::parse(part.value)) return *digest;
  return Digest();
}

// The newest report of the drift-check stage.
Result<std::optional<retrain::DriftSeen>> newest_report(engine::Store& store, const retrain::Policy& policy) {
  TRY_ASSIGN(const auto runs, store.runs(policy.pipeline, runs_looked_at));
  for (const auto& run : runs) {
    const engine::StageRun* stage = run.stage(policy.drift);
    if (stage == nullptr || !stage->report.verdict || (stage->state != engine::StageState::succeeded && stage->state != engine::StageState::reused)) continue;
    retrain::DriftSeen seen;
    for (const auto& artifact : stage->artifacts) seen.id = artifact.digest.str();
    seen.where = "the report of stage " + policy.drift + " in run " + run.id;
    seen.model = model_looked_at(*stage);
    seen.at = from_rfc3339(run.started).value_or(TimePoint());
    const auto& checks = stage->report.verdict->checks;
    seen.alarm = std::any_of(checks.begin(), checks.end(),
                             [](const auto& check) { return check.outcome == engine::Outcome::warn || check.outcome == engine::Outcome::fail; });
    seen.summary = stage->report.verdict->summary;
    return std::optional(std::move(seen));
  }
  return std::optional<retrain::DriftSeen>();
}

Result<retrain::DriftSeen> ask_monitor(Session& session, const retrain::Policy& policy, const Digest& model) {
  TRY_ASSIGN(const auto place, find_model(session, policy.alias));
  TRY_ASSIGN(const auto watched, watch_store(session, place, policy.monitor->store, policy.monitor->change, policy.monitor->run_length));
  const TimePoint since = watched.since.value_or(session.env().clock.now());
  return retrain::DriftSeen{"monitor " + (watched.alarm ? rfc3339(since) : std::string("quiet")),
                            "the monitor",
                            model,
                            since,
                            watched.alarm,
                            (watched.alarm ? "something has changed in " : "no change in ") + count_of(watched.predictions, "prediction")};
}

// `store` may be null.
Result<retrain::Facts> facts_of(Session& session, engine::Store* store, const retrain::Policy& policy, retrain::Journal journal) {
  retrain::Facts facts;
  facts.journal = std::move(journal);
  TRY_ASSIGN(facts.labelled, retrain::count_labelled(policy.windows, session.project(), session.env().cancel));
  if (store == nullptr) return facts;
  TRY_ASSIGN(const auto history, store->alias_history(policy.alias));
  if (!history.empty()) {
    facts.model = history.front().model;
    for (const auto& entry : history) {  // newest first: a model is as old as its first entry
      if (entry.model == facts.model) facts.model_since = from_rfc3339(entry.at).value_or(TimePoint());
    }
  }
  if (!policy.drift.empty()) {
    TRY_ASSIGN(auto seen, newest_report(*store, policy));
    if (seen) facts.drift.push_back(std::move(*seen));
  }
  if (policy.monitor && !history.empty()) {
    TRY_ASSIGN(auto seen, ask_monitor(session, policy, facts.model));
    facts.drift.push_back(std::move(seen));
  }
  return facts;
}

Json nullable(const std::string& text) { return text.empty() ? Json() : Json(text); }

Answer answer_of(const retrain::Policy& policy, const retrain::Facts& facts, const retrain::Decision& decision) {
  Json triggers = Json::array();
  for (const auto& each : decision.triggers) triggers.push_back({{"name", each.name}, {"fired", each.fired}, {"says", each.says}});
  Answer answer(Json{{"type", "result"},
                     {"pipeline", policy.pipeline},
                     {"alias", policy.alias},
                     {"model", facts.model.empty() ? Json() : Json(facts.model.str())},
                     {"action", retrain::to_string(decision.action)},
                     {"why", decision.why},
                     {"triggers", std::move(triggers)},
                     {"key", nullable(decision.key)},
                     {"next", decision.next ? Json(rfc3339(*decision.next)) : Json()},
                     {"windows", Json::array()},
                     {"outcome", nullptr},
                     {"new_model", nullptr},
                     {"run", nullptr},
                     {"exit_code", 0}});
  return answer;
}

void add_triggers(Answer& answer, const retrain::Decision& decision) {
  for (const auto& each : decision.triggers)
    answer.line((each.fired ? "yes  " : "no   ") + each.name + ": " + each.says, each.fired ? Style::yellow : Style::plain);
}

std::string sentence_of(const retrain::Decision& decision, bool dry_run) {
  switch (decision.action) {
    case Action::nothing:
      return decision.why;
    case Action::wait:
      return "a reason, but not yet: " + decision.why + "; not before " + cell(Json(rfc3339(*decision.next)), As::time) + " UTC";
    case Action::resume:
      return (dry_run ? "would go on: " : "going on: ") + decision.why;
    case Action::train:
      return (dry_run ? "would train anew " : "training anew ") + decision.why;
  }
  return "";
}

// Carries a training that the journal has to its end. Of a run that was interrupted it stays open.
Result<Answer> carry_out(Session& session, engine::Store& store, CheckedPipeline& checked, const retrain::Policy& policy, retrain::Journal& journal,
                         const retrain::Swap& swap, Answer answer) {
  Attempt& attempt = journal.attempts.back();
  const auto end = [&](Attempt::State state) -> Status {
    attempt.state = state;
    attempt.ended = session.env().clock.now();
    TRY(journal.save(journal_path(policy)));
    return swap.forget();
  };
  if (Status there = swap.install(attempt); !there) {
    if (there.error().kind != ErrorKind::stage) return std::move(there).error();
    (void)swap.put_back(attempt);  // what cannot be is what the error is about
    TRY(end(Attempt::State::failed));
    return std::move(there).error().with_hint("call retrain again: it chooses new rows");
  }
  RunWishes wishes{session.run_options(), session.arguments().find("--override"), session.arguments().value("--report") == "yes"};
  if (!attempt.model.empty()) wishes.options.pinned.emplace(policy.alias, attempt.model);
  TRY_ASSIGN(Answer run, run_and_tell(session, store, checked, std::move(wishes)));
  const std::string state = run.value["state"];
  answer.blocks = std::move(run.blocks);
  answer.exit_code = run.exit_code;
  if (state == "interrupted") {
    answer.line("the training goes on from here when retrain is called again", Style::yellow);
  } else {
    attempt.run = run.value["run"];
    TRY_ASSIGN(const auto entry, store.alias(policy.alias));
    const bool failed = state != "succeeded" && state != "refused";
    const bool accepted = !failed && entry && entry->model != attempt.model;
    if (accepted) attempt.new_model = entry->model;
    else TRY(swap.put_back(attempt));
    TRY(end(accepted ? Attempt::State::accepted : failed ? Attempt::State::failed : Attempt::State::kept));
    if (!failed && answer.exit_code != exit_not_told) answer.exit_code = accepted ? 0 : 1;
    if (accepted) answer.line(policy.alias + " is now " + attempt.new_model->brief() + ", version " + std::to_string(entry->version), Style::green);
    else if (failed) answer.line("the training failed; the rows of before are back, and the same reason may train again", Style::red);
    else
      answer.line(policy.alias + " stays " + attempt.model.brief() + ": " + (state == "refused" ? "the gate kept it" : "the same model came out"),
                  Style::yellow);
    answer.value["outcome"] = retrain::to_string(attempt.state);
    answer.value["new_model"] = attempt.new_model ? Json(attempt.new_model->str()) : Json();
  }
  answer.value["run"] = std::move(run.value);
  answer.value["exit_code"] = answer.exit_code;
  return answer;
}

}  // namespace

Result<Answer> cmd_retrain(Session& session) {
  TRY_ASSIGN(auto checked, session.checked_pipeline());
  TRY_ASSIGN(const auto configured, retrain::policy_of(checked.pipeline));
  if (!configured)
    return config_error("the pipeline " + checked.pipeline.name + " does not say when to train anew")
        .with_hint("add, for example, retrain: {age: 30d}; `mlopsctl schema --reference` has all keys");
  const retrain::Policy& policy = *configured;
  const bool dry_run = session.arguments().has("--dry-run");
  TRY_ASSIGN(auto store, open_store(session, dry_run));
  // Two at once: the second one waits, and then finds that there is nothing left to do.
  std::optional<engine::Lease> lease;
  if (!dry_run) {
    const auto reporter = reporter_for(session, *store);
    TRY_ASSIGN(lease, engine::take_lease(store->folder(), "retraining of " + policy.pipeline, session.run_options().command, true, session.env().clock,
                                         session.env().cancel, *reporter));
  }
  TRY_ASSIGN(auto journal, retrain::Journal::load(journal_path(policy)));
  TRY_ASSIGN(const retrain::Facts facts, facts_of(session, store ? &*store : nullptr, policy, journal));
  const TimePoint now = session.env().clock.now();
  const auto decision = retrain::decide(policy, facts, now);
  Answer answer = answer_of(policy, facts, decision);
  answer.streamed = !dry_run;
  if (!dry_run && !journal.counted()) {
    journal.first_counted = facts.labelled;
    TRY(journal.save(journal_path(policy)));
  }
  if (dry_run || decision.action == Action::nothing || decision.action == Action::wait) {
    add_triggers(answer, decision);
    answer.line(sentence_of(decision, dry_run), decision.action == Action::nothing ? Style::green : Style::yellow);
    return answer;
  }

  const retrain::Swap swap(policy, session.project(), state_folder() / policy.pipeline);
  if (decision.action == Action::train) {
    TRY_ASSIGN(auto prepared, swap.prepare(journal, now, session.env().cancel));
    Attempt attempt;
    attempt.key = decision.key;
    attempt.at = now;
    for (const auto& each : decision.triggers)
      if (each.fired) attempt.reasons.push_back({each.name, each.id});
    attempt.model = facts.model;
    attempt.counted = facts.labelled;
    attempt.windows = std::move(prepared.windows);
    journal.attempts.push_back(std::move(attempt));
    TRY(journal.save(journal_path(policy)));  // from here on it is decided
  }
  if (!session.json()) {
    for (const auto& each : decision.triggers)
      if (each.fired) session.say(each.name + ": " + each.says);
    session.say(sentence_of(decision, false));
  }
  for (const auto& each : journal.attempts.back().windows) {
    answer.value["windows"].push_back({{"input", each.input}, {"rows", each.rows}, {"older", each.older}, {"digest", each.digest.str()}});
    if (!session.json())
      session.say("window of " + each.input + ": " + count_of(each.rows, "row") + (each.older > 0 ? ", " + std::to_string(each.older) + " of them older" : ""));
  }
  return carry_out(session, *store, checked, policy, journal, swap, std::move(answer));
}

}  // namespace mlopsctl::cli
