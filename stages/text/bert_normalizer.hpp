// BertNormalizer: a text as BERT's vocabulary spells it, each character with the stretch of the original that it came from. The same four
// steps in the same order as Hugging Face's: clean_text, handle_chinese_chars, strip_accents, lowercase; and the same alignments, which are
// approximate where marks change places.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace mlopsctl::text {

struct BertNormalization {
  bool clean_text = true;        // drops control characters, makes every white space a ' '
  bool split_ideographs = true;  // a ' ' on both sides of a CJK ideograph
  bool strip_accents = true;     // canonical decomposition without the marks
  bool lowercase = true;
};

struct NormalizedChar {
  uint32_t code;
  uint32_t begin, end;  // code points of the original text
};

class BertNormalizer {
 public:
  explicit BertNormalizer(const BertNormalization& steps) : steps_(steps) {}

  // Replaces the content by `text`, normalised; bytes that are not UTF-8 count as U+FFFD, one per byte. `offset` is the number of code
  // points before it. Returns how many code points `text` has.
  uint32_t normalize(std::string_view text, uint32_t offset);

  const std::vector<NormalizedChar>& chars() const { return chars_; }

 private:
  void decompose();
  void lower();

  struct Part {
    uint32_t code;
    uint8_t combining;
    bool added;  // not the first of its decomposition
  };

  BertNormalization steps_;
  std::vector<NormalizedChar> chars_, previous_;
  std::vector<Part> parts_;
};

}  // namespace mlopsctl::text
