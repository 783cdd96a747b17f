// Aliases: names for models, kept as an append-only journal of JSON lines. Everything else under .mlopsctl can be made again by
// running; who was released when cannot, so it does not share the index's fate.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "pipeline/engine/plan_json.hpp"
#include "pipeline/engine/store_impl.hpp"

namespace mlopsctl::engine {

namespace fs = std::filesystem;

namespace {

std::string line_of(const AliasEntry& entry) {
  return canonical(
      {{"alias", entry.alias}, {"version", entry.version}, {"model", entry.model.str()}, {"at", entry.at}, {"run_id", entry.run_id}, {"action", entry.action}});
}

Result<AliasEntry> entry_from(std::string_view line, const std::string& where) {
  TRY_ASSIGN(const Json json, parse_json(line, where));
  try {
    AliasEntry entry;
    entry.alias = json.at("alias").get<std::string>();
    entry.version = json.at("version").get<int64_t>();
    entry.model = digest_from_json(json.at("model"));
    entry.at = json.at("at").get<std::string>();
    entry.run_id = json.at("run_id").get<std::string>();
    entry.action = json.at("action").get<std::string>();
    return entry;
  } catch (const Json::exception& fault) { return stage_error(where + ": " + fault.what()); }
}

struct Journal {
  std::vector<AliasEntry> entries;  // oldest first
  bool torn = false;                // the last line has no end: its writer was cut off
};

Result<Journal> read_journal(const fs::path& path) {
  Journal journal;
  if (::access(path.c_str(), F_OK) != 0) return journal;
  TRY_ASSIGN(const std::string text, read_file(path));
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      journal.torn = true;
      break;
    }
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    auto entry = entry_from(line, path.string() + ":" + std::to_string(number));
    // A line that was cut off stands alone: the next writer began a new one.
    if (!entry && line.find('}') == std::string_view::npos) continue;
    if (!entry) return std::move(entry).error().with_hint("restore the line from a backup, or remove it: aliases written after it are kept");
    journal.entries.push_back(std::move(*entry));
  }
  return journal;
}

}  // namespace

Result<AliasEntry> Store::set_alias(std::string_view alias, const Digest& model, std::string_view run_id, std::string_view action) {
  TRY(flush());  // an alias outlives a power failure, and so must what it names
  const fs::path path = impl_->folder / "aliases.jsonl";
  TRY_ASSIGN(const FileLock lock, FileLock::lock(impl_->folder / "locks" / "aliases.lock", FileLock::Mode::exclusive));
  TRY_ASSIGN(const Journal journal, read_journal(path));
  AliasEntry entry{1, std::string(alias), model, rfc3339(impl_->clock.now()), std::string(run_id), std::string(action)};
  for (const auto& old : journal.entries)
    if (old.alias == alias) entry.version = std::max(entry.version, old.version + 1);

  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file.valid()) return io_error("open", path.string(), errno);
  const std::string line = (journal.torn ? "\n" : "") + line_of(entry) + "\n";
  struct stat before {};
  if (::fstat(file.get(), &before) != 0) return io_error("stat", path.string(), errno);
  const ssize_t written = ::write(file.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    const int fault = written < 0 ? errno : ENOSPC;
    (void)::ftruncate(file.get(), before.st_size);
    return io_error("write", path.string(), fault);
  }
  if (::fsync(file.get()) != 0) return io_error("flush", path.string(), errno);
  if (before.st_size == 0) TRY(sync_path(impl_->folder));
  return entry;
}

Result<std::optional<AliasEntry>> Store::alias(std::string_view alias) {
  TRY_ASSIGN(auto history, alias_history(alias));
  if (history.empty() || alias.empty()) return std::optional<AliasEntry>();
  return std::optional<AliasEntry>(std::move(history.front()));
}

Result<std::vector<AliasEntry>> Store::alias_history(std::string_view alias) {
  TRY_ASSIGN(Journal journal, read_journal(impl_->folder / "aliases.jsonl"));
  std::vector<AliasEntry> history;
  for (auto entry = journal.entries.rbegin(); entry != journal.entries.rend(); ++entry)
    if (alias.empty() || entry->alias == alias) history.push_back(std::move(*entry));
  return history;
}

}  // namespace mlopsctl::engine
