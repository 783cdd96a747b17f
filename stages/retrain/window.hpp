// A window: the rows to train on, chosen from files that grow. The new ones (of the last time, the last so many), and a sample of the older ones drawn
// uniformly (reservoir sampling: Vitter 1985, algorithm R). Two passes over the files; memory grows with the rows chosen (their numbers), not with the files.
#pragma once

#include <filesystem>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/clock.hpp"
#include "pipeline/base/digest.hpp"
#include "stages/retrain/policy.hpp"

namespace mlopsctl::retrain {

struct Chosen {
  int64_t rows = 0, older = 0;         // written; of them drawn from the older ones
  int64_t unlabelled = 0, unread = 0;  // left out: no label; cannot be read
  int64_t undated = 0;                 // taken for old: no time that can be read
  Digest digest;                       // of the file
};

// Writes the window of `policy` as of `now` into `output`, in the order of the sources, complete or not at all. Sources are looked for in `project`. The
// same rows, time and seed give the same bytes. Errors: a source that is not there, lacks a column, or has other columns than the first; no labelled row.
Result<Chosen> write_window(const WindowPolicy& policy, const std::filesystem::path& project, TimePoint now, uint64_t seed, const std::filesystem::path& output,
                            const CancelToken& cancel);

// Labelled rows in all sources of the windows; each file once.
Result<int64_t> count_labelled(const std::vector<WindowPolicy>& windows, const std::filesystem::path& project, const CancelToken& cancel);

}  // namespace mlopsctl::retrain
