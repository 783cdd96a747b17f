// What a client may ask of the server before it is refused; every figure is per connection unless it says otherwise.
#pragma once

#include <chrono>
#include <cstddef>

namespace mlopsctl::serve {

struct Limits {
  size_t header_bytes = 16 << 10;                  // request line and header fields together: 431 beyond
  size_t header_fields = 100;                      // 431 beyond
  size_t body_bytes = 2 << 20;                     // 413 beyond, chunked or not
  size_t held_bytes = 256 << 20;                   // bodies of all connections together, while they arrive and are worked on: 503 beyond
  size_t connections = 16'384;                     // all together; beyond, the one that has waited longest for a whole request gives way
  std::chrono::milliseconds header_time{10'000};   // from a request's first byte to the end of its header
  std::chrono::milliseconds request_time{30'000};  // from a request's first byte to its answer: 408 while it arrives, 504 afterwards
  std::chrono::milliseconds idle_time{75'000};     // between requests
  std::chrono::milliseconds write_time{20'000};    // to take an answer
};

}  // namespace mlopsctl::serve
