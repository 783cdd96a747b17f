// What went wrong, where, and what to do about it. Built where the fault is known; printed in one place (cli/diagnostics.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlopsctl {

// A stretch of one line of a text file. Lines and columns count from 1; columns count bytes.
struct SourceSpan {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 1;
  std::string excerpt;  // the whole line, for the picture under the message; may be empty
};

// Decides the exit code (see exit_code) and nothing else.
enum class ErrorKind {
  usage,        // wrong command line
  config,       // wrong pipeline file, or an input it names is missing
  refused,      // a truthful no: what was asked for is not granted
  stage,        // a stage could not do its work (bad data, full disk, crash)
  cluster,      // the cluster refused or could not be reached
  timeout,      // out of time
  interrupted,  // Ctrl-C or SIGTERM
  internal      // a bug in mlopsctl
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  std::optional<SourceSpan> span;
  std::string field;               // where in the mind: "stages.fit.model.type"; empty when it does not apply
  std::vector<std::string> notes;  // context added by the layers above, outermost first
  std::string hint;                // a command or an edit; empty when there is none
  std::vector<Error> also;         // further faults found in the same pass

  // Adds context ("while training stage fit") without rewriting the message.
  Error note(std::string text) &&;
  Error with_hint(std::string text) &&;
};

Error config_error(std::string message);
Error usage_error(std::string message, std::string hint = {});
Error stage_error(std::string message);
Error refused_error(std::string message);
// "cannot <what> <path>: <strerror(errno_value)>", with a hint for a full disk, missing permission or a missing file.
Error io_error(std::string_view what, std::string_view path, int errno_value);

// The published contract: 1 refused, 2 usage/config, 3 stage, 4 cluster, 5 timeout, 130 interrupted, 70 internal.
int exit_code(ErrorKind kind);
std::string_view to_string(ErrorKind kind);

// The candidate nearest to `word` by edit distance, if near enough to be a typing error.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace mlopsctl
