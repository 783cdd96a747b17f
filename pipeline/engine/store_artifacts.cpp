// Artifacts on disk: adopting, flushing, setting damaged ones apart.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "pipeline/engine/store_impl.hpp"

namespace mlopsctl::engine {

namespace fs = std::filesystem;

namespace {

// Files lose their write permission; folders keep it, so that gc and `rm -r` need no preparation.
Status make_read_only(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return io_error("stat", path.string(), errno);
  if (!S_ISDIR(info.st_mode)) {
    if (::chmod(path.c_str(), (info.st_mode & 0111) != 0 ? 0555 : 0444) != 0) return io_error("set the mode of", path.string(), errno);
    return {};
  }
  std::error_code fault;
  for (fs::directory_iterator entry(path, fault), end; !fault && entry != end; entry.increment(fault)) TRY(make_read_only(entry->path()));
  if (fault) return io_error("list", path.string(), fault.value());
  return {};
}

Result<uint64_t> size_of(const fs::path& path) {
  std::error_code fault;
  if (!fs::is_directory(path, fault)) {
    const uint64_t size = fs::file_size(path, fault);
    if (fault) return io_error("stat", path.string(), fault.value());
    return size;
  }
  uint64_t total = 0;
  for (fs::recursive_directory_iterator entry(path, fault), end; !fault && entry != end; entry.increment(fault))
    if (entry->is_regular_file(fault)) total += entry->file_size(fault);
  if (fault) return io_error("list", path.string(), fault.value());
  return total;
}

}  // namespace

Result<Artifact> Store::adopt(const fs::path& scratch, std::string name, std::string type, Flush flush) {
  TRY_ASSIGN(const Digest digest, digest_of_path(scratch));
  TRY_ASSIGN(const uint64_t size, size_of(scratch));
  Artifact artifact{std::move(name), std::move(type), digest, size};
  const bool later = flush == Flush::later && !impl_->boot.empty();

  TRY_ASSIGN(const CommitLock lock, commit_lock());
  const fs::path target = impl_->path_of(digest);
  if (impl_->has(digest)) {
    const auto kept = digest_of_path(target);  // a power failure may have left a husk under this name
    if (kept && *kept == digest) {
      if (later) impl_->unflushed.push_back(digest);
      TRY(mlopsctl::remove_all(scratch));
      return artifact;
    }
    TRY(impl_->quarantine(digest));
  }

  TRY(make_read_only(scratch));
  if (!later) TRY(sync_tree(scratch));
  if (::mkdir(target.parent_path().c_str(), 0755) == 0) {
    if (!later) TRY(sync_path(impl_->folder / "store"));
  } else if (errno != EEXIST) {
    return io_error("make folder", target.parent_path().string(), errno);
  }
  if (::rename(scratch.c_str(), target.c_str()) != 0) {
    const int fault = errno;
    // Another process has adopted the same folder in this moment.
    if ((fault == ENOTEMPTY || fault == EEXIST) && impl_->has(digest)) TRY(mlopsctl::remove_all(scratch));
    else return io_error("move into the store", scratch.string(), fault);
  }
  if (later) impl_->unflushed.push_back(digest);
  else TRY(sync_path(target.parent_path()));
  return artifact;
}

size_t Store::unflushed() const { return impl_->unflushed.size(); }

Status Store::flush() {
  if (impl_->unflushed.empty() && impl_->unflushed_rows.empty()) return {};
  const auto digests = std::exchange(impl_->unflushed, {});
  const auto rows = std::exchange(impl_->unflushed_rows, {});

  // A few files are flushed one by one; for many, one sweep of the file system is cheaper (and, since Linux 5.8, as honest about
  // failed writes).
  constexpr size_t few = 4;
  const Status flushed = [&]() -> Status {
    if (digests.size() > few) {
      if (::syncfs(impl_->store_fd.get()) != 0) return io_error("flush", (impl_->folder / "store").string(), errno);
      return {};
    }
    for (const auto& digest : digests) {
      TRY(sync_tree(impl_->path_of(digest)));
      TRY(sync_path(impl_->path_of(digest).parent_path()));
    }
    if (!digests.empty()) TRY(sync_path(impl_->folder / "store"));
    return {};
  }();
  if (!flushed) {
    for (const int64_t row : rows) (void)impl_->forget_row(row);
    return flushed;
  }
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*impl_->db));
  for (const int64_t row : rows) TRY(impl_->db->query("UPDATE results SET boot = '' WHERE id = ?", row).run());
  return transaction.commit();
}

Status StoreImpl::quarantine(const Digest& digest) {
  const fs::path from = path_of(digest);
  std::error_code fault;
  for (int n = 0;; ++n) {
    const fs::path to = folder / "quarantine" / (digest.hex() + (n == 0 ? "" : "-" + std::to_string(n)));
    if (fs::exists(fs::symlink_status(to, fault))) continue;
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) return io_error("move to quarantine", from.string(), errno);
    return {};
  }
}

}  // namespace mlopsctl::engine
