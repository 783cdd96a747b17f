// Runs a fuzzer over files and folders without libFuzzer: seeds and past findings stay tests with any compiler.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "pipeline/base/files.hpp"
#include "tests/fuzz/fuzz.hpp"

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) files.emplace_back(argv[i]);
    else
      for (const auto& entry : fs::directory_iterator(argv[i]))
        if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::fprintf(stderr, "%s\n", file.c_str());
    const auto bytes = mlopsctl::read_file(file);
    if (!bytes) return std::fprintf(stderr, "%s\n", bytes.error().message.c_str()), 1;
    // Whole, and cut short at a few places: most crashes live at an unexpected end.
    for (size_t parts = 1; parts <= 16; ++parts) mlopsctl::fuzz_one(std::string_view(*bytes).substr(0, bytes->size() * parts / 16));
  }
  return files.empty() ? 1 : 0;
}
