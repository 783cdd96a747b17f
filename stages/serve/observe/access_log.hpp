// The access log: one JSON object a line, for each answer. Lines are written by a thread of its own; when the disk does not keep up they are
// dropped and counted rather than kept without bound or waited for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::serve {

struct AccessLine {
  TimePoint at;
  std::string_view id, client, method, path, route, trace;  // never the query, never a body
  int status = 0;
  double seconds = 0;
  size_t bytes_in = 0, bytes_out = 0;
  std::string_view fault = "";  // why there was no handler's answer; empty: there was
};

class AccessLog {
 public:
  // Appends to the file; "-" is standard output.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path);
  ~AccessLog();  // writes what is left, but for a reader that stalls it waits a second at most

  void write(const AccessLine& line);
  uint64_t dropped() const { return dropped_; }

 private:
  explicit AccessLog(FileDescriptor file);
  void run();
  size_t write_all(std::string& batch);  // how many of its bytes were written

  FileDescriptor file_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::string waiting_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> dropped_{0};
  bool torn_ = false;  // what was written last ends within a line
  std::thread thread_;
};

std::string access_line(const AccessLine& line);

}  // namespace mlopsctl::serve
