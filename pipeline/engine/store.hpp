// ArtifactStore and Index: everything mlopsctl remembers, under `.mlopsctl/` in the project folder.
//
//   store/ab/cdef...   an artifact (file or folder, read-only), named by its digest
//   index.sqlite       results by cache key, runs, aliases, digests of input files (WAL; the one place that includes sqlite3.h is store.cpp)
//   tmp/<run id>/      scratch of a live run; its lock is held while the run lives, so anybody may sweep what is unlocked
//   locks/             one lock per pipeline (run), one for the store (commit shared, gc exclusive)
//   quarantine/        artifacts that `cache verify` found damaged
//
// An artifact is flushed before its name appears, and its name appears before the index speaks of it: whatever point the power
// fails at, the index never names bytes that are not there.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/engine/artifact.hpp"
#include "pipeline/engine/plan.hpp"
#include "pipeline/engine/run_record.hpp"

namespace mlopsctl::engine {

// A stage's remembered result.
struct CachedResult {
  CacheKey key;
  std::string stage;
  std::vector<KeyPart> parts;
  std::vector<Artifact> artifacts;
  StageReport report;
  std::string run_id;   // the run that made it
  double seconds = 0;
};

struct AliasEntry {
  int64_t version = 0;  // counts from 1 per alias
  std::string alias;
  Digest model;
  std::string at;       // RFC 3339
  std::string run_id;   // empty when set by hand
  std::string action;   // "deploy", "set", "rollback"
};

struct VerifyReport {
  int64_t checked = 0;
  std::vector<std::string> damaged;  // digests, moved to quarantine/
  std::vector<std::string> missing;  // named by the index, not in the store; their results are forgotten
};

struct GcReport {
  int64_t removed = 0, removed_bytes = 0, kept = 0, kept_bytes = 0;
};

class Store {
 public:
  // Opens or creates `<project>/.mlopsctl`. An index written by a newer mlopsctl is an error that says so.
  static Result<Store> open(const std::filesystem::path& project, const Clock& clock);
  // Nothing when there is no `.mlopsctl` yet: for commands that only look.
  static Result<std::optional<Store>> open_existing(const std::filesystem::path& project, const Clock& clock);
  ~Store();
  Store(Store&&) noexcept;

  const std::filesystem::path& folder() const;  // .../.mlopsctl

  // --- artifacts
  std::filesystem::path path_of(const Digest& digest) const;
  bool has(const Digest& digest) const;
  // Moves a finished file or folder from scratch into the store (flush, rename); if the digest is there already, scratch is dropped.
  Result<Artifact> adopt(const std::filesystem::path& scratch, std::string name, std::string type);

  // --- results
  // Only results whose artifacts are all present are returned.
  Result<std::optional<CachedResult>> find(const CacheKey& key);
  Result<std::optional<CachedResult>> latest_of(std::string_view pipeline, std::string_view stage);  // for explain
  Status remember(std::string_view pipeline, const CachedResult& result);
  Status forget(const CacheKey& key);

  // --- digests of input files, remembered by (path, size, mtime, inode) so that unchanged files are not read again
  Result<Digest> digest_of_input(const std::filesystem::path& path);

  // --- runs
  Status save_run(const RunRecord& record);
  Result<std::vector<RunRecord>> runs(std::string_view pipeline /* empty: all */, int limit);  // newest first
  Result<std::optional<RunRecord>> run(std::string_view id_or_prefix);                         // "latest" too; an ambiguous prefix is an error
  // Median seconds of the last successful executions; nothing when it never ran.
  Result<std::optional<double>> expected_seconds(std::string_view pipeline, std::string_view stage);

  // --- aliases
  Result<AliasEntry> set_alias(std::string_view alias, const Digest& model, std::string_view run_id, std::string_view action);
  Result<std::optional<AliasEntry>> alias(std::string_view alias);
  Result<std::vector<AliasEntry>> alias_history(std::string_view alias /* empty: all */);  // newest first

  // --- upkeep
  Result<VerifyReport> verify(bool read_data);
  Result<GcReport> gc(int keep_runs, bool dry_run);

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mlopsctl::engine
