#include "cli/output.hpp"

#include <unistd.h>

#include <cerrno>

namespace mlopsctl::cli {

namespace {

constexpr size_t buffer_limit = 1 << 16;

}  // namespace

void Output::write(std::string_view text) {
  buffer_ += text;
  if (buffering_ == Buffering::none || buffer_.size() >= buffer_limit) flush();
}

void Output::flush() {
  size_t done = 0;
  while (done < buffer_.size() && !closed_ && error_number_ == 0) {
    const ssize_t written = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno != EINTR && errno != EAGAIN) {
      error_number_ = errno;
    }
  }
  buffer_.clear();
}

}  // namespace mlopsctl::cli
