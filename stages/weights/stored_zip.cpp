#include "stages/weights/stored_zip.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace mlopsctl::weights {
namespace {

constexpr std::string_view end_mark = "PK\5\6", end64_mark = "PK\6\6", locator_mark = "PK\6\7", entry_mark = "PK\1\2", local_mark = "PK\3\4";
constexpr size_t end_size = 22, end64_size = 56, locator_size = 20, entry_size = 46, local_size = 30;
constexpr uint64_t elsewhere32 = 0xffffffff, elsewhere16 = 0xffff;  // "see the 64-bit record"

// Little-endian, of `width` bytes; the caller has checked that they are there.
uint64_t number(std::string_view bytes, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
bool holds(std::string_view bytes, uint64_t at, uint64_t size) { return at <= bytes.size() && size <= bytes.size() - at; }

struct Directory {
  uint64_t entries = 0, size = 0, offset = 0;
};

// The end record is the last thing in the file but for a comment of up to 65535 bytes.
std::optional<size_t> find_end(std::string_view bytes) {
  if (bytes.size() < end_size) return std::nullopt;
  const size_t least = bytes.size() - std::min<size_t>(bytes.size(), end_size + elsewhere16);
  for (size_t at = bytes.size() - end_size + 1; at-- > least;)
    if (bytes.substr(at, 4) == end_mark && at + end_size + number(bytes, at + 20, 2) == bytes.size()) return at;
  return std::nullopt;
}

Result<Directory> find_directory(std::string_view bytes) {
  const auto end = find_end(bytes);
  if (!end) return stage_error("it has no end record: it was cut short, or is no zip archive");
  if (number(bytes, *end + 4, 2) != 0 || number(bytes, *end + 6, 2) != 0) return stage_error("it spans several disks");
  Directory directory{number(bytes, *end + 10, 2), number(bytes, *end + 12, 4), number(bytes, *end + 16, 4)};
  if (*end >= locator_size && bytes.substr(*end - locator_size, 4) == locator_mark) {
    const uint64_t at = number(bytes, *end - locator_size + 8, 8);
    if (!holds(bytes, at, end64_size) || bytes.substr(at, 4) != end64_mark) return stage_error("its 64-bit end record is not where it says");
    directory = {number(bytes, at + 32, 8), number(bytes, at + 40, 8), number(bytes, at + 48, 8)};
  }
  if (!holds(bytes, directory.offset, directory.size)) return stage_error("its list of entries reaches past the end of the file");
  return directory;
}

struct Sizes {
  uint64_t stored = 0, size = 0, offset = 0;
};

// Replaces what does not fit 32 bits by the values of the extra field 1.
Status widen(std::string_view extra, Sizes& sizes) {
  uint64_t* const wanted[] = {&sizes.size, &sizes.stored, &sizes.offset};  // the order in the field
  if (std::none_of(std::begin(wanted), std::end(wanted), [](const uint64_t* value) { return *value == elsewhere32; })) return {};
  while (extra.size() >= 4) {
    const uint64_t id = number(extra, 0, 2), length = number(extra, 2, 2);
    if (!holds(extra, 4, length)) break;
    std::string_view field = extra.substr(4, length);
    extra.remove_prefix(4 + length);
    if (id != 1) continue;
    for (uint64_t* value : wanted) {
      if (*value != elsewhere32) continue;
      if (field.size() < 8) return stage_error("its 64-bit sizes are cut short");
      *value = number(field, 0, 8);
      field.remove_prefix(8);
    }
    return {};
  }
  return stage_error("its 64-bit sizes are missing");
}

// The bytes behind the local header, which repeats the name.
Result<std::string_view> contents(std::string_view bytes, const Sizes& sizes, std::string_view name) {
  if (!holds(bytes, sizes.offset, local_size) || bytes.substr(sizes.offset, 4) != local_mark) return stage_error("it is not where the list says");
  const uint64_t name_length = number(bytes, sizes.offset + 26, 2), extra_length = number(bytes, sizes.offset + 28, 2);
  const uint64_t start = sizes.offset + local_size + name_length + extra_length;
  if (!holds(bytes, start, sizes.size)) return stage_error("it reaches past the end of the file");
  if (bytes.substr(sizes.offset + local_size, name_length) != name) return stage_error("it has another name than in the list");
  return bytes.substr(start, sizes.size);
}

}  // namespace

bool looks_like_zip(std::string_view bytes) { return bytes.starts_with(local_mark) || bytes.starts_with(end_mark); }

Result<std::map<std::string, ZipEntry, std::less<>>> list_stored_zip(std::string_view bytes, const std::string& origin) {
  const auto fault = [&](const std::string& what) { return stage_error(origin + ": not a zip archive as torch writes it: " + what); };
  const auto directory = find_directory(bytes);
  if (!directory) return fault(directory.error().message);
  std::string_view list = bytes.substr(directory->offset, directory->size);
  std::map<std::string, ZipEntry, std::less<>> entries;
  for (uint64_t i = 0; i < directory->entries; ++i) {
    if (!holds(list, 0, entry_size) || list.substr(0, 4) != entry_mark) return fault("its list of entries is cut short");
    const uint64_t name_length = number(list, 28, 2), extra_length = number(list, 30, 2), comment_length = number(list, 32, 2);
    if (!holds(list, entry_size, name_length + extra_length + comment_length)) return fault("its list of entries is cut short");
    const std::string name(list.substr(entry_size, name_length));
    const auto entry_fault = [&](const std::string& what) { return fault("entry \"" + name + "\": " + what); };
    if ((number(list, 8, 2) & 1) != 0) return entry_fault("it is encrypted");
    if (number(list, 10, 2) != 0) return entry_fault("it is compressed; torch stores tensors as they are");
    Sizes sizes{number(list, 20, 4), number(list, 24, 4), number(list, 42, 4)};
    if (auto widened = widen(list.substr(entry_size + name_length, extra_length), sizes); !widened) return entry_fault(widened.error().message);
    if (sizes.stored != sizes.size) return entry_fault("its two sizes differ");
    const auto data = contents(bytes, sizes, name);
    if (!data) return entry_fault(data.error().message);
    if (!entries.emplace(name, ZipEntry{*data, static_cast<uint32_t>(number(list, 16, 4))}).second) return entry_fault("it is there twice");
    list.remove_prefix(entry_size + name_length + extra_length + comment_length);
  }
  return entries;
}

namespace {

// tables[k][b]: what byte b adds, k bytes before the end of a block of eight ("slicing by 8", Kounavis and Berry 2005).
constexpr std::array<std::array<uint32_t, 256>, 8> crc_tables = [] {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? 0xedb88320U : 0);
    tables[0][byte] = value;
  }
  for (size_t k = 1; k < 8; ++k)
    for (size_t byte = 0; byte < 256; ++byte) tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 255];
  return tables;
}();

}  // namespace

uint32_t crc32(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t block;
    std::memcpy(&block, bytes.data(), 8);
    block ^= crc;
    crc = 0;
    for (size_t k = 0; k < 8; ++k) crc ^= crc_tables[7 - k][block >> 8 * k & 255];
  }
  for (const char byte : bytes) crc = crc >> 8 ^ crc_tables[0][(crc ^ static_cast<unsigned char>(byte)) & 255];
  return ~crc;
}

}  // namespace mlopsctl::weights
