// What the engine itself costs: a run of N trivial stages, the same again with nothing to do, and the memory of it. Prints, asserts nothing.
// Usage: engine_speed [STAGES] [process|thread] [REPEATS]
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "pipeline/engine/engine.hpp"
#include "tests/support/fake_stage.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace mlopsctl;
using namespace mlopsctl::engine;

namespace {

class Silent final : public Reporter {
  void run_started(const Plan&, std::string_view) override {}
  void waiting_for(std::string_view) override {}
  void stage_started(const PlannedStage&, int) override {}
  void stage_progress(std::string_view, double, std::string_view) override {}
  void stage_finished(const StageRun&) override {}
  void run_finished(const RunRecord&) override {}
};

struct Cost {
  double wall = 0, cpu = 0;  // ms; CPU time of this process and its children
  auto operator<=>(const Cost&) const = default;
};

double cpu_milliseconds() {
  double total = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    struct rusage usage {};
    ::getrusage(who, &usage);
    for (const auto& time : {usage.ru_utime, usage.ru_stime}) total += static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  }
  return total;
}

Cost cost_of(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  const double cpu = cpu_milliseconds();
  work();
  return {std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count(), cpu_milliseconds() - cpu};
}

double peak_mib() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  const int stages = argc > 1 ? std::atoi(argv[1]) : 1000;
  const int repeats = argc > 3 ? std::atoi(argv[3]) : 9;
  mlopsctl::testing::TemporaryFolder folder;
  const SystemClock clock;
  const CancelToken cancel;
  Silent reporter;
  StageRegistry registry;
  registry["concat"] = mlopsctl::testing::concatenate();
  mlopsctl::testing::PipelineBuilder p;
  folder.write("train.csv", "a few bytes");
  p.input("train", "train.csv", {{"format", "csv"}, {"text", "text"}, {"label", "label"}});
  for (int i = 0; i < stages; ++i) {
    const Json params = {{"text", std::to_string(i)}, {"steps", {"a", "b", "c"}}, {"model", {{"c", 1.0}, {"ngrams", {1, 2}}, {"weighting", "tfidf"}}}};
    p.stage("s" + std::to_string(i), "concat", {i % 10 == 0 ? "train" : "s" + std::to_string(i - 1)}, params);
  }
  RunOptions options;
  options.project = folder.path();
  options.runner = argc > 2 ? argv[2] : "process";
  const auto run = [&] {
    auto store = Store::open(folder.path(), clock);
    if (!store) std::fprintf(stderr, "%s\n", store.error().message.c_str()), std::exit(1);
    auto record = execute(p.pipeline, registry, *store, options, clock, cancel, reporter);
    if (!record) std::fprintf(stderr, "%s\n", record.error().message.c_str()), std::exit(1);
    if (record->state != RunState::succeeded) std::exit(1);
  };
  const double before = peak_mib();
  const Cost first = cost_of(run);
  std::printf("%d stages with the %s runner: each %.2f ms, of CPU %.2f ms\n", stages, options.runner.c_str(), first.wall / stages, first.cpu / stages);
  std::vector<Cost> again;
  for (int i = 0; i < repeats; ++i) again.push_back(cost_of(run));
  std::sort(again.begin(), again.end());
  std::printf("nothing to do: median %.1f ms of %zu (least %.1f, most %.1f), of CPU %.1f ms\n", again[again.size() / 2].wall, again.size(), again[0].wall,
              again.back().wall, again[again.size() / 2].cpu);
  std::printf("peak memory: %.1f MiB, %.1f of it before the first run\n", peak_mib(), before);
}
