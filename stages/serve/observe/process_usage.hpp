// What this process uses, from /proc/self.
#pragma once

#include <string>

namespace mlopsctl::serve {

// process_resident_memory_bytes, process_virtual_memory_bytes, process_cpu_seconds_total, process_open_fds, process_max_fds, process_threads,
// process_start_time_seconds: the names that Prometheus' own libraries use. What cannot be read is left out.
void append_process_usage(std::string& out);

}  // namespace mlopsctl::serve
