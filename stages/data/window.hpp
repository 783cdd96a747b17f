// Window: a sliding, writable view of a file's bytes, decompressed on the way when they are gzip (known by its magic bytes, several
// members allowed). Memory: the bytes not yet consumed plus one block.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/files.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::data {

class Window {
 public:
  static Result<Window> open(const std::filesystem::path& path, std::string origin);
  ~Window();
  Window(Window&&) noexcept;
  Window& operator=(Window&&) = delete;

  // What was read and not consumed; the `scan_slack` bytes after end() may be read. Pointers live until the next more().
  char* begin() { return buffer_.data() + begin_; }
  char* end() { return buffer_.data() + end_; }
  size_t size() const { return end_ - begin_; }
  bool complete() const { return complete_; }  // nothing follows end()
  void consume(size_t bytes) { begin_ += bytes; }
  // Reads on; afterwards there are more bytes or the window is complete. Broken or cut gzip is an error.
  Status more();
  // Share of the file's bytes read, less what waits in the window.
  double progress() const;

 private:
  struct Inflater;
  Window();
  Result<size_t> read_some(char* to, size_t room);
  Status inflate_some();
  Error broken_gzip(std::string what) const;
  Status detect_gzip();

  std::string origin_;
  FileDescriptor file_;
  uint64_t file_size_ = 0, file_read_ = 0;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;
  bool complete_ = false;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace mlopsctl::data
