// ArtifactStore and Index: everything mlopsctl remembers, under `.mlopsctl/` in the project folder.
//
//   store/ab/cdef...   an artifact (file or folder, read-only), named by its digest
//   index.sqlite       results by cache key, runs, digests of input files (WAL; all of it can be made again by running)
//   aliases.jsonl      one line per change of an alias, appended and flushed: the one thing here that cannot be made again
//   tmp/<run id>/      scratch of a live run; its lock is held while the run lives, so anybody may sweep what is unlocked
//   locks/             one lock per pipeline (run), one for the store (commit shared, gc exclusive), one each for tmp and aliases
//   checkpoints/, memo/  what outlives an execution without being a result (leftovers.hpp)
//   quarantine/        artifacts that `cache verify` found damaged; releases/ holds links to releases (cli/releases), and gc keeps what they name
//
// What is adopted is in the store's folder before the index speaks of it, and flushed to disk either at once or, for a row of short
// stages, together (flush). Until then the index keeps the boot's id beside the result: after a power failure such a result is read
// and hashed again before it is believed. Killing the process loses nothing that was remembered.
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

struct StoreImpl;

// A stage's remembered result.
struct CachedResult {
  CacheKey key;
  std::string stage;
  std::vector<KeyPart> parts;
  std::vector<Artifact> artifacts;
  StageReport report;
  std::string run_id;  // the run that made it
  double seconds = 0;
};

struct AliasEntry {
  int64_t version = 0;  // counts from 1 per alias
  std::string alias;
  Digest model;
  std::string at;      // RFC 3339
  std::string run_id;  // empty when set by hand
  std::string action;  // "deploy", "set", "rollback"
};

struct VerifyReport {
  int64_t checked = 0;
  std::vector<std::string> damaged;  // digests, moved to quarantine/
  std::vector<std::string> missing;  // named by the index, not in the store; their results are forgotten
};

struct GcReport {
  int64_t removed = 0, removed_bytes = 0, kept = 0, kept_bytes = 0;
  int64_t leftovers = 0, leftover_bytes = 0;  // checkpoints and memos that were removed
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
  // What had to be repaired on opening, for the user to know.
  const std::vector<std::string>& warnings() const;

  // Holds gc off between adopting an artifact and remembering it. The calls below hold it by themselves where they need to; the
  // executor holds it across several. Keep it short.
  class CommitLock {
   public:
    ~CommitLock();
    CommitLock(CommitLock&& other) noexcept : impl_(other.impl_) { other.impl_ = nullptr; }
    CommitLock& operator=(CommitLock&&) = delete;

   private:
    friend class Store;
    explicit CommitLock(StoreImpl* impl) : impl_(impl) {}
    StoreImpl* impl_;
  };
  Result<CommitLock> commit_lock();

  // One read transaction for the look-ups of a whole plan: a thousand of them cost as much as a hundred alone.
  class Reading {
   public:
    ~Reading();
    Reading(Reading&& other) noexcept : impl_(other.impl_) { other.impl_ = nullptr; }
    Reading& operator=(Reading&&) = delete;

   private:
    friend class Store;
    explicit Reading(StoreImpl* impl) : impl_(impl) {}
    StoreImpl* impl_;
  };
  Reading read_together();

  // --- artifacts
  std::filesystem::path path_of(const Digest& digest) const;
  bool has(const Digest& digest) const;
  // Moves a finished file or folder from scratch into the store and makes its files read-only; if the digest is there already, and
  // sound, scratch is dropped. With Flush::later it counts as safe only after flush().
  enum class Flush { now, later };
  Result<Artifact> adopt(const std::filesystem::path& scratch, std::string name, std::string type, Flush flush = Flush::now);
  // Flushes what was adopted with Flush::later. On failure the results that speak of it are forgotten.
  Status flush();
  size_t unflushed() const;

  // --- results
  // Only results whose artifacts are all present are returned.
  Result<std::optional<CachedResult>> find(const CacheKey& key, Detail detail = Detail::full);
  // The result that the pipeline's latest run used for the stage (or a run that was killed since made): what `explain` compares with.
  Result<std::optional<CachedResult>> latest_of(std::string_view pipeline, std::string_view stage);
  Status remember(std::string_view pipeline, const CachedResult& result);
  Status forget(const CacheKey& key);

  // --- digests of input files, remembered by (path, size, mtime, inode, ctime) so that unchanged files are not read again; not for
  // files changed within the last 2 s, whose next change might leave all of these as they are
  Result<Digest> digest_of_input(const std::filesystem::path& path);

  // --- runs
  Status save_run(const RunRecord& record);
  // Of a run that this Store has planned and that made nothing itself: the run that made the newest of its results, if that run used
  // the very same results for the same stages. Costs little: no result is read.
  Result<std::optional<std::string>> made_by(const RunRecord& reused);
  Result<std::vector<RunRecord>> runs(std::string_view pipeline /* empty: all */, int limit);  // newest first
  Result<std::optional<RunRecord>> run(std::string_view id_or_prefix);                         // "latest" too; an ambiguous prefix is an error
  Result<bool> has_run(std::string_view id);
  // Median seconds of the last successful executions; nothing when it never ran.
  Result<std::optional<double>> expected_seconds(std::string_view pipeline, std::string_view stage);

  // --- aliases
  Result<AliasEntry> set_alias(std::string_view alias, const Digest& model, std::string_view run_id, std::string_view action);
  Result<std::optional<AliasEntry>> alias(std::string_view alias);
  Result<std::vector<AliasEntry>> alias_history(std::string_view alias /* empty: all */);  // newest first

  // --- upkeep
  // Removes what killed runs left in tmp/. Runs of other processes are left alone.
  Status sweep();
  Result<VerifyReport> verify(bool read_data);
  Result<GcReport> gc(int keep_runs, bool dry_run);

 private:
  explicit Store(std::unique_ptr<StoreImpl> impl);
  std::unique_ptr<StoreImpl> impl_;
};

}  // namespace mlopsctl::engine
