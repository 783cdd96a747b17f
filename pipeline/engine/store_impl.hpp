// What the store_*.cpp files share. Nobody else includes this.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/base/files.hpp"
#include "pipeline/engine/sqlite.hpp"
#include "pipeline/engine/store.hpp"

namespace mlopsctl::engine {

struct StoreImpl {
  // What was seen of a file when it was hashed.
  struct InputMemory {
    std::string path;
    int64_t size = 0, mtime = 0, ctime = 0, inode = 0;  // times in ns
    Digest digest;
  };

  StoreImpl(std::filesystem::path folder_, const Clock& clock_) : folder(std::move(folder_)), clock(clock_) {}

  std::filesystem::path folder;
  const Clock& clock;
  std::unique_ptr<Database> db;
  std::vector<std::string> warnings;
  std::string boot;         // the kernel's boot id; empty: unknown, then nothing is flushed later
  FileDescriptor store_fd;  // of store/, opened first, so that syncfs reports every write error since

  int commit_depth = 0;
  std::optional<FileLock> commit;
  int reading_depth = 0;
  std::vector<InputMemory> inputs_to_remember;

  std::vector<Digest> unflushed;
  std::vector<int64_t> unflushed_rows;
  struct KeyHash {  // a key is a hash already
    size_t operator()(const CacheKey& key) const {
      size_t start = 0;
      std::memcpy(&start, key.value.bytes().data(), sizeof start);
      return start;
    }
  };
  std::unordered_map<CacheKey, int64_t, KeyHash> row_of;  // results seen or made by this process
  // For latest_of: stage -> row of the pipeline's latest run, and the highest row at its end. Per pipeline.
  struct LatestRun {
    std::map<std::string, int64_t, std::less<>> rows;
    int64_t last_result = 0;
  };
  std::map<std::string, LatestRun, std::less<>> latest_runs;

  std::filesystem::path path_of(const Digest& digest) const;
  bool has(const Digest& digest) const;
  // Moves a damaged artifact to quarantine/.
  Status quarantine(const Digest& digest);
  // The row as a result; nothing when an artifact is not there (any more) or cannot be believed.
  Result<std::optional<CachedResult>> result_at(int64_t row);
  Status forget_row(int64_t row);
  Status remember_inputs();
  // One digest over which stage used which row; empty when a stage has none.
  std::string results_of(const RunRecord& record) const;
  Result<LatestRun*> latest_run(std::string_view pipeline);
};

// "name type hex size" a line: read a thousand times in a run with nothing to do, where JSON would cost milliseconds.
std::string artifacts_to_text(const std::vector<Artifact>& artifacts);
Result<std::vector<Artifact>> artifacts_from_text(std::string_view text);
// What a report says besides its summary, a line each, for the same reason: "m 0.87 accuracy", "w <JSON>", "v <JSON>", "p <JSON>" for
// metrics, warnings, the verdict and publications. Empty: nothing of these.
std::string report_to_text(const StageReport& report);
Result<StageReport> report_from_text(std::string_view text);

}  // namespace mlopsctl::engine
