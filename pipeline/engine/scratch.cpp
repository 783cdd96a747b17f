#include "pipeline/engine/scratch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

namespace mlopsctl::engine {

namespace fs = std::filesystem;

namespace {

// Between making a folder and locking it, a sweeper could take it for rubbish: both happen under this lock.
Result<FileLock> lock_tmp(const fs::path& store_folder) { return FileLock::lock(store_folder / "locks" / "tmp.lock", FileLock::Mode::exclusive); }

// Folders in tmp/ with whether a live process holds them.
template <typename Visit>
Status each(const fs::path& store_folder, Visit visit) {
  std::error_code fault;
  for (fs::directory_iterator entry(store_folder / "tmp", fault), end; !fault && entry != end; entry.increment(fault)) {
    if (!entry->is_directory(fault)) {
      visit(entry->path(), false);
      continue;
    }
    auto lock = FileLock::try_lock(entry->path() / "lock", FileLock::Mode::exclusive);
    if (!lock) return std::move(lock).error();
    visit(entry->path(), !lock->has_value());
  }
  if (fault) return io_error("list", (store_folder / "tmp").string(), fault.value());
  return {};
}

}  // namespace

Result<Scratch> Scratch::create(const fs::path& store_folder, const std::string& run_id) {
  TRY_ASSIGN(const FileLock tmp, lock_tmp(store_folder));
  fs::path folder = store_folder / "tmp" / run_id;
  if (::mkdir(folder.c_str(), 0755) != 0) return io_error("make folder", folder.string(), errno);
  TRY_ASSIGN(FileLock lock, FileLock::lock(folder / "lock", FileLock::Mode::exclusive));
  FileDescriptor roots(::open((folder / "roots").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!roots.valid()) return io_error("create", (folder / "roots").string(), errno);
  return Scratch(std::move(folder), std::move(lock), std::move(roots));
}

Scratch::Scratch(Scratch&& other) noexcept : folder_(std::move(other.folder_)), lock_(std::move(other.lock_)), roots_(std::move(other.roots_)) {
  other.folder_.clear();
}

Scratch::~Scratch() {
  if (!folder_.empty()) (void)mlopsctl::remove_all(folder_);  // what stays is swept by the next run
}

Status Scratch::keep(const Digest& digest) {
  const std::string line = digest.str() + "\n";
  const ssize_t written = ::write(roots_.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) return io_error("write", (folder_ / "roots").string(), written < 0 ? errno : ENOSPC);
  return {};
}

Status sweep_scratch(const fs::path& store_folder) {
  std::error_code fault;
  if (fs::directory_iterator(store_folder / "tmp", fault) == fs::directory_iterator()) return {};
  TRY_ASSIGN(const FileLock tmp, lock_tmp(store_folder));
  std::vector<fs::path> rubbish;
  TRY(each(store_folder, [&](const fs::path& path, bool live) {
    if (!live) rubbish.push_back(path);
  }));
  for (const auto& path : rubbish) TRY(mlopsctl::remove_all(path));
  return {};
}

Result<std::set<Digest>> live_roots(const fs::path& store_folder) {
  std::set<Digest> roots;
  TRY_ASSIGN(const FileLock tmp, lock_tmp(store_folder));
  std::vector<fs::path> files;
  TRY(each(store_folder, [&](const fs::path& path, bool live) {
    if (live) files.push_back(path / "roots");
  }));
  for (const auto& file : files) {
    if (::access(file.c_str(), F_OK) != 0) continue;
    TRY_ASSIGN(const std::string text, read_file(file));
    std::string_view rest = text;
    for (size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      if (const auto digest = Digest::parse(rest.substr(0, end))) roots.insert(*digest);
      rest.remove_prefix(end + 1);
    }
  }
  return roots;
}

}  // namespace mlopsctl::engine
