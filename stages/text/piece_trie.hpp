// PieceTrie: the tokens of a WordPiece vocabulary in one double-array trie (Aoe 1989) with two roots, for words' beginnings and for their
// continuations, and the greedy longest-match split of BERT (Schuster and Nakajima 2012; Devlin et al. 2019). Works on UTF-8: as tokens are
// whole characters, so are the matches.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace mlopsctl::text {

class PieceTrie {
 public:
  using Entries = std::vector<std::pair<std::string_view, int32_t>>;

  PieceTrie() = default;
  // Tokens that may begin a word, and what may continue one (without the "##"; empty ones are left out). Of equal tokens the last counts.
  PieceTrie(Entries beginnings, Entries continuations);

  // Calls emit(id, begin, end) for each piece of `word`, in order, in bytes. Returns false where a part of the word matches nothing; what
  // was emitted then is void.
  template <typename Emit>
  bool split(std::string_view word, Emit emit) const {
    uint32_t root = beginning;
    for (size_t at = 0; at < word.size(); root = continuation) {
      uint32_t node = root;
      int32_t id = none;
      size_t end = at;
      for (size_t i = at; i < word.size(); ++i) {
        const uint32_t next = nodes_[node].base + static_cast<unsigned char>(word[i]);
        if (nodes_[next].parent != node) break;
        node = next;
        if (nodes_[node].id == none) continue;
        id = nodes_[node].id;
        end = i + 1;
      }
      if (id == none) return false;
      emit(id, at, end);
      at = end;
    }
    return true;
  }

 private:
  static constexpr int32_t none = -1;
  static constexpr uint32_t nobody = UINT32_MAX;
  static constexpr uint32_t beginning = 0, continuation = 1;  // the roots

  // The child of node n for byte b is nodes_[nodes_[n].base + b], if that names n as its parent.
  struct Node {
    uint32_t base = 0;
    uint32_t parent = nobody;
    int32_t id = none;
  };
  struct Builder;

  std::vector<Node> nodes_ = std::vector<Node>(256 + 2);
};

}  // namespace mlopsctl::text
