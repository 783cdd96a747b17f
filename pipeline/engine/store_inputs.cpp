// Digests of files that come from outside, remembered so that unchanged files are not read again.
#include <sys/stat.h>

#include <algorithm>
#include <system_error>

#include "pipeline/engine/store_impl.hpp"

namespace mlopsctl::engine {

namespace fs = std::filesystem;

namespace {

int64_t nanoseconds(const struct timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

Result<StoreImpl::InputMemory> look_at(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return io_error("open", path.string(), errno);
  StoreImpl::InputMemory memory;
  memory.path = path.string();
  memory.size = info.st_size;
  memory.mtime = nanoseconds(info.st_mtim);
  memory.ctime = nanoseconds(info.st_ctim);
  memory.inode = static_cast<int64_t>(info.st_ino);
  return memory;
}

bool same(const StoreImpl::InputMemory& a, const StoreImpl::InputMemory& b) {
  return a.size == b.size && a.mtime == b.mtime && a.ctime == b.ctime && a.inode == b.inode;
}

// git calls this racy: a write within the clock's grain of the last one may leave size and times as they were.
bool too_young(const StoreImpl::InputMemory& memory, TimePoint now) {
  const int64_t now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  return now_ns - std::max(memory.mtime, memory.ctime) < 2'000'000'000;
}

Result<Digest> digest_of_one(StoreImpl& impl, const fs::path& path) {
  TRY_ASSIGN(StoreImpl::InputMemory seen, look_at(path));
  {
    Query query = impl.db->query("SELECT size, mtime, ctime, inode, digest FROM inputs WHERE path = ?", std::string_view(seen.path));
    if (query.next()) {
      const StoreImpl::InputMemory known{seen.path, query.integer(0), query.integer(1), query.integer(2), query.integer(3), {}};
      if (same(known, seen)) return Digest::parse("sha256:" + std::string(query.text(4)));
    }
    TRY(query.status());
  }
  TRY_ASSIGN(seen.digest, digest_of_file(path));
  TRY_ASSIGN(const StoreImpl::InputMemory after, look_at(path));
  const Digest digest = seen.digest;
  if (same(seen, after) && !too_young(seen, impl.clock.now())) impl.inputs_to_remember.push_back(std::move(seen));
  return digest;
}

}  // namespace

Result<Digest> Store::digest_of_input(const fs::path& path) {
  std::error_code fault;
  const fs::path absolute = fs::absolute(path, fault).lexically_normal();
  Digest digest;
  if (fs::is_directory(absolute, fault)) {
    TRY_ASSIGN(const auto files, list_files(absolute));
    std::vector<FileDigest> digests;
    for (const auto& file : files) {
      TRY_ASSIGN(const Digest one, digest_of_one(*impl_, absolute / file.relative));
      digests.push_back({file.relative, file.executable, one});
    }
    digest = digest_of_folder(digests);
  } else {
    TRY_ASSIGN(digest, digest_of_one(*impl_, absolute));
  }
  if (impl_->reading_depth == 0) (void)impl_->remember_inputs();  // a memory for speed only
  return digest;
}

Status StoreImpl::remember_inputs() {
  if (inputs_to_remember.empty()) return {};
  const auto inputs = std::exchange(inputs_to_remember, {});
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*db));
  for (const auto& input : inputs) {
    TRY(db->query("INSERT OR REPLACE INTO inputs (path, size, mtime, ctime, inode, digest) VALUES (?, ?, ?, ?, ?, ?)", std::string_view(input.path), input.size,
                  input.mtime, input.ctime, input.inode, std::string_view(input.digest.hex()))
            .run());
  }
  return transaction.commit();
}

}  // namespace mlopsctl::engine
