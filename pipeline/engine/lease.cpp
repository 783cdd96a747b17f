#include "pipeline/engine/lease.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace mlopsctl::engine {

namespace {

constexpr int poll_milliseconds = 100;

std::string file_name_of(std::string_view pipeline) {
  std::string name;
  for (const char c : pipeline) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (plain) name += c;
  }
  if (name != pipeline) name += "." + digest_of(pipeline).hex().substr(0, 12);
  return name + ".lock";
}

std::string holder_text(const std::filesystem::path& lock, pid_t pid) {
  std::string text = pid != 0 ? "process " + std::to_string(pid) : "another process";
  if (auto details = read_file(lock); details && !details->empty()) {
    while (!details->empty() && details->back() == '\n') details->pop_back();
    text += " (" + *details + ")";
  }
  return text;
}

}  // namespace

Result<Lease> take_lease(const std::filesystem::path& store_folder, std::string_view pipeline, std::string_view command, bool wait, const Clock& clock,
                         const CancelToken& cancel, Reporter& reporter) {
  const std::filesystem::path path = store_folder / "locks" / ("run-" + file_name_of(pipeline));
  for (bool told = false;;) {
    pid_t pid = 0;
    TRY_ASSIGN(auto lock, FileLock::try_lock(path, FileLock::Mode::exclusive, &pid));
    if (lock) {
      TRY(lock->describe((command.empty() ? std::string("mlopsctl") : std::string(command)) + ", since " + rfc3339(clock.now()) + "\n"));
      return Lease{std::move(*lock), told};
    }
    if (!wait)
      return stage_error("pipeline " + std::string(pipeline) + " is being run by " + holder_text(path, pid)).with_hint("wait for it to end, then run again");
    if (cancel.cancelled()) {
      Error error = stage_error("interrupted while waiting for " + holder_text(path, pid));
      error.kind = ErrorKind::interrupted;
      return error;
    }
    if (!told) reporter.waiting_for(holder_text(path, pid));
    told = true;
    reporter.tick();
    ::poll(nullptr, 0, poll_milliseconds);
  }
}

}  // namespace mlopsctl::engine
