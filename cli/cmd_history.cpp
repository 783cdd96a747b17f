#include "cli/cmds.hpp"
#include "cli/run_summary.hpp"

namespace mlopsctl::cli {

namespace {

Json row_of(const engine::RunRecord& run) {
  int ran = 0, reused = 0;
  Json accuracy;
  for (const auto& stage : run.stages) {
    if (stage.attempts > 0) ++ran;
    if (stage.state == engine::StageState::reused) ++reused;
    const auto found = stage.report.metrics.find("accuracy");
    if (stage.report.verdict && found != stage.report.metrics.end()) accuracy = found->second;
  }
  return {{"run", run.id},
          {"pipeline", run.pipeline},
          {"started", run.started},
          {"state", engine::to_string(run.state)},
          {"seconds", run.seconds},
          {"stages_run", ran},
          {"stages_reused", reused},
          {"accuracy", accuracy},
          {"commit", run.provenance.commit.empty() ? Json() : Json(run.provenance.commit.substr(0, 12) + (run.provenance.dirty ? "+" : ""))}};
}

Result<Answer> one_run(Session& session, engine::Store& store, const std::string& id) {
  TRY_ASSIGN(const auto found, store.run(id));
  if (!found) return config_error("there is no run \"" + id + "\"").with_hint("`mlopsctl history` lists the runs");
  const auto& run = *found;
  Answer answer(engine::to_json(run));
  const auto summary = summarize(run, store, session.project());
  answer.line("run " + run.id + " of " + run.pipeline + ": " + std::string(engine::to_string(run.state)) + ", " + human_duration(run.seconds) + ", " +
                  cell(Json(run.started), As::time) + " UTC",
              Style::bold);
  if (!run.command.empty()) answer.line("command: " + run.command);
  if (!run.provenance.commit.empty())
    answer.line("commit: " + run.provenance.commit.substr(0, 12) + (run.provenance.branch.empty() ? "" : " on " + run.provenance.branch) +
                (run.provenance.dirty ? ", with changes" : ""));
  answer.value["summary"] = to_json(summary);
  answer.table("stages",
               {{"name", "STAGE"}, {"kind", "KIND"}, {"state", "STATE", As::state}, {"seconds", "TIME", As::seconds}, {"attempts", "TRIES", As::integer}});
  Answer tail;
  add_to(tail, summary);
  for (auto& block : tail.blocks) {
    if (block.kind == Block::Kind::table) block.text = "summary." + block.text;
    answer.blocks.push_back(std::move(block));
  }
  return answer;
}

}  // namespace

Result<Answer> cmd_history(Session& session) {
  const std::string id = session.arguments().positional("RUN");
  TRY_ASSIGN(auto store, session.existing_store());
  if (!id.empty()) {
    if (!store) return config_error("there is no run \"" + id + "\": nothing ran here yet").with_hint("`mlopsctl run` makes the first");
    return one_run(session, *store, id);
  }
  Answer answer(Json{{"runs", Json::array()}});
  if (store) {
    TRY_ASSIGN(const auto runs, store->runs(session.arguments().value("--pipeline"), static_cast<int>(session.arguments().integer("--limit"))));
    for (const auto& run : runs) answer.value["runs"].push_back(row_of(run));
  }
  if (answer.value["runs"].empty()) return std::move(answer.line("no runs yet; `mlopsctl run` makes the first"));
  answer.table("runs", {{"run", "RUN", As::text, true},  // says when it started
                        {"pipeline", "PIPELINE"},
                        {"state", "STATE", As::state},
                        {"seconds", "TIME", As::seconds},
                        {"stages_run", "RAN", As::integer},
                        {"stages_reused", "REUSED", As::integer},
                        {"accuracy", "ACCURACY", As::number},
                        {"commit", "COMMIT"}});
  return answer;
}

}  // namespace mlopsctl::cli
