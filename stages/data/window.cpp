#include "stages/data/window.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "stages/data/scan.hpp"

namespace mlopsctl::data {

namespace {

// Stays in the second-level cache, so that what read() copies is still there when it is parsed.
constexpr size_t block = 256 * 1024;

}  // namespace

struct Window::Inflater {
  z_stream stream{};
  std::vector<char> input = std::vector<char>(64 * 1024);
  bool member_open = true;
  ~Inflater() { inflateEnd(&stream); }
};

Window::Window() = default;
Window::~Window() = default;
Window::Window(Window&&) noexcept = default;

Result<Window> Window::open(const std::filesystem::path& path, std::string origin) {
  Window window;
  window.origin_ = std::move(origin);
  window.file_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!window.file_.valid()) return io_error("open", window.origin_, errno);
  struct stat info {};
  if (::fstat(window.file_.get(), &info) != 0) return io_error("stat", window.origin_, errno);
  if (S_ISDIR(info.st_mode)) return io_error("read", window.origin_, EISDIR);
  window.file_size_ = static_cast<uint64_t>(info.st_size);
  window.buffer_.resize(2 * block + scan_slack);
  TRY(window.more());
  TRY(window.detect_gzip());
  return window;
}

Result<size_t> Window::read_some(char* to, size_t room) {
  while (true) {
    const ssize_t got = ::read(file_.get(), to, room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", origin_, errno);
    file_read_ += static_cast<uint64_t>(got);
    return static_cast<size_t>(got);
  }
}

Status Window::detect_gzip() {
  while (size() < 2 && !complete_) TRY(more());
  if (size() < 2 || std::memcmp(begin(), "\x1f\x8b", 2) != 0) return {};
  inflater_ = std::make_unique<Inflater>();
  if (inflateInit2(&inflater_->stream, 15 + 16) != Z_OK) return stage_error("cannot set up zlib to read " + origin_);
  inflater_->input.resize(std::max(inflater_->input.size(), size()));
  std::copy(begin(), end(), inflater_->input.begin());
  inflater_->stream.next_in = reinterpret_cast<Bytef*>(inflater_->input.data());
  inflater_->stream.avail_in = static_cast<uInt>(size());
  begin_ = end_ = 0;
  complete_ = false;
  return more();
}

Error Window::broken_gzip(std::string what) const {
  Error error = stage_error(std::move(what)).with_hint("fetch the file again; `gzip -t " + origin_ + "` must succeed");
  error.span = SourceSpan{origin_, 0, 0, 0, {}};
  return error;
}

Status Window::inflate_some() {
  Inflater& inflater = *inflater_;
  z_stream& stream = inflater.stream;
  const size_t before = end_;
  while (end_ == before) {
    if (stream.avail_in == 0) {
      TRY_ASSIGN(const size_t got, read_some(inflater.input.data(), inflater.input.size()));
      if (got == 0 && inflater.member_open) return broken_gzip("the gzip data ends in the middle");
      if (got == 0) {
        complete_ = true;
        return {};
      }
      stream.next_in = reinterpret_cast<Bytef*>(inflater.input.data());
      stream.avail_in = static_cast<uInt>(got);
    }
    if (!inflater.member_open) {
      // Trailing zero bytes are padding (tape blocks); anything else starts another member.
      while (stream.avail_in != 0 && *stream.next_in == 0) ++stream.next_in, --stream.avail_in;
      if (stream.avail_in == 0) continue;
      inflateReset(&stream);
      inflater.member_open = true;
    }
    stream.next_out = reinterpret_cast<Bytef*>(end());
    const size_t room = buffer_.size() - scan_slack - end_;
    stream.avail_out = static_cast<uInt>(std::min<size_t>(room, 1u << 30));
    const size_t offered = stream.avail_out;
    const int code = inflate(&stream, Z_NO_FLUSH);
    end_ += offered - stream.avail_out;
    if (code == Z_STREAM_END) inflater.member_open = false;
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      return broken_gzip(std::string("broken gzip data: ") + (stream.msg != nullptr ? stream.msg : "unknown fault"));
  }
  return {};
}

Status Window::more() {
  if (complete_) return {};
  if (begin_ > 0) {
    std::memmove(buffer_.data(), begin(), size());
    end_ -= begin_;
    begin_ = 0;
  }
  const size_t wanted = std::max(block, size());  // doubling: a caller that starts over with each call still does linear work
  if (buffer_.size() - scan_slack - end_ < wanted) buffer_.resize(end_ + wanted + scan_slack);
  if (inflater_ != nullptr) return inflate_some();
  TRY_ASSIGN(const size_t got, read_some(end(), wanted));
  end_ += got;
  complete_ = got == 0;
  return {};
}

double Window::progress() const {
  if (file_size_ == 0) return complete_ ? 1.0 : 0.0;
  const uint64_t waiting = inflater_ != nullptr ? inflater_->stream.avail_in : size();
  return std::clamp(static_cast<double>(file_read_ - std::min(file_read_, waiting)) / static_cast<double>(file_size_), 0.0, 1.0);
}

}  // namespace mlopsctl::data
