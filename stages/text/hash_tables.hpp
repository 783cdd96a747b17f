// Two flat hash tables (open addressing, linear probing): words to numbers, and pairs of numbers to numbers. Numbers count from 0 in the
// order of insertion. At most 2^32-2 entries; more is a std::length_error.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace mlopsctl::text {

inline constexpr uint32_t no_id = UINT32_MAX;

class WordTable {
 public:
  WordTable() : slots_(1024) {}

  // Words are not empty, and eight bytes after a word must be readable.
  uint32_t find(std::string_view word) const { return find(word, hash(word)); }
  uint32_t insert(std::string_view word);

  size_t size() const { return offsets_.size() - 1; }
  std::string_view word(uint32_t id) const { return {bytes_.data() + offsets_[id], offsets_[id + 1] - offsets_[id]}; }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t id = no_id;
  };

  static uint64_t hash(std::string_view word) {
    uint64_t state = word.size() * 0x9E3779B97F4A7C15u;
    const char* p = word.data();
    size_t left = word.size();
    for (; left > 8; left -= 8, p += 8) state = mix(state ^ load(p));
    return mix(state ^ (load(p) & low_bytes(left)));
  }
  // Eight bytes at a time, what lies past the ends masked out: words are too short for a call of memcmp.
  static bool same(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    size_t at = 0;
    for (; a.size() - at > 8; at += 8)
      if (load(a.data() + at) != load(b.data() + at)) return false;
    return ((load(a.data() + at) ^ load(b.data() + at)) & low_bytes(a.size() - at)) == 0;
  }
  static uint64_t low_bytes(size_t count) { return ~uint64_t{0} >> (64 - 8 * count); }  // 1..8
  static uint64_t load(const char* p) {
    uint64_t bytes;
    std::memcpy(&bytes, p, 8);
    return bytes;
  }
  static uint64_t mix(uint64_t x) {
    x *= 0xD6E8FEB86659FD93u;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    return x ^ (x >> 32);
  }

  uint32_t find(std::string_view word, uint64_t hashed) const {
    const size_t mask = slots_.size() - 1;
    for (size_t at = hashed & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.id == no_id) return no_id;
      if (slot.tag == hashed >> 32 && same(this->word(slot.id), word)) return slot.id;
    }
  }
  void grow();

  std::vector<Slot> slots_;
  std::string bytes_;
  std::vector<uint64_t> offsets_{0};
};

// The n-gram (prefix, last word): `prefix` is the number of the n-gram without its last word.
inline uint64_t ngram_key(uint32_t prefix, uint32_t word) { return uint64_t{prefix} << 32 | word; }

class NgramTable {
 public:
  struct Slot {
    uint64_t key = 0;
    uint32_t id = no_id;
    uint32_t mark = 0;  // for the owner: the last row it was seen in while counting, then its column
  };

  NgramTable() : slots_(64) {}
  void reserve(size_t entries);

  void prefetch(uint64_t key) const { __builtin_prefetch(&slots_[place(key)]); }
  // Its id is no_id where there is none.
  const Slot& find(uint64_t key) const {
    for (size_t at = place(key);; at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].id == no_id || slots_[at].key == key) return slots_[at];
  }
  // The slot of `key`, new or not; valid until the next insert.
  Slot& insert(uint64_t key) {
    if (count_ * 4 >= slots_.size() * 3) resize(slots_.size() * 2);
    for (size_t at = place(key);; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.id != no_id && slot.key != key) continue;
      if (slot.id == no_id) slot = {key, count_++, 0};
      return slot;
    }
  }
  size_t size() const { return count_; }
  // The keys by number.
  std::vector<uint64_t> keys() const;
  // Sets every slot's mark to mark_of(number).
  template <typename MarkOf>
  void mark(MarkOf mark_of) {
    for (Slot& slot : slots_)
      if (slot.id != no_id) slot.mark = mark_of(slot.id);
  }

 private:
  // Fibonacci hashing: the top bits of the product depend on all bits of the key.
  size_t place(uint64_t key) const { return ((key ^ (key >> 32)) * 0x9E3779B97F4A7C15u) >> shift_; }
  void resize(size_t slots);

  std::vector<Slot> slots_;
  int shift_ = 64 - 6;
  uint32_t count_ = 0;
};

}  // namespace mlopsctl::text
