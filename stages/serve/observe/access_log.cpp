#include "stages/serve/observe/access_log.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>

#include "pipeline/base/json.hpp"

namespace mlopsctl::serve {

namespace {

constexpr size_t most_waiting = size_t{8} << 20;

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_canonical(out, Json(value));
}

}  // namespace

std::string access_line(const AccessLine& line) {
  std::string out = "{\"time\":\"" + rfc3339(line.at) + "\"";
  append_member(out, "id", line.id);
  append_member(out, "client", line.client);
  append_member(out, "method", line.method);
  append_member(out, "path", line.path);
  append_member(out, "route", line.route);
  char numbers[128];
  std::snprintf(numbers, sizeof numbers, ",\"status\":%d,\"seconds\":%.6f,\"bytes_in\":%zu,\"bytes_out\":%zu", line.status, line.seconds, line.bytes_in,
                line.bytes_out);
  out += numbers;
  append_member(out, "trace", line.trace);
  if (!line.fault.empty()) append_member(out, "fault", line.fault);
  return out + "}\n";
}

AccessLog::AccessLog(FileDescriptor file) : file_(std::move(file)), thread_([this] { run(); }) {}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  more_.notify_one();
  thread_.join();
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path) {
  FileDescriptor file(path == "-" ? ::dup(1) : ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (!file.valid()) {
    Error error = io_error("open", path, errno);
    error.kind = ErrorKind::config;
    return error;
  }
  return std::unique_ptr<AccessLog>(new AccessLog(std::move(file)));
}

void AccessLog::write(const AccessLine& line) {
  const std::string text = access_line(line);
  const std::lock_guard lock(mutex_);
  if (waiting_.size() + text.size() > most_waiting) {
    ++dropped_;
    return;
  }
  const bool first = waiting_.empty();
  waiting_ += text;
  if (first) more_.notify_one();
}

void AccessLog::run() {
  sigset_t all;  // signals are the main thread's
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  for (;;) {
    std::string batch;
    {
      std::unique_lock lock(mutex_);
      more_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch.swap(waiting_);
    }
    const size_t written = write_all(batch);
    if (written == batch.size()) continue;
    dropped_ += static_cast<uint64_t>(std::count(batch.begin() + static_cast<std::ptrdiff_t>(written), batch.end(), '\n'));
    torn_ = written > 0 && batch[written - 1] != '\n';
  }
}

size_t AccessLog::write_all(std::string& batch) {
  if (torn_) batch.insert(0, 1, '\n');
  std::optional<std::chrono::steady_clock::time_point> last;  // to try
  for (size_t at = 0; at < batch.size();) {
    pollfd room{file_.get(), POLLOUT, 0};
    if (::poll(&room, 1, 100) <= 0) {
      if (!stopping_) continue;
      const auto now = std::chrono::steady_clock::now();
      if (!last) last = now + std::chrono::seconds(1);
      if (now > *last) return at;
      continue;
    }
    // A pipe that is ready takes this much without making its writer wait.
    const ssize_t size = ::write(file_.get(), batch.data() + at, std::min<size_t>(batch.size() - at, PIPE_BUF));
    if (size < 0 && errno != EINTR && errno != EAGAIN) return at;
    if (size > 0) at += static_cast<size_t>(size), torn_ = false;
  }
  return batch.size();
}

}  // namespace mlopsctl::serve
