#include "pipeline/base/files.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mlopsctl {

namespace fs = std::filesystem;

namespace {

Status write_fully(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("write", path.string(), errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Status close_checked(FileDescriptor& file, const fs::path& path) {
  // NFS and quota report a failed write only here.
  if (::close(file.release()) != 0 && errno != EINTR) return io_error("close", path.string(), errno);
  return {};
}

constexpr std::string_view temporary_ending = ".tmp";

// Unique within the machine: the process id and a counter; the random part is not needed because O_EXCL decides.
fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  return path.parent_path() /
         ("." + path.filename().string() + "." + std::to_string(::getpid()) + "-" + std::to_string(counter++) + std::string(temporary_ending));
}

// ".<target>.<pid>-<number>.tmp"
bool is_temporary(std::string_view name, std::string_view target) {
  if (!name.starts_with('.') || !name.ends_with(temporary_ending) || !name.substr(1).starts_with(target)) return false;
  name.remove_suffix(temporary_ending.size());
  const size_t dot = name.rfind('.');
  const std::string_view writer = name.substr(dot + 1);
  return dot > 0 && writer.find('-') != std::string_view::npos && writer.find_first_not_of("0123456789-") == std::string_view::npos;
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

std::string stamp_of(const std::vector<fs::path>& paths) {
  std::string stamp;
  for (const auto& path : paths) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) continue;
    stamp += std::to_string(found.st_ino) + ":" + std::to_string(found.st_size) + ":" + std::to_string(found.st_mtim.tv_sec) + "." +
             std::to_string(found.st_mtim.tv_nsec) + " ";
  }
  return stamp;
}

Status write_at(const FileDescriptor& file, std::string_view bytes, uint64_t offset, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return io_error("write", path.string(), wrote == 0 ? ENOSPC : errno);
    bytes.remove_prefix(static_cast<size_t>(wrote));
    offset += static_cast<uint64_t>(wrote);
  }
  return {};
}

Result<std::string> read_file(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return io_error("open", path.string(), errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return io_error("stat", path.string(), errno);
  if (S_ISDIR(info.st_mode)) return io_error("read", path.string(), EISDIR);
  std::string bytes;
  bytes.resize(static_cast<size_t>(info.st_size));
  size_t have = 0;
  while (true) {
    if (have == bytes.size()) bytes.resize(bytes.size() + 4096);  // pipes and /proc say size 0
    const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", path.string(), errno);
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

Result<MappedFile> MappedFile::open(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return io_error("open", path.string(), errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return io_error("stat", path.string(), errno);
  if (!S_ISREG(info.st_mode)) return io_error("map", path.string(), S_ISDIR(info.st_mode) ? EISDIR : ENODEV);
  MappedFile view;
  if (info.st_size == 0) return view;
  void* data = ::mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return io_error("map", path.string(), errno);
  ::madvise(data, static_cast<size_t>(info.st_size), MADV_SEQUENTIAL);
  view.data_ = static_cast<const char*>(data);
  view.size_ = static_cast<size_t>(info.st_size);
  return view;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Result<AtomicFile> AtomicFile::create(const fs::path& path, mode_t mode) {
  while (true) {
    AtomicFile file;
    file.target_ = path;
    const fs::path temporary = temporary_beside(path);
    file.file_ = FileDescriptor(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!file.file_.valid()) return io_error("create", path.string(), errno);
    file.temporary_ = temporary;
    // Says to sweep_temporaries that the writer lives. One that came in between has removed it: again.
    (void)::flock(file.file_.get(), LOCK_EX | LOCK_NB);
    struct stat info {};
    if (::fstat(file.file_.get(), &info) != 0) return io_error("stat", path.string(), errno);
    if (info.st_nlink > 0) return file;
  }
}

void sweep_temporaries(const fs::path& folder, std::string_view target) {
  std::error_code fault;
  for (fs::directory_iterator entry(folder, fault), end; !fault && entry != end; entry.increment(fault)) {
    if (!is_temporary(entry->path().filename().string(), target)) continue;
    const FileDescriptor file(::open(entry->path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (file.valid() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
  }
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)), temporary_(std::move(other.temporary_)), file_(std::move(other.file_)), buffer_(std::move(other.buffer_)) {
  other.temporary_.clear();
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status AtomicFile::flush() {
  TRY(write_fully(file_.get(), buffer_, target_));
  buffer_.clear();
  return {};
}

Status AtomicFile::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= (1 << 18)) return flush();
  return {};
}

Status AtomicFile::commit() {
  TRY(flush());
  if (::fsync(file_.get()) != 0) return io_error("flush", target_.string(), errno);
  TRY(close_checked(file_, target_));
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return io_error("rename into place", target_.string(), errno);
  temporary_.clear();
  return sync_path(folder_of(target_));
}

Status write_file_atomically(const fs::path& path, std::string_view bytes) {
  TRY_ASSIGN(AtomicFile file, AtomicFile::create(path));
  TRY(file.write(bytes));
  return file.commit();
}

Status write_file(const fs::path& path, std::string_view bytes) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid()) return io_error("create", path.string(), errno);
  TRY(write_fully(file.get(), bytes, path));
  return close_checked(file, path);
}

Status make_folders(const fs::path& path) {
  std::error_code fault;
  fs::create_directories(path, fault);
  if (!fault) return {};
  // The part in the way is what the user has to move: ".mlopsctl" as a file, or as a link to nowhere.
  Error error = io_error("make folder", path.string(), fault.value());
  std::error_code ignored;
  for (fs::path part = path; error.hint.empty() && part.has_relative_path(); part = part.parent_path())
    if (fs::symlink_status(part, ignored).type() != fs::file_type::not_found && !fs::is_directory(part, ignored))
      error.hint = part.string() + (fs::is_symlink(part, ignored) ? " is a link that leads to no folder" : " is not a folder") + "; move it out of the way";
  return error;
}

Status remove_all(const fs::path& path) {
  std::error_code fault;
  fs::remove_all(path, fault);
  if (fault) return io_error("remove", path.string(), fault.value());
  return {};
}

Status sync_path(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return io_error("open", path.string(), errno);
  if (::fsync(file.get()) != 0) return io_error("flush", path.string(), errno);
  return {};
}

Status sync_tree(const fs::path& path) {
  std::error_code fault;
  if (!fs::is_directory(path, fault)) return sync_path(path);
  for (fs::directory_iterator entry(path, fault), end; !fault && entry != end; entry.increment(fault)) TRY(sync_tree(entry->path()));
  if (fault) return io_error("list", path.string(), fault.value());
  return sync_path(path);
}

Result<std::vector<FileEntry>> list_files(const fs::path& folder) {
  std::vector<FileEntry> files;
  std::error_code fault;
  fs::recursive_directory_iterator entry(folder, fault);
  for (const fs::recursive_directory_iterator end; !fault && entry != end; entry.increment(fault)) {
    const auto status = entry->symlink_status(fault);
    if (fault) break;
    if (fs::is_directory(status)) continue;
    if (!fs::is_regular_file(status))
      return config_error(entry->path().string() + " is a symbolic link or a special file; expected regular files only")
          .with_hint("replace it with a copy of the file it stands for");
    const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    files.push_back({entry->path().lexically_relative(folder).generic_string(), executable});
  }
  if (fault) return io_error("list", folder.string(), fault.value());
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.relative < b.relative; });
  return files;
}

namespace {

struct flock whole_file(FileLock::Mode mode) {
  struct flock lock {};
  lock.l_type = mode == FileLock::Mode::shared ? F_RDLCK : F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

Result<std::optional<FileLock>> FileLock::try_lock(const fs::path& path, Mode mode, pid_t* holder) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.valid()) return io_error("open", path.string(), errno);
  struct flock request = whole_file(mode);
  if (::fcntl(file.get(), F_SETLK, &request) == 0) return std::optional<FileLock>(FileLock(std::move(file)));
  if (errno != EAGAIN && errno != EACCES) return io_error("lock", path.string(), errno);
  if (holder != nullptr) {
    struct flock other = whole_file(mode);
    *holder = ::fcntl(file.get(), F_GETLK, &other) == 0 && other.l_type != F_UNLCK ? other.l_pid : 0;
  }
  return std::optional<FileLock>();
}

Result<FileLock> FileLock::lock(const fs::path& path, Mode mode) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.valid()) return io_error("open", path.string(), errno);
  struct flock request = whole_file(mode);
  while (::fcntl(file.get(), F_SETLKW, &request) != 0) {
    if (errno != EINTR) return io_error("lock", path.string(), errno);
  }
  return FileLock(std::move(file));
}

Status FileLock::describe(std::string_view text) {
  if (::ftruncate(file_.get(), 0) != 0 || ::pwrite(file_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return io_error("write", "lock file", errno);
  return {};
}

}  // namespace mlopsctl
