#include "stages/serve/store/spool.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "pipeline/base/digest.hpp"

namespace mlopsctl::serve::store {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t file_bytes = 8u << 20;     // a file that has reached it is written to no more
constexpr uint64_t emptied_bytes = 1u << 20;  // a delivered file of that size is begun anew
constexpr size_t read_bytes = 1u << 20;       // at once
constexpr size_t checksum_digits = 16;

std::string checksum(std::string_view payload) { return digest_of(payload).hex().substr(0, checksum_digits); }

Result<std::string> read_at(const FileDescriptor& file, uint64_t offset, size_t size, const fs::path& path) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    const ssize_t got = ::pread(file.get(), bytes.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", path.string(), errno);
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(fs::path folder, std::string who, uint64_t max_bytes) {
  std::unique_ptr<Spool> spool(new Spool(std::move(folder), std::move(who), max_bytes));
  TRY(make_folders(spool->folder_));
  TRY(spool->adopt());
  return spool;
}

Spool::~Spool() {
  for (const File& file : files_)
    if (file.read == file.written && !file.damaged) ::unlink(file.path.c_str());
}

Status Spool::adopt() {
  const std::lock_guard guard(mutex_);
  std::vector<fs::path> found;
  std::error_code fault;
  for (fs::directory_iterator entry(folder_, fault), end; !fault && entry != end; entry.increment(fault))
    if (entry->path().extension() == ".spool" && !entry->path().filename().string().starts_with(who_ + "-")) found.push_back(entry->path());
  if (fault) return io_error("list", folder_.string(), fault.value());
  std::sort(found.begin(), found.end());
  for (const fs::path& path : found) {
    if (std::any_of(files_.begin(), files_.end(), [&](const File& file) { return file.path == path; })) continue;
    FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.valid() || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) continue;  // its process lives
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return io_error("stat", path.string(), errno);
    if (info.st_nlink == 0) continue;
    // A last line without its end was cut off by the crash: it was never accepted.
    auto size = static_cast<uint64_t>(info.st_size);
    while (size > 0) {
      const size_t part = static_cast<size_t>(std::min<uint64_t>(size, read_bytes));
      TRY_ASSIGN(const std::string tail, read_at(fd, size - part, part, path));
      const size_t line_end = tail.rfind('\n');
      size = line_end == std::string::npos ? size - part : size - part + line_end + 1;
      if (line_end != std::string::npos) break;
    }
    File file{path, std::move(fd), size, 0, 0, false};
    // Before the one that is written to; oldest() may be reading the first.
    files_.insert(open_ ? files_.end() - 1 : files_.end(), std::move(file));
    next_read_ = 0;
  }
  return {};
}

Result<Spool::File> Spool::make_file() {
  while (true) {
    File file;
    file.path = folder_ / (who_ + "-" + std::to_string(made_++) + ".spool");
    file.fd = FileDescriptor(::open(file.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.fd.valid()) return io_error("create", file.path.string(), errno);
    struct stat info {};
    // Another process may have taken it for a dead one's before it was locked: again.
    if (::flock(file.fd.get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(file.fd.get(), &info) != 0 || info.st_nlink == 0) continue;
    folder_flushed_ = false;
    return file;
  }
}

uint64_t Spool::waiting() const {
  uint64_t bytes = 0;
  for (const File& file : files_) bytes += file.written - file.read;
  return bytes;
}

Status Spool::append(std::span<const std::string> payloads) {
  std::string lines;
  for (const std::string& payload : payloads) lines += checksum(payload) + " " + payload + "\n";
  const std::lock_guard guard(mutex_);
  if (waiting() + lines.size() > max_bytes_)
    return stage_error("the spool " + folder_.string() + " is full: " + std::to_string(waiting()) + " of " + std::to_string(max_bytes_) + " bytes wait");
  if (!open_ || files_.back().written >= file_bytes) {
    TRY_ASSIGN(File fresh, make_file());
    files_.push_back(std::move(fresh));
    open_ = true;
  }
  File& file = files_.back();
  if (Status written = write_at(file.fd, lines, file.written, file.path); !written) {
    (void)::ftruncate(file.fd.get(), static_cast<off_t>(file.written));
    return written;
  }
  file.written += lines.size();
  return {};
}

Result<std::vector<std::string>> Spool::oldest(size_t limit) {
  const std::lock_guard guard(mutex_);
  std::vector<std::string> payloads;
  while (!files_.empty()) {
    File& file = files_.front();
    if (file.read == file.written) {
      if (open_ && files_.size() == 1) break;
      TRY(drop_front());
      continue;
    }
    next_read_ = file.read;
    size_t size = read_bytes;
    while (payloads.empty() && next_read_ < file.written) {
      TRY_ASSIGN(const std::string bytes, read_at(file.fd, next_read_, static_cast<size_t>(std::min<uint64_t>(size, file.written - next_read_)), file.path));
      if (bytes.empty()) return stage_error(file.path.string() + " is shorter than what was written to it; another program has changed it");
      size_t at = 0;
      for (size_t end = bytes.find('\n'); end != std::string::npos && payloads.size() < limit; end = bytes.find('\n', at)) {
        const std::string_view line = std::string_view(bytes).substr(at, end - at);
        at = end + 1;
        if (line.size() > checksum_digits && line[checksum_digits] == ' ' && checksum(line.substr(checksum_digits + 1)) == line.substr(0, checksum_digits)) {
          payloads.emplace_back(line.substr(checksum_digits + 1));
        } else {
          ++damaged_;
          file.damaged = true;
        }
      }
      next_read_ += at;
      if (at == 0) {
        if (bytes.size() == file.written - next_read_) {  // not a whole line: damaged, for only whole lines were counted
          ++damaged_;
          file.damaged = true;
          next_read_ = file.written;
        }
        size *= 2;
      }
    }
    if (!payloads.empty()) return payloads;
    file.read = next_read_;  // nothing but damaged lines
  }
  return payloads;
}

Status Spool::delivered() {
  const std::lock_guard guard(mutex_);
  if (files_.empty() || next_read_ <= files_.front().read) return {};
  File& file = files_.front();
  file.read = next_read_;
  if (file.read < file.written) return {};
  if (!open_ || files_.size() > 1) return drop_front();
  if (file.written >= emptied_bytes && !file.damaged && ::ftruncate(file.fd.get(), 0) == 0) file.written = file.read = file.flushed = next_read_ = 0;
  return {};
}

Status Spool::flush() {
  std::vector<std::pair<const File*, uint64_t>> files;
  bool folder = false;
  {
    const std::lock_guard guard(mutex_);
    for (const File& file : files_)
      if (file.flushed < file.written) files.emplace_back(&file, file.written);
    folder = !std::exchange(folder_flushed_, true);
  }
  // Without the lock: only this thread takes files away, and a deque's others stay where they are when one is added at the end.
  if (folder) TRY(sync_path(folder_));
  for (const auto& [file, written] : files)
    if (::fdatasync(file->fd.get()) != 0) return io_error("flush", file->path.string(), errno);
  const std::lock_guard guard(mutex_);
  for (File& file : files_)
    for (const auto& [flushed, written] : files)
      if (flushed == &file) file.flushed = written;
  return {};
}

Status Spool::drop_front() {
  const File& file = files_.front();
  if (file.damaged) {
    fs::path kept = file.path;
    kept.replace_extension(".damaged");
    if (::rename(file.path.c_str(), kept.c_str()) != 0) return io_error("rename", file.path.string(), errno);
  } else if (::unlink(file.path.c_str()) != 0 && errno != ENOENT) {
    return io_error("remove", file.path.string(), errno);
  }
  files_.pop_front();
  next_read_ = 0;
  return {};
}

uint64_t Spool::bytes() const {
  const std::lock_guard guard(mutex_);
  return waiting();
}

uint64_t Spool::damaged() const {
  const std::lock_guard guard(mutex_);
  return damaged_;
}

}  // namespace mlopsctl::serve::store
