// WordPiece: BERT's tokenizer, cased and uncased. A text becomes the ids and offsets that Hugging Face's `tokenizers` (0.23.3) gives for the
// same folder: added tokens are split off, the rest is normalised (BertNormalizer), split at white space and punctuation
// (BertPreTokenizer), and each word into the longest pieces of the vocabulary from left to right.
//
// Never changes after it was made, so any number of threads may use one. Bytes that are not UTF-8 count as U+FFFD, one per byte; BERT
// removes that character.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/text/added_tokens.hpp"
#include "stages/text/bert_normalizer.hpp"
#include "stages/text/piece_trie.hpp"

namespace mlopsctl::text {

// A stretch of the original text, in code points. A token that came from marks that changed places may lie beside its letters.
struct Offsets {
  uint32_t begin, end;
  bool operator==(const Offsets&) const = default;
};

// What of a text that is too long is kept: its head; or a quarter of the room for its head and the rest for its tail (Sun et al. 2019,
// "How to Fine-Tune BERT for Text Classification?": 128 and 382 of 510 tokens).
enum class Truncation { head, head_and_tail };

enum class Casing { cased, uncased };

// All that a tokenizer is made of.
struct WordPieceSettings {
  std::vector<std::pair<std::string, int32_t>> vocabulary;
  std::vector<AddedToken> added;
  BertNormalization normalization;
  std::string unk = "[UNK]", cls = "[CLS]", sep = "[SEP]", pad = "[PAD]", mask = "[MASK]";
  std::string continuation = "##";
  uint64_t longest_word = 100;  // in characters; a longer word is unknown
};

class WordPiece {
 public:
  // A model folder as Hugging Face writes it: tokenizer.json, or else vocab.txt; tokenizer_config.json where it is there (what it says
  // of case, accents and ideographs comes before tokenizer.json, as in `transformers`). `origin` is what messages call the folder.
  static Result<WordPiece> load(const std::filesystem::path& folder, std::string origin);
  // The lines of a vocab.txt alone. `origin` is what messages call the file.
  static Result<WordPiece> from_vocabulary(std::string_view lines, Casing casing, const std::string& origin);
  // `origin` is what messages call the vocabulary.
  static Result<WordPiece> make(WordPieceSettings settings, const std::string& origin);

  // Append the text's ids, without special tokens, and where each came from.
  void encode(std::string_view text, std::vector<int32_t>& ids) const;
  void encode(std::string_view text, std::vector<int32_t>& ids, std::vector<Offsets>& offsets) const;
  // Appends [CLS], the text's ids, [SEP]: at most `max_tokens` of them, which must be at least 2.
  void encode_input(std::string_view text, size_t max_tokens, Truncation truncation, std::vector<int32_t>& ids) const;

  int32_t unk_id() const { return unk_; }
  int32_t cls_id() const { return cls_; }
  int32_t sep_id() const { return sep_; }
  int32_t pad_id() const { return pad_; }
  int32_t mask_id() const { return mask_; }            // -1 where the vocabulary has none
  size_t size() const { return offsets_.size() - 1; }  // the highest id + 1
  std::string_view token(int32_t id) const;            // empty for an id that no token has

 private:
  // Words of ASCII letters and digits, up to 16 bytes, are one look-up.
  struct ShortWord {
    uint64_t low = 0, high = 0;
    bool operator==(const ShortWord&) const = default;

    // length is 1 to 16, and 16 bytes are readable.
    static ShortWord load(const char* word, size_t length) {
      ShortWord loaded;
      std::memcpy(&loaded, word, sizeof loaded);
      loaded.low &= ~uint64_t{0} >> (length < 8 ? 64 - 8 * length : 0);
      loaded.high &= length > 8 ? ~uint64_t{0} >> (128 - 8 * length) : 0;
      return loaded;
    }
    // Both halves of a product of 128 bits: each bit depends on all bits of the word.
    size_t hash() const {
      __extension__ using Wide = unsigned __int128;
      const Wide product = static_cast<Wide>(low ^ 0x9E3779B97F4A7C15u) * (high ^ 0xD6E8FEB86659FD93u);
      return static_cast<size_t>(product ^ product >> 64);
    }
  };
  template <typename Sink>
  class Run;

  explicit WordPiece(const WordPieceSettings& settings) : normalization_(settings.normalization), longest_word_(settings.longest_word) {}
  Status name_tokens(const WordPieceSettings& settings, const std::string& origin);
  Status name_special(const WordPieceSettings& settings, const std::string& origin);
  void index_pieces(const WordPieceSettings& settings);
  Status index_added(const WordPieceSettings& settings, const std::string& origin);
  int32_t find_short(const ShortWord& word) const {
    const size_t last = short_slots_.size() - 1;
    for (size_t slot = word.hash() & last;; slot = (slot + 1) & last) {
      const int32_t id = short_slots_[slot];
      if (id < 0 || short_words_[static_cast<size_t>(id)] == word) return id;
    }
  }

  BertNormalization normalization_;
  uint64_t longest_word_;
  AddedTokens added_, added_normalized_;
  PieceTrie trie_;
  std::vector<int32_t> short_slots_;    // open addressing, linear probing; -1: free
  std::vector<ShortWord> short_words_;  // by id; those that are not short never match
  std::array<int32_t, 128> punctuation_{};
  std::string bytes_;  // the tokens by id
  std::vector<uint32_t> offsets_{0};
  int32_t unk_ = 0, cls_ = 0, sep_ = 0, pad_ = 0, mask_ = -1;
};

}  // namespace mlopsctl::text
