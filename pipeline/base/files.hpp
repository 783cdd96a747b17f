// Files: whole reads, atomic writes, folders, locks. Whatever is written appears by rename, complete and flushed, or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "pipeline/base/result.hpp"

namespace mlopsctl {

// Owns a file descriptor.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

// Differs after one of the files was written or exchanged; those that are not there are left out.
std::string stamp_of(const std::vector<std::filesystem::path>& paths);

// All of `bytes` from `offset` on, however often the system takes only a part. `path` is what an error names.
Status write_at(const FileDescriptor& file, std::string_view bytes, uint64_t offset, const std::filesystem::path& path);

Result<std::string> read_file(const std::filesystem::path& path);

// A read-only view of a whole file, mapped; empty files give an empty view. The file must not shrink while it is viewed.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  std::string_view bytes() const { return {data_, size_}; }

 private:
  MappedFile() = default;
  const char* data_ = nullptr;
  size_t size_ = 0;
};

// Writes to a temporary file beside `path`; commit() flushes and renames. Without commit() nothing is left.
class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::filesystem::path& path, mode_t mode = 0644);
  ~AtomicFile();
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;

  Status write(std::string_view bytes);  // buffered
  Status commit();                       // flush, fsync, rename, fsync the folder

 private:
  AtomicFile() = default;
  Status flush();
  std::filesystem::path target_, temporary_;
  FileDescriptor file_;
  std::string buffer_;
};

Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes);
// Removes what killed writers of AtomicFiles left in `folder`: temporaries of targets whose name begins with `target`, unless their
// writer lives (it holds a lock on them).
void sweep_temporaries(const std::filesystem::path& folder, std::string_view target = {});
// Plain buffered write without flush to disk: for files in a scratch folder whose owner flushes the whole folder later.
Status write_file(const std::filesystem::path& path, std::string_view bytes);

Status make_folders(const std::filesystem::path& path);
Status remove_all(const std::filesystem::path& path);
// Flushes one file or folder entry, or (recursively) every file and folder below it, to disk.
Status sync_path(const std::filesystem::path& path);
Status sync_tree(const std::filesystem::path& path);

struct FileEntry {
  std::string relative;  // with '/', sorted bytewise
  bool executable = false;
};
// Every regular file below `folder`; a symbolic link or special file is an error.
Result<std::vector<FileEntry>> list_files(const std::filesystem::path& folder);

// An advisory lock on a file, freed by the kernel when the process ends, however it ends. Not inherited by fork.
class FileLock {
 public:
  enum class Mode { shared, exclusive };
  // The lock, or nothing when another process holds it (holder then names its pid, 0 if unknown).
  static Result<std::optional<FileLock>> try_lock(const std::filesystem::path& path, Mode mode, pid_t* holder = nullptr);
  static Result<FileLock> lock(const std::filesystem::path& path, Mode mode);  // waits
  // Replaces the lock file's text (who holds it and why).
  Status describe(std::string_view text);

 private:
  explicit FileLock(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
};

}  // namespace mlopsctl
