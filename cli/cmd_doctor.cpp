#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "cli/cmds.hpp"
#include "cli/version.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/git/provenance.hpp"

namespace mlopsctl::cli {

namespace {

constexpr uint64_t little_space = 1'000'000'000;  // bytes

Json check(const char* name, const char* state, std::string detail, std::string hint = "") {
  return {{"check", name}, {"state", state}, {"detail", std::move(detail)}, {"hint", hint.empty() ? Json() : Json(std::move(hint))}};
}

Json check_space(const std::filesystem::path& folder) {
  struct statvfs about {};
  if (::statvfs(folder.c_str(), &about) != 0) return check("disk space", "warn", "cannot be read");
  const uint64_t free = static_cast<uint64_t>(about.f_bavail) * about.f_frsize;
  if (free < little_space) return check("disk space", "fail", human_bytes(free) + " free", "free some space: mlopsctl cache gc");
  return check("disk space", "ok", human_bytes(free) + " free");
}

Json check_folder(const std::filesystem::path& folder) {
  if (::access(folder.c_str(), W_OK) == 0) return check("project folder", "ok", folder.string() + " is writable");
  return check("project folder", "fail", folder.string() + " is not writable", "make it writable for this user, or choose another with -C");
}

Json check_store(Session& session) {
  auto store = session.existing_store();
  if (!store.ok()) return check("store", "fail", store.error().message, store.error().hint);
  if (!*store) return check("store", "ok", "none yet; `mlopsctl run` makes it");
  auto runs = (*store)->runs("", 1);
  if (!runs.ok()) return check("store", "fail", runs.error().message, runs.error().hint);
  return check("store", "ok", (*store)->folder().string() + (runs->empty() ? "; no runs" : "; last run " + runs->front().id));
}

Json check_pipeline(Session& session) {
  std::error_code ignored;
  if (!std::filesystem::exists("pipeline.yaml", ignored)) return check("pipeline.yaml", "ok", "none here; `mlopsctl init` writes one");
  const auto pipeline = session.pipeline();
  if (!pipeline.ok()) return check("pipeline.yaml", "fail", pipeline.error().message, "see all faults: mlopsctl validate");
  return check("pipeline.yaml", "ok", "valid, " + count_of(pipeline->stages.size(), "stage"));
}

Json check_git(const std::filesystem::path& project) {
  const auto provenance = git::provenance_of(project);
  if (provenance.commit.empty()) return check("git", "warn", "not in a repository with a commit: runs record no commit", "git init && git add . && git commit");
  return check("git", "ok", "commit " + provenance.commit.substr(0, 12) + (provenance.dirty ? ", with changes" : ""));
}

Json check_files_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 256) return check("open files", "warn", "at most " + std::to_string(limit.rlim_cur), "ulimit -n 1024");
  return check("open files", "ok", limit.rlim_cur == RLIM_INFINITY ? "no limit" : "at most " + std::to_string(limit.rlim_cur));
}

Json check_clock(const Clock& clock) {
  const auto year = rfc3339(clock.now()).substr(0, 4);
  if (year < "2024") return check("clock", "warn", "it says the year is " + year, "set the clock: run ids are made from it");
  return check("clock", "ok", rfc3339(clock.now()).substr(0, 19) + "Z");
}

// A tool on the PATH that some commands hand work to; nothing here needs it.
Json check_tool(Session& session, const char* name, const char* wanted_for) {
  const std::string path = session.env().variables("PATH").value_or("");
  for (size_t from = 0; from <= path.size();) {
    const size_t colon = std::min(path.find(':', from), path.size());
    const std::string file = path.substr(from, colon - from) + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return check(name, "ok", file);
    from = colon + 1;
  }
  return check(name, "ok", std::string("not found; wanted only ") + wanted_for);
}

}  // namespace

Result<Answer> cmd_doctor(Session& session) {
  const Json info = version_info();
  Json checks = Json::array();
  checks.push_back(
      check("mlopsctl", "ok", info["version"].get<std::string>() + ", " + info["compiler"].get<std::string>() + ", " + info["build"].get<std::string>()));
  checks.push_back(check("processors", "ok", std::to_string(std::max(1u, std::thread::hardware_concurrency()))));
  checks.push_back(check_space(session.project()));
  checks.push_back(check_folder(session.project()));
  checks.push_back(check_store(session));
  checks.push_back(check_pipeline(session));
  checks.push_back(check_git(session.project()));
  checks.push_back(check_files_limit());
  checks.push_back(check_clock(session.env().clock));
  checks.push_back(check_tool(session, "kubectl", "to apply what `mlopsctl render` prints"));

  Answer answer(Json{{"checks", checks}});
  const auto count = [&](std::string_view state) {
    return std::count_if(checks.begin(), checks.end(), [&](const Json& row) { return row["state"] == state; });
  };
  const auto bad = count("fail"), warned = count("warn");
  answer.value["healthy"] = bad == 0;
  answer.table("checks", {{"check", "CHECK"}, {"state", "STATE", As::state}, {"detail", "WHAT WAS FOUND"}});
  for (const auto& row : checks) {
    if (!row["hint"].is_null()) answer.line("hint for " + row["check"].get<std::string>() + ": " + row["hint"].get<std::string>());
  }
  answer.line(bad == 0 ? (warned == 0 ? "all is well" : "all is well, with " + count_of(warned, "remark"))
                       : std::to_string(bad) + (bad == 1 ? " thing needs attention" : " things need attention"),
              bad == 0 ? Style::green : Style::red);
  answer.exit_code = bad == 0 ? 0 : 1;
  return answer;
}

}  // namespace mlopsctl::cli
