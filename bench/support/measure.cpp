// Runs a command several times and prints one line: median, least and greatest wall milliseconds, median CPU milliseconds, peak MiB.
// usage: measure [-n RUNS] [-w WARM_UP_RUNS] [-o LOG] COMMAND [ARGUMENT...]; the command's output goes to LOG (default /dev/null).
// Ends with the command's status when it is not 0, so that a benchmark never times a failure.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct Sample {
  double wall = 0, cpu = 0;  // milliseconds
  double peak = 0;           // MiB
  int status = 0;
};

double milliseconds(const timeval& time) { return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3; }

Sample run_once(char** command, const char* log) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  Sample sample;
  rusage usage{};
  int status = 0;
  pid_t child = 0;
  const auto begin = std::chrono::steady_clock::now();
  if (posix_spawnp(&child, command[0], &files, nullptr, command, environ) != 0 || wait4(child, &status, 0, &usage) != child) {
    std::fprintf(stderr, "measure: cannot run %s\n", command[0]);
    std::exit(127);
  }
  sample.wall = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  posix_spawn_file_actions_destroy(&files);
  sample.cpu = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
  sample.peak = static_cast<double>(usage.ru_maxrss) / 1024;
  sample.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return sample;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

int main(int count, char** words) {
  int runs = 10, warm_up = 1, next = 1;
  const char* log = "/dev/null";
  for (; next + 1 < count && words[next][0] == '-'; next += 2) {
    const std::string_view flag = words[next];
    if (flag == "-n") runs = std::max(1, std::atoi(words[next + 1]));
    else if (flag == "-w") warm_up = std::max(0, std::atoi(words[next + 1]));
    else if (flag == "-o") log = words[next + 1];
    else break;
  }
  if (next >= count) {
    std::fprintf(stderr, "usage: measure [-n RUNS] [-w WARM_UP_RUNS] [-o LOG] COMMAND [ARGUMENT...]\n");
    return 2;
  }
  std::vector<double> walls, cpus;
  double peak = 0;
  for (int i = 0; i < warm_up + runs; ++i) {
    const Sample sample = run_once(words + next, log);
    if (sample.status != 0) {
      std::fprintf(stderr, "measure: %s ended %d\n", words[next], sample.status);
      return sample.status;
    }
    if (i < warm_up) continue;
    walls.push_back(sample.wall);
    cpus.push_back(sample.cpu);
    peak = std::max(peak, sample.peak);
  }
  std::printf("%.3f %.3f %.3f %.3f %.1f\n", median(walls), *std::min_element(walls.begin(), walls.end()), *std::max_element(walls.begin(), walls.end()),
              median(cpus), peak);
}
