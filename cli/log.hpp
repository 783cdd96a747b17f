// The diagnostic log behind -v and --log-file: what the program did, for whoever has to find out why. Never the product's voice.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pipeline/base/result.hpp"

namespace mlopsctl::cli {

class Log {
 public:
  // `verbose`: to stderr too. `file`: appended to; empty: none. Without either, writing costs a branch.
  static Result<Log> open(bool verbose, const std::string& file);
  ~Log();
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;

  bool enabled() const { return sinks_ != nullptr; }
  void info(std::string_view text);
  void debug(std::string_view text);

 private:
  struct Sinks;
  Log();
  std::unique_ptr<Sinks> sinks_;
};

}  // namespace mlopsctl::cli
