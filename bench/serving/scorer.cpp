// The server's scorer without sockets: `connections` clients that ask again as soon as they are answered, one text each.
// bench_scorer MODEL_FOLDER TEXTS.csv CONNECTIONS SECONDS WORKERS BATCH_TOKENS; WORKERS 0: one a core. Prints requests a second, p50 and p99 in ms,
// how many texts a batch had, and
// the CPU's ms a text.
#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>

#include "stages/data/table.hpp"
#include "stages/serve/scoring/batch_scorer.hpp"

namespace {

using namespace mlopsctl;
using Clock = std::chrono::steady_clock;

std::vector<std::string> texts_of(const char* path) {
  auto reader = data::TableReader::open(path, {}, path).value();
  const size_t column = reader.column("text", "").value();
  std::vector<std::string> texts;
  data::Record record;
  data::BadRecord bad;
  while (reader.next(record, bad).value() == data::Next::record) texts.emplace_back(record.fields[column]);
  return texts;
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return std::fprintf(stderr, "usage: bench_scorer MODEL_FOLDER TEXTS.csv CONNECTIONS SECONDS WORKERS BATCH_TOKENS\n"), 2;
  const auto texts = texts_of(argv[2]);
  const int connections = std::atoi(argv[3]), seconds = std::atoi(argv[4]);
  serve::ScoringOptions options;
  options.workers = std::atoi(argv[5]);
  options.limits.batch_tokens = static_cast<size_t>(std::atoi(argv[6]));
  auto scorer = serve::make_scorer(options, serve::folder_source(argv[1]));
  if (!scorer) return std::fprintf(stderr, "%s\n", scorer.error().message.c_str()), 1;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<int> ready;
  for (int client = 0; client < connections; ++client) ready.push_back(client);
  std::vector<Clock::time_point> asked(static_cast<size_t>(connections));
  std::vector<double> times;
  size_t at = 0, under_way = 0;
  const double before = cpu_seconds();
  const auto start = Clock::now(), begin = start + std::chrono::seconds(1), end = begin + std::chrono::seconds(seconds);
  while (true) {
    int client = 0;
    {
      std::unique_lock lock(mutex);
      if (Clock::now() >= end && under_way == 0) break;
      changed.wait(lock, [&] { return !ready.empty(); });
      client = ready.front();
      ready.pop_front();
      if (Clock::now() >= end) {
        if (under_way == 0) break;
        continue;
      }
      ++under_way;
      asked[static_cast<size_t>(client)] = Clock::now();
    }
    (*scorer)->submit({texts[at++ % texts.size()]}, Clock::time_point::max(), [&, client](serve::Scored* scored, const serve::NotScored*) {
      const auto now = Clock::now();
      const std::lock_guard lock(mutex);
      const auto since = asked[static_cast<size_t>(client)];
      if (scored != nullptr && since >= begin && now < end) times.push_back(std::chrono::duration<double, std::milli>(now - since).count());
      ready.push_back(client);
      --under_way;
      changed.notify_one();
    });
  }
  std::sort(times.begin(), times.end());
  if (times.empty()) return 1;
  const auto stats = (*scorer)->stats();
  std::printf("%.1f %.3f %.3f %.1f %.3f\n", static_cast<double>(times.size()) / seconds, times[times.size() / 2], times[times.size() * 99 / 100],
              static_cast<double>(stats.texts) / static_cast<double>(stats.batches), (cpu_seconds() - before) * 1e3 / static_cast<double>(stats.texts));
}
