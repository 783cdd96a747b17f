// What every fuzzer is made of: one function that takes any bytes, and a way to say that something must not be.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace mlopsctl {

// Defined by each fuzzer.
void fuzz_one(std::string_view bytes);

namespace fuzz {

inline void require(bool holds, const char* otherwise) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", otherwise);
  std::abort();
}

}  // namespace fuzz
}  // namespace mlopsctl
