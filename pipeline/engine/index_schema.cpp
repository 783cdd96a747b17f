#include "pipeline/engine/index_schema.hpp"

#include <unistd.h>

#include "pipeline/base/files.hpp"

namespace mlopsctl::engine {

namespace fs = std::filesystem;

namespace {

constexpr int64_t schema_version = 2;

// results: one row per execution; the newest row of a key counts. Rows are kept when their artifacts are collected (`collected`), so
// that the history of runs stays readable. boot: empty once the artifacts are flushed, see store.hpp.
// report: what is told of a stage and decides (report_to_text); in version 1 all of it, as JSON. summary: JSON, for pages and tables.
// runs.record: JSON; a stage with a row in results is kept as that row's id. runs.results: see StoreImpl::results_of.
constexpr const char* schema = R"(
CREATE TABLE results (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, pipeline TEXT NOT NULL, stage TEXT NOT NULL, run_id TEXT NOT NULL, seconds REAL NOT NULL,
  collected INTEGER NOT NULL, boot TEXT NOT NULL, artifacts TEXT NOT NULL, report TEXT NOT NULL,
  summary TEXT NOT NULL, parts TEXT NOT NULL);
CREATE INDEX results_by_key ON results (key, id);
CREATE INDEX results_by_stage ON results (pipeline, stage, id);
CREATE TABLE runs (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, pipeline TEXT NOT NULL, last_result INTEGER NOT NULL, results TEXT NOT NULL,
  record TEXT NOT NULL);
CREATE INDEX runs_by_pipeline ON runs (pipeline, seq);
CREATE TABLE inputs (
  path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL, inode INTEGER NOT NULL,
  digest TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 2;
)";

constexpr const char* from_version_1 = R"(
ALTER TABLE results ADD COLUMN summary TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN results TEXT NOT NULL DEFAULT '';
PRAGMA user_version = 2;
)";

fs::path mark_of(const fs::path& folder) { return folder / "index.sqlite.is-damaged"; }

Result<int64_t> version_of(Database& db) {
  Query query = db.query("PRAGMA user_version");
  const int64_t version = query.next() ? query.integer(0) : 0;
  TRY(query.status());
  return version;
}

Status make_schema(Database& db) {
  TRY(db.script("BEGIN IMMEDIATE"));
  auto version = version_of(db);  // another process may have been faster
  Status made = !version ? Status(version.error()) : *version == 0 ? db.script(schema) : *version == 1 ? db.script(from_version_1) : Status();
  if (made) return db.script("COMMIT");
  (void)db.script("ROLLBACK");
  return made;
}

Result<std::unique_ptr<Database>> try_open(const fs::path& path, bool& damaged) {
  auto opened = Database::open(path, damaged);
  if (!opened) return opened;
  Database& db = **opened;
  Status ready = [&]() -> Status {
    TRY_ASSIGN(const int64_t version, version_of(db));
    if (version < schema_version) return make_schema(db);
    if (version == schema_version) return {};
    return config_error(path.string() + " was written by a newer mlopsctl (index version " + std::to_string(version) + ", this one reads up to " +
                        std::to_string(schema_version) + ")")
        .with_hint("use the newer mlopsctl, or remove " + path.parent_path().string() + " to begin anew");
  }();
  if (ready) return opened;
  damaged = db.damaged();
  return std::move(ready).error();
}

// Under an exclusive store lock, so that nobody commits into the file while it moves.
Result<std::string> move_aside(const fs::path& folder) {
  const fs::path index = folder / "index.sqlite";
  std::error_code fault;
  for (int n = 1;; ++n) {
    const fs::path kept = folder / ("index.sqlite.damaged-" + std::to_string(n));
    if (fs::exists(kept, fault)) continue;
    fs::rename(index, kept, fault);
    if (fault) return io_error("move aside", index.string(), fault.value());
    for (const char* suffix : {"-wal", "-shm"}) ::unlink((index.string() + suffix).c_str());
    ::unlink(mark_of(folder).c_str());
    return kept.filename().string();
  }
}

}  // namespace

void mark_damaged(const fs::path& folder) { (void)write_file(mark_of(folder), "found damaged while in use; the next command replaces it\n"); }

Result<std::unique_ptr<Database>> open_index(const fs::path& folder, std::vector<std::string>& warnings) {
  const fs::path path = folder / "index.sqlite";
  bool damaged = ::access(mark_of(folder).c_str(), F_OK) == 0;
  if (!damaged) {
    auto opened = try_open(path, damaged);
    if (opened || !damaged) return opened;
  }
  TRY_ASSIGN(const FileLock lock, FileLock::lock(folder / "locks" / "store.lock", FileLock::Mode::exclusive));
  bool still_damaged = ::access(mark_of(folder).c_str(), F_OK) == 0;
  if (!still_damaged) {  // another process may have replaced it meanwhile
    auto opened = try_open(path, still_damaged);
    if (opened || !still_damaged) return opened;
  }
  TRY_ASSIGN(const std::string kept, move_aside(folder));
  warnings.push_back("the index was damaged; it is kept as " + (folder / kept).string() +
                     " and an empty one takes its place: history is gone, aliases are kept, " + "and stages run again where needed");
  return try_open(path, damaged);
}

}  // namespace mlopsctl::engine
