#include "cli/local_schedules.hpp"

#include <algorithm>

#include "cli/app.hpp"
#include "cli/cmds.hpp"
#include "cli/deadline.hpp"
#include "cli/decisions.hpp"
#include "cli/parse.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/list_of.hpp"
#include "pipeline/schedule/timers.hpp"
#include "stages/deploy/fields.hpp"

namespace mlopsctl::cli {

namespace {

namespace fs = std::filesystem;
using schedule::Job;
using RunLog = schedule::Log;

constexpr int tries_for_the_lock = 10;
constexpr std::chrono::milliseconds between_tries(20);  // `schedule status` holds it for a moment to see whether it is free

fs::path log_of(const Job& job) { return fs::path(project_state) / "schedules" / (job.name + ".json"); }
fs::path lock_of(const Job& job) { return fs::path(project_state) / "locks" / ("schedule-" + job.name + ".lock"); }

Result<std::vector<Job>> jobs_asked_for(Session& session) {
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  std::vector<Job> known, asked;
  for (const auto& stage : pipeline.stages)
    if (stage.kind == "deploy")
      for (Job& job : deploy::jobs_here(stage.params)) known.push_back(std::move(job));
  if (known.empty())
    return config_error("no job of the pipeline " + pipeline.name + " has a schedule")
        .with_hint("add one: target.local.jobs.predict: {args: [...], cron: \"0 3 * * *\"}");
  const auto names = session.arguments().positional_values("NAME");
  if (names.empty()) return known;
  for (const std::string& name : names) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const Job& job) { return job.name == name; });
    if (found != known.end()) {
      asked.push_back(*found);
      continue;
    }
    std::vector<std::string> others;
    for (const Job& job : known) others.push_back(job.name);
    const auto near = nearest(name, others);
    return config_error("there is no schedule \"" + name + "\" in the pipeline " + pipeline.name)
        .with_hint(near ? "did you mean " + *near + "?" : "use one of: " + list_of(others));
  }
  return asked;
}

// What the pipeline was named with, for the work and for the timer.
std::vector<std::string> pipeline_options(Session& session) {
  std::vector<std::string> options;
  for (const std::string& file : session.arguments().values("--file")) options.insert(options.end(), {"--file", file});
  for (const std::string& set : session.arguments().values("--set")) options.insert(options.end(), {"--set", set});
  return options;
}

// The command line of the work: $(MLOPSCTL_JOB) filled in, and the pipeline handed on where it takes one and names none itself.
std::vector<std::string> words_of(Session& session, const Job& job, const std::string& run_name) {
  constexpr std::string_view variable = "$(MLOPSCTL_JOB)";
  std::vector<std::string> words = job.args;
  for (std::string& word : words)
    for (size_t at = word.find(variable); at != std::string::npos; at = word.find(variable, at + run_name.size())) word.replace(at, variable.size(), run_name);
  const auto parsed = parse(words);
  if (!parsed || parsed->command == nullptr || (parsed->command->uses & uses_pipeline) == 0 || parsed->has("--file")) return words;
  for (std::string& option : pipeline_options(session)) words.push_back(std::move(option));
  return words;
}

struct Ended {
  int code = 0, tries = 0;
  bool is_late = false;
};

// Tried again as a Job in a cluster would be, within one deadline.
Ended carry_out(Session& session, const Job& job, const std::string& run_name) {
  const Env& own = session.env();
  const Deadline deadline(job.deadline);
  for (Ended ended;;) {
    Env env{words_of(session, job, run_name), own.out, own.err, own.variables, own.clock, own.cancel};
    ended.code = run_app(env), ++ended.tries;
    const auto pause = schedule::pause_before(ended.tries);
    const bool again = schedule::worth_another_try(ended.code) && ended.tries <= job.retries && !own.cancel.cancelled();
    if (again && !session.json())
      session.say(run_name + " ended with exit code " + std::to_string(ended.code) + "; trying again in " + std::to_string(pause.count()) + " s, retry " +
                  std::to_string(ended.tries) + " of " + std::to_string(job.retries));
    if (again && own.clock.pause(pause, own.cancel)) continue;
    ended.is_late = deadline.passed();
    if (ended.is_late) ended.code = exit_code(ErrorKind::timeout);
    return ended;
  }
}

Result<std::optional<FileLock>> lock(Session& session, const Job& job) {
  TRY(make_folders(lock_of(job).parent_path()));
  for (int left = tries_for_the_lock;; --left) {
    TRY_ASSIGN(auto held, FileLock::try_lock(lock_of(job), FileLock::Mode::exclusive));
    if (held || left == 0 || !session.env().clock.pause(between_tries, session.env().cancel)) return held;
  }
}

}  // namespace

Result<bool> asks_for_here(Session& session) {
  if (session.arguments().has("--local")) return true;
  if (session.arguments().has("--namespace")) return false;
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  return std::none_of(pipeline.stages.begin(), pipeline.stages.end(),
                      [](const auto& stage) { return stage.kind == "deploy" && !stage.params.at("target").at("kubernetes").is_null(); });
}

Json schedule_row(const Json& name_space, const k8s::ScheduleState& state) {
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  const auto time = [](const std::optional<TimePoint>& value) { return value ? Json(rfc3339(*value)) : Json(); };
  return {{"namespace", name_space},
          {"schedule", state.name},
          {"work", state.work},
          {"cron", state.schedule},
          {"time_zone", text(state.time_zone)},
          {"state", k8s::to_string(state.health)},
          {"well", state.well()},
          {"last", time(state.last)},
          {"last_job", text(state.last_job)},
          {"due", time(state.due)},
          {"next", state.next.empty() ? Json() : Json(rfc3339(state.next.front()))},
          {"why", text(state.why)}};
}

void show_schedules(Answer& answer) {
  answer.table("schedules", {{"schedule", "SCHEDULE", As::text, true},
                             {"cron", "CRON"},
                             {"time_zone", "ZONE"},
                             {"state", "STATE"},
                             {"last", "LAST (UTC)", As::time},
                             {"next", "NEXT (UTC)", As::time}});
  for (const Json& each : answer.value["schedules"])
    if (each["why"].is_string())
      answer.line(each["work"].get<std::string>() + ": " + each["why"].get<std::string>(), each["well"] == true ? Style::yellow : Style::red);
}

Result<Answer> local_schedule_status(Session& session) {
  TRY_ASSIGN(const auto jobs, jobs_asked_for(session));
  Answer answer(Json{{"well", true}, {"schedules", Json::array()}});
  for (const Job& job : jobs) {
    TRY_ASSIGN(const auto log, RunLog::load(log_of(job)));
    bool running = false;
    if (log && log->began && !log->ended) {
      TRY_ASSIGN(const auto held, FileLock::try_lock(lock_of(job), FileLock::Mode::exclusive));
      running = !held;
    }
    const auto state = schedule::judge(job, log, running, session.env().clock.now());
    if (!state.well()) answer.exit_code = 1, answer.value["well"] = false;
    answer.value["schedules"].push_back(schedule_row(nullptr, state));
  }
  show_schedules(answer);
  return answer;
}

Result<Answer> cmd_schedule_run(Session& session) {
  TRY_ASSIGN(const auto jobs, jobs_asked_for(session));
  const Job& job = jobs.front();
  TRY_ASSIGN(const auto held, lock(session, job));
  Answer answer;
  answer.aside = true;  // stdout is the work's
  answer.value = {{"work", job.name}, {"run_name", nullptr}, {"was_under_way", !held}, {"tries", 0}, {"exit_code", nullptr}, {"seconds", nullptr}};
  if (!held) return std::move(answer.line(job.name + " is under way already; nothing was started", Style::yellow));

  const Clock& clock = session.env().clock;
  TRY_ASSIGN(auto log, RunLog::load(log_of(job)));
  const TimePoint began = clock.now();
  const std::string run_name = schedule::name_of_run(job, log, began);
  if (!log || log->cron != job.cron || log->time_zone != job.time_zone) log = RunLog{job.cron, job.time_zone, began, {}, {}, 0, ""};
  log->began = began, log->ended.reset(), log->run_name = run_name;
  TRY(log->save(log_of(job)));

  const auto start = clock.steady();
  const auto [code, tries, is_late] = carry_out(session, job, run_name);
  const double seconds = std::chrono::duration<double>(clock.steady() - start).count();
  log->ended = clock.now(), log->exit_code = code;
  TRY(log->save(log_of(job)));
  answer.exit_code = code;
  answer.value["run_name"] = run_name, answer.value["tries"] = tries, answer.value["exit_code"] = code, answer.value["seconds"] = seconds;
  std::string end = run_name + " ended with exit code " + std::to_string(code) + " after " + human_duration(seconds);
  if (tries > 1) end += ", try " + std::to_string(tries);
  if (is_late) end += ": it was not done within its deadline of " + human_duration(static_cast<double>(job.deadline.count()));
  answer.line(std::move(end), code == 0 ? Style::green : Style::red);
  return answer;
}

Result<Answer> cmd_schedule_render(Session& session) {
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  TRY_ASSIGN(const auto jobs, jobs_asked_for(session));
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const schedule::Caller caller{pipeline.name, program.string(), session.project().string(), pipeline_options(session)};
  Answer answer(Json{{"for", session.arguments().value("--for")}, {"files", Json::array()}});
  std::vector<schedule::Unit> files;
  if (session.arguments().value("--for") == "cron") {
    TRY_ASSIGN(auto text, schedule::crontab(jobs, caller));
    files.push_back({"crontab", std::move(text)});
  } else {
    TRY_ASSIGN(files, schedule::systemd_units(jobs, caller));
  }
  const std::string output = session.arguments().value("--output");
  for (const auto& file : files) {
    answer.value["files"].push_back({{"name", file.file}, {"text", file.text}});
    if (output == "-") {
      answer.verbatim((files.size() > 1 ? "# " + file.file + "\n" : "") + file.text + (&file == &files.back() ? "" : "\n"));
      continue;
    }
    TRY(make_folders(output));
    TRY(write_file_atomically(fs::path(output) / file.file, file.text));
    answer.line("wrote " + (fs::path(output) / file.file).string());
  }
  // From now on each has a time to keep.
  for (const Job& job : jobs) {
    TRY_ASSIGN(auto log, RunLog::load(log_of(job)));
    if (log && log->cron == job.cron && log->time_zone == job.time_zone) continue;
    if (!log) log.emplace();
    log->cron = job.cron, log->time_zone = job.time_zone, log->since = session.env().clock.now();
    TRY(log->save(log_of(job)));
  }
  return answer;
}

}  // namespace mlopsctl::cli
