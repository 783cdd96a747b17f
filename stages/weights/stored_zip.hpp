// A zip archive whose entries are stored without compression, as torch writes them: names and views of the bytes. (PKWARE's APPNOTE.TXT.)
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "pipeline/base/result.hpp"

namespace mlopsctl::weights {

bool looks_like_zip(std::string_view bytes);

struct ZipEntry {
  std::string_view bytes;
  uint32_t crc = 0;  // as the archive states it; 0 also where the writer was told to leave it out
};
// With or without the 64-bit records. Refused, with messages that begin with `origin`: compression, encryption, several disks, an entry
// that reaches past the file or whose two headers disagree, a name that is there twice. The checksums are not looked at.
Result<std::map<std::string, ZipEntry, std::less<>>> list_stored_zip(std::string_view bytes, const std::string& origin);

// CRC-32 of IEEE 802.3, as in zip and gzip.
uint32_t crc32(std::string_view bytes);

}  // namespace mlopsctl::weights
