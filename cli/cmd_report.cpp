#include <algorithm>

#include "cli/cmds.hpp"
#include "cli/report/page.hpp"
#include "cli/report/stage_page.hpp"
#include "cli/run_reports.hpp"
#include "cli/run_summary.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/list_of.hpp"

namespace mlopsctl::cli {

namespace {

constexpr int remembered_runs = 40;

// How this stage was decided up to this run, by what was decided anew: a reused verdict is no further look.
Result<std::vector<report::Past>> past_of(engine::Store& store, const engine::RunRecord& run, const std::string& stage) {
  TRY_ASSIGN(const auto runs, store.runs(run.pipeline, remembered_runs));
  std::vector<report::Past> past;
  for (const auto& each : runs) {
    const engine::StageRun* then = each.stage(stage);
    if (each.started > run.started || then == nullptr || !then->report.verdict) continue;
    if (each.id == run.id || then->state == engine::StageState::succeeded) past.push_back({each.id, each.started, *then->report.verdict});
  }
  std::reverse(past.begin(), past.end());
  return past;
}

// The stage named, which has a verdict.
Result<const engine::StageRun*> judged_stage(const engine::RunRecord& run, const std::string& name) {
  std::vector<std::string> judged;
  for (const auto& stage : run.stages)
    if (stage.report.verdict) judged.push_back(stage.name);
  const engine::StageRun* stage = run.stage(name);
  if (stage != nullptr && stage->report.verdict) return stage;
  const std::string hint = judged.empty() ? "a gate is `kind: evaluate`, a drift check `kind: drift-check`" : "use one of: " + list_of(judged);
  if (stage != nullptr) return config_error("stage \"" + name + "\" of run " + run.id + " has no verdict").with_hint(hint);
  return config_error("run " + run.id + " has no stage \"" + name + "\"").with_hint(hint);
}

}  // namespace

Result<Answer> cmd_report(Session& session) {
  const Arguments& arguments = session.arguments();
  const std::string id = arguments.positional("RUN"), format = arguments.value("--format");
  TRY_ASSIGN(auto store, session.existing_store());
  if (!store) return config_error("nothing ran here yet, so there is nothing to report").with_hint("`mlopsctl run` makes the first run");
  TRY_ASSIGN(const auto run, store->run(id.empty() ? "latest" : id));
  if (!run) return config_error("there is no run \"" + id + "\"").with_hint("`mlopsctl history` lists the runs");

  const std::string stage_name = arguments.value("--stage");
  std::string text, beside;
  if (!stage_name.empty()) {
    TRY_ASSIGN(const engine::StageRun* stage, judged_stage(*run, stage_name));
    TRY_ASSIGN(auto past, past_of(*store, *run, stage_name));
    const report::Judged judged{*run, *stage, std::move(past)};
    if (format == "html") text = report::stage_page(judged), beside = pretty(report::stage_json(judged));
    else text = format == "markdown" ? report::stage_markdown(judged) : pretty(report::stage_json(judged));
  } else {
    const auto summary = summarize(*run, *store, session.project());
    if (format == "html") text = report::html_page(*run, summary);
    else text = format == "markdown" ? markdown(*run, summary, "") : pretty(engine::to_json(*run));
  }

  const std::string output = arguments.value("--output");
  Answer answer(Json{{"run", run->id}, {"format", format}, {"output", nullptr}});
  if (output == "-" || (output.empty() && format != "html")) {
    answer.value["text"] = text;
    answer.verbatim(text);
    return answer;
  }
  const auto path = output.empty() ? report_path(*store, stage_name.empty() ? run->id : run->id + "." + stage_name) : std::filesystem::path(output);
  if (path.has_parent_path()) TRY(make_folders(path.parent_path()));
  TRY(write_file_atomically(path, text));
  const std::string shown = output.empty() ? path.lexically_relative(session.project()).generic_string() : output;
  answer.value["output"] = shown;
  answer.value["text"] = nullptr;
  answer.line("wrote " + shown);
  if (beside.empty()) return answer;
  const auto json = std::filesystem::path(shown).replace_extension(".json");
  TRY(write_file_atomically(std::filesystem::path(path).replace_extension(".json"), beside));
  return std::move(answer.line("wrote " + json.generic_string()));
}

}  // namespace mlopsctl::cli
