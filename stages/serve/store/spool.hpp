// Lines that are to be delivered later, kept on disk meanwhile: what append() accepted survives the death of the process, and once it is flushed
// that of the machine.
//
// A folder of files "<who>-<number>.spool", each line "<16 hex digits> <payload>\n" with the start of the payload's SHA-256; one that was cut off
// by a crash does not count. A line is removed only after it was delivered, so that a crash between the two
// delivers it again: what takes delivery must know lines by a key of their own. Several processes may use one folder: each holds a lock on its
// files, and takes over those whose holder is dead.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "pipeline/base/files.hpp"

namespace mlopsctl::serve::store {

// Thread-safe: one thread may append while another delivers.
class Spool {
 public:
  // `who` is unique for ever; `max_bytes` bounds what waits (an estimate: files go as a whole).
  static Result<std::unique_ptr<Spool>> open(std::filesystem::path folder, std::string who, uint64_t max_bytes);
  ~Spool();  // removes its file if nothing is left in it

  // All of them or none, written when it returns. An error: the disk, or the bound.
  Status append(std::span<const std::string> payloads);

  // The oldest payloads, at most `limit`; empty: none wait. The same ones again until delivered() is called.
  Result<std::vector<std::string>> oldest(size_t limit);
  Status delivered();  // what the last oldest() returned
  // Waits until the disk has all that was written; others may append meanwhile. For the thread that delivers.
  Status flush();

  // Takes over files whose process is dead; open() does it too. For the thread that delivers, not between oldest() and delivered().
  Status adopt();

  uint64_t bytes() const;    // that wait
  uint64_t damaged() const;  // lines that did not match their checksum and were passed over; their file is kept as *.damaged

 private:
  struct File {
    std::filesystem::path path;
    FileDescriptor fd;
    uint64_t written = 0, read = 0;  // read: delivered up to there
    uint64_t flushed = 0;
    bool damaged = false;
  };
  Spool(std::filesystem::path folder, std::string who, uint64_t max_bytes) : folder_(std::move(folder)), who_(std::move(who)), max_bytes_(max_bytes) {}
  Result<File> make_file();
  Status drop_front();
  uint64_t waiting() const;

  const std::filesystem::path folder_;
  const std::string who_;
  const uint64_t max_bytes_;
  mutable std::mutex mutex_;
  std::deque<File> files_;  // oldest first; the last one is written to, if `open_`
  bool open_ = false;
  bool folder_flushed_ = true;
  uint64_t made_ = 0, next_read_ = 0, damaged_ = 0;
};

}  // namespace mlopsctl::serve::store
