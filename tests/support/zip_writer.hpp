// Zip archives for tests, right and wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stages/weights/stored_zip.hpp"

namespace mlopsctl::weights {

inline std::string little(uint64_t value, size_t width) {
  std::string bytes;
  for (size_t i = 0; i < width; ++i) bytes += static_cast<char>(i < 8 ? value >> 8 * i & 255 : 0);
  return bytes;
}

struct ZipPart {
  std::string name, bytes;
  uint32_t method = 0, flags = 0;
  int64_t size = -1;  // what the list says; -1: the truth
  bool wrong_crc = false;
  std::string local_name = {};  // in the local header; empty: the same
};

inline std::string zip(const std::vector<ZipPart>& parts) {
  std::string data, list;
  for (const ZipPart& part : parts) {
    const uint64_t size = part.size < 0 ? part.bytes.size() : static_cast<uint64_t>(part.size);
    const std::string local_name = part.local_name.empty() ? part.name : part.local_name;
    const std::string common = little(20, 2) + little(part.flags, 2) + little(part.method, 2) + little(0, 4) +
                               little(crc32(part.bytes) ^ (part.wrong_crc ? 1U : 0U), 4) + little(size, 4) + little(size, 4);
    list += "PK\1\2" + little(20, 2) + common + little(part.name.size(), 2) + little(0, 12) + little(data.size(), 4) + part.name;
    data += "PK\3\4" + common + little(local_name.size(), 2) + little(0, 2) + local_name + part.bytes;
  }
  return data + list + "PK\5\6" + little(0, 4) + little(parts.size(), 2) + little(parts.size(), 2) + little(list.size(), 4) + little(data.size(), 4) +
         little(0, 2);
}

}  // namespace mlopsctl::weights
