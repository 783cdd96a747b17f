#include "stages/text/hash_tables.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mlopsctl::text {

uint32_t WordTable::insert(std::string_view word) {
  const uint64_t hashed = hash(word);
  if (const uint32_t id = find(word, hashed); id != no_id) return id;
  const auto id = static_cast<uint32_t>(size());
  if (id == no_id - 1) throw std::length_error("more than 2^32 - 2 different words");
  bytes_ += word;
  offsets_.push_back(bytes_.size());
  // Keeps the words readable past their ends, as find() asks of every word it is given.
  if (bytes_.capacity() - bytes_.size() < 16) bytes_.reserve(2 * bytes_.size() + 64);
  if (size() * 2 > slots_.size()) grow();
  const size_t mask = slots_.size() - 1;
  size_t at = hashed & mask;
  while (slots_[at].id != no_id) at = (at + 1) & mask;
  slots_[at] = {static_cast<uint32_t>(hashed >> 32), id};
  return id;
}

void WordTable::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id == no_id) continue;
    size_t at = hash(word(slot.id)) & mask;
    while (slots_[at].id != no_id) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

void NgramTable::reserve(size_t entries) {
  const size_t wanted = std::bit_ceil(entries * 4 / 3 + 1);
  if (wanted > slots_.size()) resize(wanted);
}

void NgramTable::resize(size_t slots) {
  if (count_ >= no_id - 1) throw std::length_error("more than 2^32 - 2 different n-grams");
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  shift_ = 64 - std::countr_zero(slots);
  for (const Slot& slot : old) {
    if (slot.id == no_id) continue;
    size_t at = place(slot.key);
    while (slots_[at].id != no_id) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }
}

std::vector<uint64_t> NgramTable::keys() const {
  std::vector<uint64_t> keys(count_);
  for (const Slot& slot : slots_)
    if (slot.id != no_id) keys[slot.id] = slot.key;
  return keys;
}

}  // namespace mlopsctl::text
