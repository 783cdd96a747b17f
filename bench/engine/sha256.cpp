// Prints the SHA-256 of a file by the code that hashes artifacts. usage: bench_sha256 FILE
#include <cstdio>

#include "pipeline/base/digest.hpp"

int main(int count, char** words) {
  if (count != 2) return 2;
  const auto digest = mlopsctl::digest_of_file(words[1]);
  if (!digest) {
    std::fprintf(stderr, "%s\n", digest.error().message.c_str());
    return 3;
  }
  std::printf("%s\n", digest->hex().c_str());
}
