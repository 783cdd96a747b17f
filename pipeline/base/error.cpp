#include "pipeline/base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "pipeline/base/edit_distance.hpp"

namespace mlopsctl {

Error Error::note(std::string text) && {
  notes.insert(notes.begin(), std::move(text));
  return std::move(*this);
}

Error Error::with_hint(std::string text) && {
  hint = std::move(text);
  return std::move(*this);
}

namespace {

Error make(ErrorKind kind, std::string message) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  return error;
}

std::string hint_for_errno(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
      return "free some space (`mlopsctl cache gc` removes what no kept run needs) and run again";
    case EACCES:
    case EPERM:
    case EROFS:
      return "make the folder writable for this user, or choose another with -C";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (`ulimit -n`) and run again";
    default:
      return "";
  }
}

}  // namespace

Error config_error(std::string message) { return make(ErrorKind::config, std::move(message)); }
Error usage_error(std::string message, std::string hint) { return make(ErrorKind::usage, std::move(message)).with_hint(std::move(hint)); }
Error stage_error(std::string message) { return make(ErrorKind::stage, std::move(message)); }
Error refused_error(std::string message) { return make(ErrorKind::refused, std::move(message)); }

Error io_error(std::string_view what, std::string_view path, int errno_value) {
  Error error = make(ErrorKind::stage, "cannot " + std::string(what) + " " + std::string(path) + ": " + std::strerror(errno_value));
  error.hint = hint_for_errno(errno_value);
  return error;
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
    case ErrorKind::config:
      return 2;
    case ErrorKind::refused:
      return 1;
    case ErrorKind::stage:
      return 3;
    case ErrorKind::cluster:
      return 4;
    case ErrorKind::timeout:
      return 5;
    case ErrorKind::interrupted:
      return 130;
    case ErrorKind::internal:
      return 70;
  }
  return 70;
}

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::config:
      return "config";
    case ErrorKind::refused:
      return "refused";
    case ErrorKind::stage:
      return "stage";
    case ErrorKind::cluster:
      return "cluster";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::interrupted:
      return "interrupted";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  size_t best_distance = std::min(std::max<size_t>(1, word.size() / 3) + 1, word.size());  // never every letter
  for (const auto& candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace mlopsctl
