// What is compiled in for browsers; made by this folder's CMakeLists.txt out of site/ and the chart library.
#pragma once

#include <span>
#include <string_view>

namespace mlopsctl::serve::web {

struct Asset {
  std::string_view path;  // where it is served: a page's "/ui", else "/ui/assets/house.0123456789ab.css", whose name changes with its bytes
  std::string_view content_type;
  std::string_view etag;  // quoted
  bool page;
  std::span<const unsigned char> gzip;
};

std::span<const Asset> assets();  // none in a build without pages

}  // namespace mlopsctl::serve::web
