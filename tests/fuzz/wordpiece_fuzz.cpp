// WordPiece: whatever the text, ids of the vocabulary and offsets within the text, the same with and without offsets and for its words one
// by one; whatever the files, a tokenizer or an error with words. The first byte of the input chooses.
#include <string>
#include <vector>

#include "pipeline/base/files.hpp"
#include "stages/text/unicode.hpp"
#include "stages/text/wordpiece.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl {

namespace {

using text::Casing, text::Offsets, text::WordPiece;

constexpr const char* vocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nab\n##a\n##b\n##ab\nA\n.\n[\n#\n1\n##1\nthe\n##the\né\n##é\ne\n##e\n中\n##\u0307\n##i\ni\n##中\n";

size_t code_points(std::string_view bytes) {
  size_t count = 0;
  for (size_t at = 0; at < bytes.size(); ++count) at += text::decode(bytes, at).bytes;
  return count;
}

void encode(const WordPiece& tokenizer, std::string_view bytes) {
  std::vector<int32_t> ids, alone;
  std::vector<Offsets> offsets;
  tokenizer.encode(bytes, ids, offsets);
  tokenizer.encode(bytes, alone);
  fuzz::require(ids == alone && ids.size() == offsets.size(), "offsets change the ids");
  const size_t count = code_points(bytes);
  for (size_t i = 0; i < ids.size(); ++i) {
    fuzz::require(ids[i] >= 0 && static_cast<size_t>(ids[i]) < tokenizer.size(), "an id that is in no vocabulary");
    fuzz::require(offsets[i].begin <= offsets[i].end && offsets[i].end <= count, "offsets beyond the text");
    fuzz::require(i == 0 || offsets[i].begin >= offsets[i - 1].begin, "offsets go backwards");
  }
  for (const text::Truncation truncation : {text::Truncation::head, text::Truncation::head_and_tail}) {
    std::vector<int32_t> input;
    tokenizer.encode_input(bytes, 8, truncation, input);
    fuzz::require(input.size() == std::min<size_t>(ids.size() + 2, 8) && input.front() == tokenizer.cls_id() && input.back() == tokenizer.sep_id(),
                  "an input of another length or without its frame");
    if (truncation == text::Truncation::head || ids.size() <= 6)
      fuzz::require(std::equal(input.begin() + 1, input.end() - 1, ids.begin()), "an input that is not the text's head");
  }
}

// The same ids whether a text comes whole or cut at its spaces.
void encode_in_parts(const WordPiece& tokenizer, std::string_view bytes) {
  std::vector<int32_t> whole, parts;
  tokenizer.encode(bytes, whole);
  for (std::string_view rest = bytes; !rest.empty();) {
    const size_t end = std::min(rest.find(' '), rest.size());
    tokenizer.encode(rest.substr(0, end), parts);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  fuzz::require(whole == parts, "a text is not the sum of its words");
}

void encode_with(const Result<WordPiece>& tokenizer, std::string_view bytes) {
  if (!tokenizer.ok()) return fuzz::require(!tokenizer.error().message.empty(), "an error without words");
  encode(*tokenizer, bytes);
}

}  // namespace

void fuzz_one(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto choice = static_cast<unsigned char>(bytes.front()) % 8;
  bytes.remove_prefix(1);
  if (choice < 4) {
    static const std::vector<WordPiece> tokenizers = {*WordPiece::from_vocabulary(vocabulary, Casing::uncased, "v"),
                                                      *WordPiece::from_vocabulary(vocabulary, Casing::cased, "v")};
    const WordPiece& tokenizer = tokenizers[choice % 2];
    encode(tokenizer, bytes);
    encode_in_parts(tokenizer, bytes);
    // Longer than a window, so that its edges come to lie anywhere.
    std::string longer;
    while (choice >= 2 && longer.size() < 5000) longer.append(bytes).append(longer.size() % 3 == 0 ? " " : "a");
    encode_in_parts(tokenizer, longer);
    return;
  }
  if (choice == 4) return encode_with(WordPiece::from_vocabulary(bytes, Casing::uncased, "v"), bytes);
  static const testing::TemporaryFolder folders[2];
  const testing::TemporaryFolder& folder = folders[choice == 5 ? 0 : 1];
  if (choice == 5) {
    folder.write("tokenizer.json", bytes);
  } else {
    folder.write("vocab.txt", vocabulary);
    folder.write("tokenizer_config.json", bytes);
  }
  encode_with(WordPiece::load(folder.path(), "m"), bytes);
}

}  // namespace mlopsctl
