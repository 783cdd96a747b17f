#include <cstring>

#include "pipeline/base/files.hpp"
#include "stages/text/vocabulary.hpp"

namespace mlopsctl::text {

Status save_terms(const Vocabulary& vocabulary, const std::string& path) {
  std::string lines;
  lines.reserve(vocabulary.bytes.size() + vocabulary.size());
  for (size_t column = 0; column < vocabulary.size(); ++column) {
    lines += vocabulary.term(column);
    lines += '\n';
  }
  return write_file(path, lines);
}

Result<Vocabulary> load_terms(const std::string& path, size_t shortest, size_t longest) {
  TRY_ASSIGN(std::string bytes, read_file(path));
  if (bytes.empty()) return stage_error(path + " is empty, expected one term per line");
  if (bytes.back() != '\n') bytes += '\n';
  // The line ends are taken out in place, so that the text becomes the arena of the terms.
  std::vector<uint64_t> offsets{0};
  char* to = bytes.data();
  const char* from = bytes.data();
  const char* const end = from + bytes.size();
  while (from < end) {
    const auto* newline = static_cast<const char*>(std::memchr(from, '\n', static_cast<size_t>(end - from)));
    const auto length = static_cast<size_t>(newline - from);
    std::memmove(to, from, length);
    to += length;
    offsets.push_back(static_cast<uint64_t>(to - bytes.data()));
    from = newline + 1;
  }
  bytes.resize(offsets.back());
  return vocabulary_of(std::move(bytes), std::move(offsets), shortest, longest, path);
}

}  // namespace mlopsctl::text
