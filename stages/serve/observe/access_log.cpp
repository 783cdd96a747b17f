#include "stages/serve/observe/access_log.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

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
    for (size_t at = 0; at < batch.size();) {
      const ssize_t size = ::write(file_.get(), batch.data() + at, batch.size() - at);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) {
        ++dropped_;
        break;
      }
      at += static_cast<size_t>(size);
    }
  }
}

}  // namespace mlopsctl::serve
