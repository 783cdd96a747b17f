// AddedTokens: tokens such as [MASK] that are found in a text as they are, before it is split into words. The semantics of Hugging Face's
// added vocabulary: leftmost-longest matches that do not overlap.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlopsctl::text {

struct AddedToken {
  std::string content;  // not empty
  int32_t id = 0;
  bool single_word = false;  // only where no word character is beside it
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool normalized = false;   // found in the normalised text instead of the original
};

class AddedTokens {
 public:
  struct Match {
    size_t begin, end;  // bytes, stripped white space included
    size_t resume;      // where to search on
    int32_t id;
  };

  AddedTokens() = default;
  explicit AddedTokens(std::vector<AddedToken> tokens);  // of equal contents the first counts

  bool empty() const { return tokens_.empty(); }
  // The first match that begins at `from` or later; strips no white space before `floor`. Returns false when there is none.
  bool find(std::string_view text, size_t from, size_t floor, Match& match) const;

 private:
  const AddedToken* longest_at(std::string_view text, size_t at) const;
  size_t next_candidate(std::string_view text, size_t at) const;

  std::vector<AddedToken> tokens_;     // by first byte, longest first
  std::array<uint32_t, 257> first_{};  // [b], [b + 1]: the tokens that begin with byte b
  std::string first_bytes_;            // the bytes that begin a token
};

}  // namespace mlopsctl::text
