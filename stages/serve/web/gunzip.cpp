#include "stages/serve/web/gunzip.hpp"

#include <zlib.h>

#include <cstdint>
#include <new>

namespace mlopsctl::serve::web {

std::string gunzip(std::span<const unsigned char> bytes) {
  uint32_t size = 0;  // RFC 1952: the last four bytes, little-endian
  for (size_t i = 0; i < 4; ++i) size |= uint32_t{bytes[bytes.size() - 4 + i]} << (8 * i);
  std::string text(size, '\0');
  z_stream stream{};
  stream.next_in = const_cast<unsigned char*>(bytes.data());
  stream.avail_in = static_cast<unsigned>(bytes.size());
  stream.next_out = reinterpret_cast<unsigned char*>(text.data());
  stream.avail_out = size;
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return text;
}

}  // namespace mlopsctl::serve::web
