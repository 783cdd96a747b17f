#include "pipeline/engine/store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/engine/index_schema.hpp"
#include "pipeline/engine/store_impl.hpp"

namespace mlopsctl::engine {

namespace fs = std::filesystem;

namespace {

std::string boot_id() {
  auto text = read_file("/proc/sys/kernel/random/boot_id");
  if (!text) return "";
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *text;
}

Status make_layout(const fs::path& folder) {
  const bool is_new = ::access((folder / "store").c_str(), F_OK) != 0;
  for (const char* part : {"store", "tmp", "locks", "quarantine"}) {
    if (::mkdir((folder / part).c_str(), 0755) == 0 || errno == EEXIST) continue;
    if (errno != ENOENT && errno != ENOTDIR) return io_error("make folder", (folder / part).string(), errno);
    TRY(make_folders(folder / part));
  }
  if (is_new) TRY(write_file(folder / ".gitignore", "*\n"));
  return {};
}

}  // namespace

Store::Store(std::unique_ptr<StoreImpl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() {
  if (impl_ && impl_->db && impl_->db->damaged()) mark_damaged(impl_->folder);
}

Result<Store> Store::open(const fs::path& project, const Clock& clock) {
  std::error_code ignored;
  auto impl = std::make_unique<StoreImpl>((fs::absolute(project, ignored) / ".mlopsctl").lexically_normal(), clock);
  TRY(make_layout(impl->folder));
  impl->boot = boot_id();
  impl->store_fd = FileDescriptor(::open((impl->folder / "store").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!impl->store_fd.valid()) return io_error("open", (impl->folder / "store").string(), errno);
  TRY_ASSIGN(impl->db, open_index(impl->folder, impl->warnings));
  return Store(std::move(impl));
}

Result<std::optional<Store>> Store::open_existing(const fs::path& project, const Clock& clock) {
  std::error_code ignored;
  if (!fs::exists(project / ".mlopsctl" / "store", ignored)) return std::optional<Store>();
  TRY_ASSIGN(Store store, open(project, clock));
  return std::optional<Store>(std::move(store));
}

const fs::path& Store::folder() const { return impl_->folder; }
const std::vector<std::string>& Store::warnings() const { return impl_->warnings; }

Result<Store::CommitLock> Store::commit_lock() {
  if (impl_->commit_depth == 0) {
    TRY_ASSIGN(FileLock lock, FileLock::lock(impl_->folder / "locks" / "store.lock", FileLock::Mode::shared));
    impl_->commit.emplace(std::move(lock));
  }
  ++impl_->commit_depth;
  return CommitLock(impl_.get());
}

Store::CommitLock::~CommitLock() {
  if (impl_ != nullptr && --impl_->commit_depth == 0) impl_->commit.reset();
}

Store::Reading Store::read_together() {
  // Should this fail, each look-up is its own transaction and says what is wrong.
  if (impl_->reading_depth++ == 0) (void)impl_->db->run("BEGIN");
  return Reading(impl_.get());
}

Store::Reading::~Reading() {
  if (impl_ == nullptr || --impl_->reading_depth != 0) return;
  (void)impl_->db->run("COMMIT");
  (void)impl_->remember_inputs();  // a memory for speed only
}

fs::path StoreImpl::path_of(const Digest& digest) const {
  const std::string hex = digest.hex();
  return folder / "store" / hex.substr(0, 2) / hex.substr(2);
}

bool StoreImpl::has(const Digest& digest) const {
  const std::string hex = digest.hex();
  // From the open folder: a run with nothing to do asks a thousand times.
  return ::faccessat(store_fd.get(), (hex.substr(0, 2) + "/" + hex.substr(2)).c_str(), F_OK, 0) == 0;
}

fs::path Store::path_of(const Digest& digest) const { return impl_->path_of(digest); }
bool Store::has(const Digest& digest) const { return impl_->has(digest); }

}  // namespace mlopsctl::engine
