// For the rare client that takes nothing compressed.
#pragma once

#include <span>
#include <string>

namespace mlopsctl::serve::web {

// Of one whole gzip member that this program carries itself: cannot fail but by lack of memory.
std::string gunzip(std::span<const unsigned char> bytes);

}  // namespace mlopsctl::serve::web
