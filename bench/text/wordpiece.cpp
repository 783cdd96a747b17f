// Turns the texts of a CSV file into WordPiece ids several times and prints the best rates. usage: bench_wordpiece FOLDER|VOCAB.txt FILE [RUNS]
// Output: one line "NAME MEGABYTES_PER_CPU_SECOND TOKENS" each for ids alone and ids with offsets; "load MILLISECONDS TOKENS"; "peak MEBIBYTES 0".
// (One thread, texts in memory: CPU time is the wall time of an idle machine, and a busy one cannot spoil it.)
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "bench/support/texts.hpp"
#include "pipeline/base/files.hpp"
#include "stages/text/wordpiece.hpp"

namespace {

using namespace mlopsctl;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Result<text::WordPiece> load(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return text::WordPiece::load(path, path.string());
  TRY_ASSIGN(const std::string lines, read_file(path));
  return text::WordPiece::from_vocabulary(lines, text::Casing::uncased, path.string());
}

// Megabytes per second of the best run.
template <typename Encode>
void rate(const char* name, const std::vector<std::string>& texts, int runs, Encode encode) {
  double bytes = 0, best = 1e9;
  for (const std::string& text : texts) bytes += static_cast<double>(text.size());
  size_t tokens = 0;
  for (int run = 0; run < runs; ++run) {
    const double begin = cpu_seconds();
    tokens = 0;
    for (const std::string& text : texts) tokens += encode(text);
    best = std::min(best, cpu_seconds() - begin);
  }
  std::printf("%s %.1f %zu\n", name, bytes / 1e6 / best, tokens);
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  const int runs = count > 3 ? std::atoi(words[3]) : 7;
  const double begin = cpu_seconds();
  const Result<text::WordPiece> tokenizer = load(words[1]);
  const double loading = cpu_seconds() - begin;
  const Result<std::vector<std::string>> texts = bench::column_of(words[2], "text");
  if (!tokenizer.ok() || !texts.ok()) return std::fprintf(stderr, "%s\n", (tokenizer.ok() ? texts.error() : tokenizer.error()).message.c_str()), 3;
  std::vector<int32_t> ids;
  std::vector<text::Offsets> offsets;
  rate("ids", *texts, runs, [&](const std::string& text) {
    ids.clear();
    tokenizer->encode(text, ids);
    return ids.size();
  });
  rate("offsets", *texts, runs, [&](const std::string& text) {
    ids.clear();
    offsets.clear();
    tokenizer->encode(text, ids, offsets);
    return ids.size();
  });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("load %.1f %zu\npeak %.0f 0\n", loading * 1e3, tokenizer->size(), static_cast<double>(usage.ru_maxrss) / 1024);
}
