#include "stages/serve/observe/process_usage.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <vector>

#include "pipeline/base/files.hpp"
#include "stages/serve/observe/histogram.hpp"

namespace mlopsctl::serve {

namespace {

// Numbers of a line after `skip` words; what is no number is 0.
std::vector<double> numbers(std::string_view line) {
  std::vector<double> values;
  for (size_t at = 0; at < line.size();) {
    const size_t end = std::min(line.find(' ', at), line.size());
    double value = 0;
    std::from_chars(line.data() + at, line.data() + end, value);
    values.push_back(value);
    at = end + 1;
  }
  return values;
}

double boot_time() {
  const auto text = read_file("/proc/stat");
  if (!text.ok()) return 0;
  const size_t at = text->find("\nbtime ");
  double value = 0;
  if (at != std::string::npos) std::from_chars(text->data() + at + 7, text->data() + text->size(), value);
  return value;
}

}  // namespace

void append_process_usage(std::string& out) {
  const auto stat = read_file("/proc/self/stat");
  if (stat.ok()) {
    const std::string_view text(*stat);
    const auto fields = numbers(text.substr(std::min(text.rfind(')') + 2, text.size())));  // from field 3 of proc(5) on
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK)), page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    if (fields.size() > 21) {
      append_one(out, "process_cpu_seconds_total", "counter", "Processor time used, user and system.", (fields[11] + fields[12]) / ticks);
      append_one(out, "process_threads", "gauge", "Threads.", fields[17]);
      static const double booted = boot_time();
      append_one(out, "process_start_time_seconds", "gauge", "When it started, in seconds since 1970.", booted + fields[19] / ticks);
      append_one(out, "process_virtual_memory_bytes", "gauge", "Virtual memory.", fields[20]);
      append_one(out, "process_resident_memory_bytes", "gauge", "Memory that is resident.", fields[21] * page);
    }
  }
  if (DIR* folder = ::opendir("/proc/self/fd"); folder != nullptr) {
    double count = -3;  // ".", ".." and this folder's own
    while (::readdir(folder) != nullptr) ++count;
    ::closedir(folder);
    append_one(out, "process_open_fds", "gauge", "Open file descriptors.", count);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    append_one(out, "process_max_fds", "gauge", "The most file descriptors there can be.", static_cast<double>(limit.rlim_cur));
}

}  // namespace mlopsctl::serve
