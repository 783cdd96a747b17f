#include "stages/retrain/swap.hpp"

#include <algorithm>

namespace mlopsctl::retrain {

namespace fs = std::filesystem;

namespace {

Result<std::optional<Digest>> digest_there(const fs::path& path) {
  std::error_code absent;
  if (!fs::exists(path, absent)) return std::optional<Digest>();
  TRY_ASSIGN(const Digest digest, digest_of_file(path));
  return std::optional(digest);
}

Status copied(const fs::path& from, const fs::path& to) {
  TRY_ASSIGN(const auto source, MappedFile::open(from));
  return write_file_atomically(to, source.bytes());
}

}  // namespace

Result<Swap::Prepared> Swap::prepare(const Journal& journal, TimePoint at, const CancelToken& cancel) const {
  Prepared prepared;
  TRY(make_folders(folder_));
  for (const WindowPolicy& window : policy_.windows) {
    const fs::path file = project_ / window.path;
    TRY_ASSIGN(const auto before, digest_there(file));
    if (before && !journal.wrote(window.input, *before))
      return config_error(window.path.string() + " was not written by retrain, and the window of " + window.input + " would replace it")
          .with_hint("let inputs." + window.input + ".path name a file that is not there yet, and name " + window.path.string() + " in retrain.windows." +
                     window.input + ".from");
    if (before) TRY(copied(file, folder_ / (window.input + ".before")));
    TRY_ASSIGN(auto chosen, write_window(window, project_, at, policy_.seed, folder_ / (window.input + ".next"), cancel));
    prepared.windows.push_back({window.input, chosen.digest, before, chosen.rows, chosen.older});
    prepared.chosen.push_back(chosen);
  }
  return prepared;
}

Status Swap::bring(const Attempt::Written& written, bool back) const {
  const std::string& input = written.input;
  const Digest digest = back ? *written.before : written.digest;
  const auto window = std::find_if(policy_.windows.begin(), policy_.windows.end(), [&](const WindowPolicy& each) { return each.input == input; });
  if (window == policy_.windows.end())
    return stage_error("the training that is under way has a window of " + input + ", and the pipeline file has none any more");
  const fs::path file = project_ / window->path, kept = folder_ / (input + (back ? ".before" : ".next"));
  TRY_ASSIGN(const auto there, digest_there(file));
  if (there == digest) return {};
  if (there && there != written.before && there != written.digest)
    return config_error(window->path.string() + " was changed while the training was under way, and the window of " + input + " would replace it")
        .with_hint("move it to another place and call retrain again");
  TRY_ASSIGN(const auto found, digest_there(kept));
  if (found != digest)
    return stage_error(kept.string() + (found ? " has been changed" : " is gone") + "; the training cannot go on with the rows that were chosen for it");
  TRY(make_folders(file.parent_path()));
  sweep_temporaries(file.parent_path(), file.filename().string() + ".");  // of one that was killed
  return copied(kept, file);
}

Status Swap::install(const Attempt& attempt) const {
  for (const auto& window : attempt.windows) TRY(bring(window, false));
  return {};
}

Status Swap::put_back(const Attempt& attempt) const {
  Status all;
  for (const auto& window : attempt.windows)
    if (window.before)
      if (Status one = bring(window, true); !one && all) all = std::move(one);
  return all;
}

}  // namespace mlopsctl::retrain
