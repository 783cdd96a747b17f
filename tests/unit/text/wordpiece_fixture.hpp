// The real vocabularies, and digests as tests/oracle/word_piece.py makes them.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <span>
#include <string>
#include <vector>

#include "pipeline/base/digest.hpp"
#include "stages/text/wordpiece.hpp"
#include "tests/support/oracle.hpp"

namespace mlopsctl::text {

using testing::oracle;
using testing::test_data;

inline constexpr const char* casings[] = {"uncased", "cased"};

inline std::filesystem::path vocabulary_path(const std::string& casing) { return test_data() / "vocab" / ("bert-base-" + casing + "-vocab.txt"); }

inline WordPiece bert(const std::string& casing) {
  const std::filesystem::path path = vocabulary_path(casing);
  const Result<std::string> lines = read_file(path);
  EXPECT_TRUE(lines.ok()) << path;
  Result<WordPiece> made = WordPiece::from_vocabulary(*lines, casing == "cased" ? Casing::cased : Casing::uncased, path.filename().string());
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(*made);
}

struct Encoded {
  std::vector<int32_t> ids;
  std::vector<Offsets> offsets;
};

inline Encoded encode(const WordPiece& tokenizer, std::string_view text) {
  Encoded encoded;
  tokenizer.encode(text, encoded.ids, encoded.offsets);
  return encoded;
}

// SHA-256 of lists of numbers, each followed by -1.
class ListDigest {
 public:
  void add(const std::vector<int32_t>& ids) {
    put(ids);
    end();
  }
  void add(const std::vector<Offsets>& offsets) {
    put(offsets);
    end();
  }
  template <typename T>
  void put(const std::vector<T>& values) {
    hash_.update({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
  }
  void end() { hash_.update(std::string_view("\xFF\xFF\xFF\xFF", 4)); }
  std::string hex() { return hash_.finish().hex(); }

 private:
  Sha256 hash_;
};

}  // namespace mlopsctl::text
