// Output: one of the program's two voices (stdout, stderr) on a file descriptor. A reader that went away is not a fault: further
// text is dropped quietly. Any other failure is kept for the end of the program (a full disk must not look like success).
#pragma once

#include <string>
#include <string_view>

namespace mlopsctl::cli {

class Output {
 public:
  enum class Buffering { none, full };

  Output(int fd, Buffering buffering) : fd_(fd), buffering_(buffering) {}
  ~Output() { flush(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view text);
  void flush();
  int fd() const { return fd_; }
  bool closed() const { return closed_; }             // the reader went away (EPIPE)
  int error_number() const { return error_number_; }  // errno of the first other failure; 0: none

 private:
  int fd_;
  Buffering buffering_;
  std::string buffer_;
  bool closed_ = false;
  int error_number_ = 0;
};

}  // namespace mlopsctl::cli
