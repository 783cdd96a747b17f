#include <unistd.h>

#include "cli/decisions.hpp"
#include "cli/gate_commands.hpp"
#include "cli/version.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/engine/runner.hpp"

namespace mlopsctl::cli {

namespace {

// The job that made the decision, on what is stored of its inputs.
Result<engine::Job> job_of(Session& session, const engine::Store& store, const decision::Record& record) {
  const auto stage = session.registry().find("evaluate");
  engine::Job job;
  job.stage = stage->second.get();
  job.name = record.text("stage");
  job.kind = "evaluate";
  try {
    job.params = record.statement.at("params");
    job.seed = std::stoull(record.text("seed"));
    for (const Json& item : record.statement.at("inputs")) {
      engine::StageInput input;
      input.name = item.at("name").get<std::string>();
      input.role = item.at("role").get<std::string>();
      input.type = item.at("type").get<std::string>();
      input.origin = item.at("origin").get<std::string>();
      input.options = item.at("options");
      TRY_ASSIGN(input.digest, Digest::parse(item.at("digest").get<std::string>()));
      input.path = store.path_of(input.digest);
      if (!store.has(input.digest)) {  // a model or a suite that was given by its path
        std::error_code absent;
        const auto outside = session.project() / input.origin;
        const bool there = std::filesystem::exists(outside, absent);
        TRY_ASSIGN(const Digest now, there ? digest_of_path(outside) : Result<Digest>(Digest()));
        if (now != input.digest)
          return config_error("the input " + input.name + " (" + input.digest.str() + ") of this decision is no longer stored")
              .with_hint("`mlopsctl cache gc` keeps what the last runs used; replay where the decision was made");
        input.path = outside;
      } else {
        TRY_ASSIGN(const Digest now, digest_of_path(input.path));
        if (now != input.digest)
          return stage_error("the stored input " + input.name + " (" + input.digest.str() + ") is damaged")
              .with_hint("see which, and run again: mlopsctl cache verify --read-data");
      }
      job.inputs.push_back(std::move(input));
    }
  } catch (const std::exception& fault) { return config_error(record.origin + " does not say how it was decided: " + fault.what()); }
  job.outputs = {{"evaluation", "evaluation"}, {"model", "model"}};
  job.memo = store.folder() / "memo";
  job.scratch = store.folder() / "tmp" / ("replay-" + std::to_string(::getpid()));
  return job;
}

// Time passes otherwise each time: it is not measured again.
bool is_timed(const Json& params) { return !params.value("budgets", Json()).is_null() && !params["budgets"].value("latency_ms", Json()).is_null(); }
Json without_time(Json verdict) {
  Json checks = Json::array();
  for (Json& check : verdict["checks"])
    if (!check.value("name", "").starts_with("latency")) checks.push_back(std::move(check));
  return {{"checks", std::move(checks)}};
}

// Checks that came out otherwise, by name: what the record says, and what came out now.
Json differences(const Json& before, const Json& now) {
  Json rows = Json::array();
  const auto by_name = [](const Json& verdict) {
    std::map<std::string, Json> checks;
    for (const Json& check : verdict.value("checks", Json::array())) checks[check.value("name", "")] = check;
    return checks;
  };
  const auto old_checks = by_name(before);
  auto new_checks = by_name(now);
  const auto text = [](const Json& check) { return check.is_null() ? Json() : Json(check.value("outcome", "") + ": " + check.value("detail", "")); };
  for (const auto& [name, check] : old_checks)
    if (new_checks[name] != check) rows.push_back({{"check", name}, {"recorded", text(check)}, {"now", text(new_checks[name])}});
  for (const auto& [name, check] : new_checks)
    if (!old_checks.contains(name)) rows.push_back({{"check", name}, {"recorded", Json()}, {"now", text(check)}});
  return rows;
}

}  // namespace

Result<Answer> cmd_decision_replay(Session& session) {
  TRY_ASSIGN(auto store, session.existing_store());
  if (!store) return config_error("nothing is stored here, so nothing can be replayed").with_hint("replay in the project that made the decision");
  TRY_ASSIGN(const auto record, decision::find_record(decision::Ledger(project_state), session.arguments().positional("RECORD")));
  if (record.text("kind") != "gate") return config_error(record.origin + " is an " + record.text("kind") + "; only a gate's decision can be replayed");
  // Whoever may have signed it: a record that was changed is not worth replaying.
  TRY(decision::check(record, {record.key}));
  TRY_ASSIGN(engine::Job job, job_of(session, *store, record));
  const bool timed = is_timed(job.params);
  if (timed) job.params["budgets"]["latency_ms"] = nullptr;
  TRY(make_folders(job.scratch));
  auto result = engine::run_job(job, session.env().cancel, [](double, std::string_view) {});
  const auto evaluation = result.error ? Result<Digest>(Digest()) : digest_of_path(job.scratch / "out" / "evaluation");
  TRY(mlopsctl::remove_all(job.scratch));
  if (result.error) return std::move(*result.error).note("while deciding again what " + record.origin + " decided");
  TRY(evaluation.ok() ? Status() : Status(evaluation.error()));
  if (!result.report.verdict) return stage_error("the evaluate stage gave no verdict");

  TRY_ASSIGN(const Json now, parse_json(canonical(engine::to_json(*result.report.verdict)), "the verdict"));
  const Json before = record.statement.value("verdict", Json::object());
  const bool same = timed ? without_time(now) == without_time(before) : now == before, same_bytes = evaluation->str() == record.text("evaluation");
  Answer answer(Json{{"record", record.origin},
                     {"same", same},
                     {"same_evaluation", same_bytes},
                     {"recorded", before.value("outcome", "")},
                     {"now", now.value("outcome", "")},
                     {"differences", timed ? differences(without_time(before), without_time(now)) : differences(before, now)}});
  answer.exit_code = same ? 0 : 1;
  if (same && timed) {  // the outcome rests on a time, too
    answer.value["now"] = nullptr;
    answer.line("the same checks again, but for the time that a text takes, which is not measured again; the record says " + before.value("outcome", ""),
                Style::green);
    return answer;
  }
  if (same) {
    answer.line("the same verdict again: " + now.value("outcome", "") + "; " + now.value("summary", ""), Style::green);
    answer.line(same_bytes ? "every number of the evaluation is the same: " + evaluation->str()
                           : "other figures of the evaluation differ from those of that time");
    return answer;
  }
  answer.line("another verdict: " + now.value("outcome", "") + "; the record says " + before.value("outcome", ""), Style::red);
  answer.table("differences", {{"check", "CHECK"}, {"recorded", "RECORDED"}, {"now", "NOW"}});
  const std::string version = version_info()["version"];
  if (version != record.text("mlopsctl")) answer.line("it was decided by mlopsctl " + record.text("mlopsctl") + "; this is " + version);
  return answer;
}

}  // namespace mlopsctl::cli
