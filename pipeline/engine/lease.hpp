// The right to run a pipeline: one run at a time per pipeline and project. The kernel frees it when its process ends, however it ends.
#pragma once

#include <filesystem>
#include <string_view>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/clock.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/engine/reporter.hpp"

namespace mlopsctl::engine {

struct Lease {
  FileLock lock;
  bool waited = false;  // then the other run may have changed what was looked up before
};

// Waits while another process holds the lease, telling the reporter once; with `wait` false, or cancelled, that is an Error (of kind
// stage, exit code 3: the question "does it run?" could not be answered; interrupted when cancelled).
Result<Lease> take_lease(const std::filesystem::path& store_folder, std::string_view pipeline, std::string_view command, bool wait, const Clock& clock,
                         const CancelToken& cancel, Reporter& reporter);

}  // namespace mlopsctl::engine
