#include "cli/running.hpp"

#include <algorithm>

#include "cli/alerts.hpp"
#include "cli/decisions.hpp"
#include "cli/github.hpp"
#include "cli/releases.hpp"
#include "cli/reporters.hpp"
#include "cli/run_reports.hpp"
#include "cli/run_summary.hpp"
#include "pipeline/base/plural.hpp"

namespace mlopsctl::cli {

namespace {

std::unique_ptr<engine::Reporter> choose_reporter(Session& session, engine::Store& store) {
  Env& env = session.env();
  if (session.json()) return json_reporter(env.out, env.clock);
  if (env.variables("GITHUB_ACTIONS").value_or("") == "true") {
    GithubOptions options;
    options.summary_file = env.variables("GITHUB_STEP_SUMMARY").value_or("");
    options.prefix = github::prefix_of(env.variables("GITHUB_WORKSPACE").value_or(""), session.project().string());
    options.summary = [&session, &store](const engine::RunRecord& record) {
      (void)link_releases(store, record);  // told below, should it fail
      return markdown(record, summarize(record, store, session.project()), report_path(store, record.id).lexically_relative(session.project()).string());
    };
    return github_reporter(env.err, session.err_screen(), std::move(options));
  }
  if (!session.err_screen().terminal) return plain_reporter(env.err, session.err_screen(), env.clock);
  const ColorChoice color = session.err_screen().color ? ColorChoice::always : ColorChoice::never;
  return human_reporter(
      env.err, [&env, color] { return look_at(env.err.fd(), color, env.variables); }, env.clock);
}

// The page about this run; of a run that reused everything, the page of the run that made the same, if it is there.
Result<std::filesystem::path> page_of(engine::Store& store, const std::filesystem::path& project, const engine::RunRecord& record, bool all_reused) {
  if (all_reused) {
    TRY_ASSIGN(const auto maker, store.made_by(record));
    if (maker) {
      const auto page = report_path(store, *maker);
      if (std::error_code absent; std::filesystem::exists(page, absent)) return page;
      TRY_ASSIGN(const auto made, store.run(*maker));
      if (made) {
        TRY(write_report(store, project, *made));
        return page;
      }
    }
  }
  // The record at hand is brief about what was reused.
  TRY_ASSIGN(const auto stored, store.run(record.id));
  TRY(write_report(store, project, stored ? *stored : record));
  return report_path(store, record.id);
}

std::string_view sentence_of(engine::RunState state) {
  switch (state) {
    case engine::RunState::succeeded:
      return "succeeded";
    case engine::RunState::refused:
      return "refused: a verdict said no";
    case engine::RunState::failed:
      return "failed: a stage could not do its work";
    case engine::RunState::timed_out:
      return "failed: a stage ran out of time";
    case engine::RunState::interrupted:
      return "interrupted; run again to go on from here";
  }
  return "";
}

void add_ending(Answer& answer, const engine::RunRecord& record, bool all_reused) {
  if (all_reused) {
    answer.line("nothing to do: all " + count_of(record.stages.size(), "stage") + " reused", Style::green);
    return;
  }
  const Style style = record.state == engine::RunState::succeeded ? Style::green : Style::red;
  answer.line("run " + record.id + " " + std::string(sentence_of(record.state)) + " (" + human_duration(record.seconds) + ")", style);
}

}  // namespace

std::unique_ptr<engine::Reporter> reporter_for(Session& session, engine::Store& store) {
  return logging_reporter(choose_reporter(session, store), session.log());
}

Result<Answer> run_and_tell(Session& session, engine::Store& store, CheckedPipeline& checked, RunWishes wishes) {
  engine::RunOptions& options = wishes.options;
  options.detail = engine::Detail::brief;
  options.past_verdicts = wishes.override_reason.has_value();
  DecisionKeeper decisions(session, store, checked.pipeline, wishes.override_reason);
  options.witness = &decisions;

  Result<engine::RunRecord> run = [&] {
    const auto reporter = reporter_for(session, store);
    return engine::execute(checked.pipeline, std::move(checked.graph), store, options, session.env().clock, session.env().cancel, *reporter);
  }();
  TRY_ASSIGN(const auto record, std::move(run));

  TRY(link_releases(store, record));
  bool told = true;
  if (const auto channels = alert::channels_of(checked.pipeline.alerts); !channels.empty() && record.state != engine::RunState::interrupted) {
    TRY_ASSIGN(const auto deliveries, alert::deliver(channels, alerts_of(record), record.id, store.folder(), AlertWorld(session)));
    told = std::none_of(deliveries.begin(), deliveries.end(), [](const alert::Delivery& each) { return each.error.has_value(); });
  }
  const auto summary = summarize(record, store, session.project());
  const bool all_reused = summary.reused == summary.total && summary.total > 0;
  Answer answer;
  answer.streamed = true;
  answer.exit_code = engine::exit_code(record.state);
  if (!told && answer.exit_code <= 1) answer.exit_code = exit_not_told;
  answer.value = to_json(summary);
  answer.value["type"] = "result";
  answer.value["run"] = record.id;
  answer.value["pipeline"] = record.pipeline;
  answer.value["state"] = engine::to_string(record.state);
  answer.value["seconds"] = record.seconds;
  answer.value["exit_code"] = answer.exit_code;
  answer.value["report"] = nullptr;
  add_ending(answer, record, all_reused);
  add_to(answer, summary);
  if (wishes.page) {
    TRY_ASSIGN(const auto page, page_of(store, session.project(), record, all_reused && told));
    const std::string shown = page.lexically_relative(session.project()).generic_string();
    answer.value["report"] = shown;
    answer.line("report: " + shown);
  }
  return answer;
}

}  // namespace mlopsctl::cli
