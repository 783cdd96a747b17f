#include "cli/releases.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "pipeline/base/files.hpp"

namespace mlopsctl::cli {

namespace fs = std::filesystem;

namespace {

constexpr int runs_looked_at = 200;

fs::path link_of(const engine::Store& store, const std::string& name) { return store.folder() / "releases" / name; }

// Relative, so that the project folder can be moved.
fs::path target_of(const engine::Store& store, const Digest& release) { return fs::path("..") / store.path_of(release).lexically_relative(store.folder()); }

Status link(const engine::Store& store, const std::string& name, const Digest& release) {
  const fs::path path = link_of(store, name), target = target_of(store, release);
  std::error_code absent;
  if (!can_name_a_file(name) || fs::read_symlink(path, absent) == target) return {};
  TRY(make_folders(path.parent_path()));
  const fs::path temporary = path.parent_path() / ("." + name + "." + std::to_string(::getpid()));
  ::unlink(temporary.c_str());
  if (::symlink(target.c_str(), temporary.c_str()) != 0) return io_error("make link", temporary.string(), errno);
  if (::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const int fault = errno;
  ::unlink(temporary.c_str());
  return io_error("make link", path.string(), fault);
}

struct Release {
  std::string alias, model;
  Digest digest;
};

// What the stage released, if it did.
std::optional<Release> release_of(engine::Store& store, const engine::StageRun& stage) {
  if (stage.state != engine::StageState::reused && stage.state != engine::StageState::succeeded) return std::nullopt;
  const auto release = std::find_if(stage.artifacts.begin(), stage.artifacts.end(), [](const auto& artifact) { return artifact.type == "release"; });
  if (release == stage.artifacts.end()) return std::nullopt;
  const Json summary = release_summary(store, stage);
  if (!summary.is_object() || !summary.value("alias", Json()).is_string() || !summary.value("model", Json()).is_string()) return std::nullopt;
  return Release{summary["alias"], summary["model"], release->digest};
}

}  // namespace

Json release_summary(engine::Store& store, const engine::StageRun& stage) {
  if (!stage.report.summary.empty() || !stage.key) return stage.report.summary;
  const auto stored = store.find(*stage.key);
  return stored && *stored ? (*stored)->report.summary : Json();
}

bool can_name_a_file(const std::string& name) {
  const auto letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 200 && letter_or_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

fs::path release_path(const engine::Store& store, const std::string& name, const Digest& release) {
  std::error_code absent;
  if (can_name_a_file(name) && fs::read_symlink(link_of(store, name), absent) == target_of(store, release)) return link_of(store, name);
  return store.path_of(release);
}

Status link_releases(engine::Store& store, const engine::RunRecord& record) {
  for (const auto& stage : record.stages) {
    const auto release = release_of(store, stage);
    if (!release) continue;
    TRY_ASSIGN(const auto entry, store.alias(release->alias));
    const bool local = !stage.report.publications.empty();
    if (local && (!entry || entry->model.str() != release->model)) continue;
    TRY(link(store, release->alias, release->digest));
  }
  return {};
}

Status relink_release(engine::Store& store, const std::string& alias) {
  std::error_code ignored;
  if (!can_name_a_file(alias) || !fs::is_symlink(link_of(store, alias), ignored)) return {};
  TRY_ASSIGN(const auto entry, store.alias(alias));
  TRY_ASSIGN(const auto runs, store.runs("", runs_looked_at));
  for (const auto& run : runs)
    for (const auto& stage : run.stages)
      if (const auto release = release_of(store, stage);
          release && entry && release->alias == alias && release->model == entry->model.str() && store.has(release->digest))
        return link(store, alias, release->digest);
  if (::unlink(link_of(store, alias).c_str()) != 0 && errno != ENOENT) return io_error("remove", link_of(store, alias).string(), errno);
  return {};
}

}  // namespace mlopsctl::cli
