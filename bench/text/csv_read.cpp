// Reads a CSV file several times and prints, for each way of reading it, the best rate. usage: bench_csv FILE [RUNS]
//   stream: every record is looked at once and forgotten
//   table:  every field is kept, as pandas.read_csv keeps it
// Output: one line "NAME MEGABYTES_PER_CPU_SECOND RECORDS" each. (One thread, file in the page cache: CPU time is the wall time of an idle
// machine, and a busy one cannot spoil it.)
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "stages/data/table.hpp"

namespace {

using namespace mlopsctl;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Hands every record to `take`; returns their number, or -1 after a fault.
template <typename Take>
int64_t read_table(const std::string& path, Take take) {
  Result<data::TableReader> reader = data::TableReader::open(path, {}, path);
  if (!reader.ok()) return -1;
  data::Record record;
  data::BadRecord bad;
  while (true) {
    const Result<data::Next> next = reader->next(record, bad);
    if (!next.ok() || *next == data::Next::bad) return -1;
    if (*next == data::Next::end) return record.number;
    take(record);
  }
}

int64_t stream(const std::string& path) {
  size_t bytes = 0;
  const int64_t records = read_table(path, [&](const data::Record& record) {
    for (const std::string_view field : record.fields) bytes += field.size();
  });
  return bytes == 0 ? -1 : records;
}

int64_t table(const std::string& path) {
  std::vector<std::string> blocks;
  std::vector<std::string_view> cells;
  return read_table(path, [&](const data::Record& record) {
    for (const std::string_view field : record.fields) {
      if (blocks.empty() || blocks.back().capacity() - blocks.back().size() < field.size()) {
        blocks.emplace_back();
        blocks.back().reserve(std::max<size_t>(1 << 20, field.size()));
      }
      std::string& block = blocks.back();
      cells.emplace_back(block.data() + block.size(), field.size());
      block += field;
    }
  });
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 2;
  const std::string path = words[1];
  const int runs = count > 2 ? std::atoi(words[2]) : 7;
  const double megabytes = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
  for (const auto& [name, read] : {std::pair("stream", &stream), std::pair("table", &table)}) {
    double best = 0;
    int64_t records = 0;
    for (int run = 0; run < runs; ++run) {
      const double begin = cpu_seconds();
      records = read(path);
      if (records < 0) return std::fprintf(stderr, "cannot read %s\n", path.c_str()), 3;
      best = std::max(best, megabytes / (cpu_seconds() - begin));
    }
    std::printf("%s %.0f %lld\n", name, best, static_cast<long long>(records));
  }
}
