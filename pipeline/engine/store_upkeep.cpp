// verify, gc and sweep: what keeps `.mlopsctl` sound and small.
#include <unistd.h>

#include <map>
#include <set>
#include <system_error>

#include "pipeline/engine/leftovers.hpp"
#include "pipeline/engine/plan_json.hpp"
#include "pipeline/engine/scratch.hpp"
#include "pipeline/engine/store_impl.hpp"

namespace mlopsctl::engine {

namespace fs = std::filesystem;

namespace {

uint64_t bytes_in(const fs::path& path) {
  std::error_code fault;
  if (fs::is_regular_file(path, fault)) return fs::file_size(path, fault);
  uint64_t total = 0;
  for (fs::recursive_directory_iterator entry(path, fault), end; !fault && entry != end; entry.increment(fault))
    if (entry->is_regular_file(fault)) total += entry->file_size(fault);
  return total;
}

// Every artifact in store/, sorted.
Result<std::set<Digest>> artifacts_in(const fs::path& store) {
  std::set<Digest> found;
  std::error_code fault;
  for (fs::directory_iterator outer(store, fault), end; !fault && outer != end; outer.increment(fault)) {
    if (!outer->is_directory(fault)) continue;
    for (fs::directory_iterator inner(outer->path(), fault); !fault && inner != end; inner.increment(fault))
      if (const auto digest = Digest::parse("sha256:" + outer->path().filename().string() + inner->path().filename().string())) found.insert(*digest);
  }
  if (fault) return io_error("list", store.string(), fault.value());
  return found;
}

// What the links in releases/ name: "../store/ab/cdef...".
void add_linked(const fs::path& folder, std::set<Digest>& into) {
  std::error_code fault;
  for (fs::directory_iterator entry(folder / "releases", fault), end; !fault && entry != end; entry.increment(fault)) {
    std::error_code no_link;
    const fs::path target = fs::read_symlink(entry->path(), no_link);
    if (const auto digest = Digest::parse("sha256:" + target.parent_path().filename().string() + target.filename().string())) into.insert(*digest);
  }
}

struct KnownResult {
  int64_t row = 0;
  std::vector<Artifact> artifacts;
};

Result<std::vector<KnownResult>> known_results(StoreImpl& impl) {
  std::vector<KnownResult> results;
  Query query = impl.db->query("SELECT id, artifacts FROM results WHERE collected = 0 ORDER BY id");
  while (query.next()) {
    KnownResult result;
    result.row = query.integer(0);
    TRY_ASSIGN(result.artifacts, artifacts_from_text(query.text(1)));
    results.push_back(std::move(result));
  }
  TRY(query.status());
  return results;
}

// The rows that the last `keep` runs of each pipeline used, and those newer than its last run: a killed run made them, the next reuses them.
Result<std::set<int64_t>> rows_to_keep(StoreImpl& impl, int keep) {
  std::set<int64_t> rows;
  std::map<std::string, int> seen;
  {
    Query query = impl.db->query("SELECT pipeline, record FROM runs ORDER BY seq DESC");
    while (query.next()) {
      if (++seen[std::string(query.text(0))] > keep) continue;
      TRY_ASSIGN(const Json record, parse_own(query.text(1), "a stored run record"));
      for (const auto& stage : record.value("stages", Json::array())) {
        if (stage.is_array() && stage.size() == 3) rows.insert(stage[2].get<int64_t>());
        else if (stage.is_object() && stage.contains("result")) rows.insert(stage.value("result", int64_t{0}));
      }
    }
    TRY(query.status());
  }
  Query query = impl.db->query(
      "SELECT id FROM results WHERE collected = 0 AND id > (SELECT coalesce(max(last_result), 0) FROM runs WHERE runs.pipeline = results.pipeline)");
  while (query.next()) rows.insert(query.integer(0));
  TRY(query.status());
  return rows;
}

}  // namespace

Status Store::sweep() { return sweep_scratch(impl_->folder); }

Result<VerifyReport> Store::verify(bool read_data) {
  VerifyReport report;
  TRY_ASSIGN(const auto present, artifacts_in(impl_->folder / "store"));
  TRY_ASSIGN(const auto results, known_results(*impl_));
  std::map<Digest, uint64_t> sizes;
  for (const auto& result : results)
    for (const auto& artifact : result.artifacts) sizes[artifact.digest] = artifact.size;

  std::set<Digest> sound;
  for (const auto& digest : present) {
    ++report.checked;
    const fs::path path = impl_->path_of(digest);
    const auto expected = sizes.find(digest);
    bool good = expected == sizes.end() || bytes_in(path) == expected->second;
    if (good && read_data) {
      const auto now = digest_of_path(path);
      good = now && *now == digest;
    }
    if (good) {
      sound.insert(digest);
      continue;
    }
    if (!impl_->has(digest)) continue;  // gc took it meanwhile
    TRY(impl_->quarantine(digest));
    report.damaged.push_back(digest.str());
  }

  std::set<std::string> missing;
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*impl_->db));
  for (const auto& result : results) {
    bool complete = true;
    for (const auto& artifact : result.artifacts) {
      if (impl_->has(artifact.digest)) continue;
      complete = false;
      if (!present.contains(artifact.digest)) missing.insert(artifact.digest.str());
    }
    if (!complete) TRY(impl_->forget_row(result.row));
  }
  TRY(transaction.commit());
  report.missing.assign(missing.begin(), missing.end());
  return report;
}

Result<GcReport> Store::gc(int keep_runs, bool dry_run) {
  TRY(sweep());
  TRY(flush());
  // Nobody adopts or remembers while this is held, so what is unreferenced now stays so.
  TRY_ASSIGN(const FileLock lock, FileLock::lock(impl_->folder / "locks" / "store.lock", FileLock::Mode::exclusive));
  TRY_ASSIGN(std::set<Digest> wanted, live_roots(impl_->folder));
  add_linked(impl_->folder, wanted);
  // Of each alias the present model and those a rollback would go to.
  TRY_ASSIGN(const auto aliases, alias_history({}));
  std::map<std::string, int> seen;
  for (const auto& entry : aliases)
    if (++seen[entry.alias] <= std::max(2, keep_runs)) wanted.insert(entry.model);
  TRY_ASSIGN(const auto kept_rows, rows_to_keep(*impl_, keep_runs));
  TRY_ASSIGN(const auto results, known_results(*impl_));
  for (const auto& result : results)
    if (kept_rows.contains(result.row))
      for (const auto& artifact : result.artifacts) wanted.insert(artifact.digest);

  GcReport report;
  std::vector<Digest> unwanted;
  TRY_ASSIGN(const auto present, artifacts_in(impl_->folder / "store"));
  for (const auto& digest : present) {
    const auto size = static_cast<int64_t>(bytes_in(impl_->path_of(digest)));
    if (wanted.contains(digest)) {
      ++report.kept;
      report.kept_bytes += size;
    } else {
      ++report.removed;
      report.removed_bytes += size;
      unwanted.push_back(digest);
    }
  }
  TRY_ASSIGN(const Leftovers leftovers, remove_leftovers(impl_->folder, impl_->clock.now(), dry_run));
  report.leftovers = leftovers.removed;
  report.leftover_bytes = leftovers.removed_bytes;
  if (dry_run || unwanted.empty()) return report;

  TRY_ASSIGN(Transaction transaction, Transaction::begin(*impl_->db));
  for (const auto& result : results)
    for (const auto& artifact : result.artifacts)
      if (!wanted.contains(artifact.digest)) TRY(impl_->forget_row(result.row));
  TRY(transaction.commit());

  // By way of tmp/: a folder half removed must not stand under its digest's name.
  const fs::path bin = impl_->folder / "tmp" / ("gc-" + std::to_string(::getpid()));
  TRY(make_folders(bin));
  for (const auto& digest : unwanted) {
    const fs::path from = impl_->path_of(digest);
    if (::rename(from.c_str(), (bin / digest.hex()).c_str()) != 0 && errno != ENOENT) return io_error("remove", from.string(), errno);
    ::rmdir(from.parent_path().c_str());
  }
  TRY(mlopsctl::remove_all(bin));
  return report;
}

}  // namespace mlopsctl::engine
