#include "pipeline/engine/leftovers.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <system_error>
#include <vector>

namespace mlopsctl::engine {

namespace fs = std::filesystem;

namespace {

constexpr auto kept_for = std::chrono::hours(7 * 24);

// Between making a folder and locking it, or locking it and removing it, somebody else could do either: all of it happens under this lock.
Result<FileLock> lock_all(const fs::path& store_folder) {
  TRY(make_folders(store_folder / "locks"));
  return FileLock::lock(store_folder / "locks" / "checkpoints.lock", FileLock::Mode::exclusive);
}

// Locks of files do not tell the threads of one process apart; this does. Its mutex is held over the file locks for the same reason.
struct InUse {
  std::mutex mutex;
  std::set<fs::path> folders;
};
InUse& in_use() {
  static InUse here;
  return here;
}

Result<std::optional<FileLock>> lock_folder(const fs::path& folder) { return FileLock::try_lock(folder / "lock", FileLock::Mode::exclusive); }

struct Seen {
  timespec newest{};
  int64_t bytes = 0;
};

Seen look_at(const fs::path& path) {
  Seen seen;
  const auto look = [&](const fs::path& file) {
    struct stat status {};
    if (::lstat(file.c_str(), &status) != 0) return;
    if (S_ISREG(status.st_mode)) seen.bytes += status.st_size;
    if (status.st_mtim.tv_sec > seen.newest.tv_sec) seen.newest = status.st_mtim;
  };
  look(path);
  std::error_code fault;
  if (!fs::is_directory(path, fault)) return seen;
  for (fs::recursive_directory_iterator entry(path, fault), end; !fault && entry != end; entry.increment(fault)) look(entry->path());
  return seen;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code fault;
  for (fs::directory_iterator entry(folder, fault), end; !fault && entry != end; entry.increment(fault)) found.push_back(entry->path());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

fs::path checkpoints_of(const fs::path& store_folder, const CacheKey& key) { return store_folder / "checkpoints" / key.value.hex(); }

Result<std::optional<Checkpoints>> Checkpoints::take(const fs::path& folder) {
  const std::lock_guard guard(in_use().mutex);
  if (in_use().folders.contains(folder)) return std::optional<Checkpoints>();
  TRY_ASSIGN(const FileLock all, lock_all(folder.parent_path().parent_path()));
  TRY(make_folders(folder));
  TRY_ASSIGN(auto lock, lock_folder(folder));
  if (!lock) return std::optional<Checkpoints>();
  in_use().folders.insert(folder);
  return std::optional<Checkpoints>(Checkpoints(folder, std::move(*lock)));
}

Checkpoints::Checkpoints(Checkpoints&& other) noexcept : folder_(std::move(other.folder_)), lock_(std::move(other.lock_)) { other.folder_.clear(); }

Checkpoints::~Checkpoints() {
  if (folder_.empty()) return;
  const std::lock_guard guard(in_use().mutex);
  lock_.reset();  // first: closing the file would free a lock that another thread had taken meanwhile
  in_use().folders.erase(folder_);
}

Status drop_checkpoints(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) return {};
  const std::lock_guard guard(in_use().mutex);
  if (in_use().folders.contains(folder)) return {};
  TRY_ASSIGN(const FileLock all, lock_all(folder.parent_path().parent_path()));
  if (!fs::exists(folder, ignored)) return {};
  TRY_ASSIGN(const auto lock, lock_folder(folder));
  return lock ? mlopsctl::remove_all(folder) : Status{};
}

fs::path memo_file(const fs::path& folder, const Digest& of) {
  fs::path file = folder / of.hex();
  ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0);
  return file;
}

Result<Leftovers> remove_leftovers(const fs::path& store_folder, TimePoint now, bool dry_run) {
  Leftovers found;
  const auto limit = std::chrono::system_clock::to_time_t(now - kept_for);
  const auto old = [&](const fs::path& path) {
    const Seen seen = look_at(path);
    if (seen.newest.tv_sec >= limit) return false;
    ++found.removed;
    found.removed_bytes += seen.bytes;
    return true;
  };
  for (const fs::path& file : entries_of(store_folder / "memo"))
    if (old(file) && !dry_run) TRY(mlopsctl::remove_all(file));
  const std::vector<fs::path> folders = entries_of(store_folder / "checkpoints");
  if (folders.empty()) return found;
  const std::lock_guard guard(in_use().mutex);
  TRY_ASSIGN(const FileLock all, lock_all(store_folder));
  for (const fs::path& folder : folders) {
    if (in_use().folders.contains(folder)) continue;
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) continue;
    TRY_ASSIGN(const auto lock, lock_folder(folder));
    if (lock && old(folder) && !dry_run) TRY(mlopsctl::remove_all(folder));
  }
  return found;
}

}  // namespace mlopsctl::engine
