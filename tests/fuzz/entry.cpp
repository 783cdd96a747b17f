// libFuzzer's entry point.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz.hpp"

extern "C" __attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mlopsctl::fuzz_one({reinterpret_cast<const char*>(data), size});
  return 0;
}
