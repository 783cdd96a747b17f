// Results by cache key.
#include <algorithm>
#include <charconv>

#include "pipeline/engine/plan_json.hpp"
#include "pipeline/engine/store_impl.hpp"

namespace mlopsctl::engine {

namespace {

Result<std::vector<KeyPart>> parts_from_text(std::string_view text) {
  TRY_ASSIGN(const Json json, parse_own(text, "a stored cache key"));
  try {
    return parts_from_json(json);
  } catch (const Json::exception& fault) { return stage_error(std::string("a stored cache key cannot be read: ") + fault.what()); }
}

std::string_view take(std::string_view& line, char end) {
  const size_t at = line.find(end);
  const std::string_view word = line.substr(0, at);
  line.remove_prefix(at == std::string_view::npos ? line.size() : at + 1);
  return word;
}

}  // namespace

std::string artifacts_to_text(const std::vector<Artifact>& artifacts) {
  std::string text;
  for (const auto& artifact : artifacts) text += artifact.name + " " + artifact.type + " " + artifact.digest.hex() + " " + std::to_string(artifact.size) + "\n";
  return text;
}

Result<std::vector<Artifact>> artifacts_from_text(std::string_view text) {
  std::vector<Artifact> artifacts;
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    Artifact artifact;
    artifact.name = take(line, ' ');
    artifact.type = take(line, ' ');
    const auto digest = Digest::from_hex(take(line, ' '));
    if (!digest) return stage_error("a stored list of artifacts cannot be read: it names no digest");
    artifact.digest = *digest;
    std::from_chars(line.data(), line.data() + line.size(), artifact.size);
    artifacts.push_back(std::move(artifact));
  }
  return artifacts;
}

std::string report_to_text(const StageReport& report) {
  std::string text;
  for (const auto& [name, value] : report.metrics) {
    // A name with a line end cannot stand in a line; JSON takes all.
    if (name.find('\n') != std::string::npos) return canonical(to_json(report));
    char number[40];
    text += "m ";
    text.append(number, std::to_chars(number, number + sizeof number, value).ptr);
    text += ' ' + name + '\n';
  }
  for (const auto& warning : report.warnings) text += "w " + canonical(warning) + '\n';
  if (report.verdict) text += "v " + canonical(to_json(*report.verdict)) + '\n';
  for (const auto& publication : report.publications) text += "p " + canonical({{"alias", publication.alias}, {"output", publication.output}}) + '\n';
  return text;
}

namespace {

Status read_report_line(std::string_view line, StageReport& report) {
  const char what = line.front();
  line.remove_prefix(std::min<size_t>(line.size(), 2));
  if (what == 'm') {
    double value = 0;
    const std::string_view number = take(line, ' ');
    std::from_chars(number.data(), number.data() + number.size(), value);
    report.metrics.emplace_hint(report.metrics.end(), line, value);
    return {};
  }
  TRY_ASSIGN(const Json json, parse_own(line, "a stored stage report"));
  if (what == 'w') report.warnings.push_back(json.get<std::string>());
  if (what == 'v') { TRY_ASSIGN(report.verdict, verdict_from_json(json)); }
  if (what == 'p') report.publications.push_back({json.at("alias").get<std::string>(), json.at("output").get<std::string>()});
  return {};
}

}  // namespace

Result<StageReport> report_from_text(std::string_view text) {
  if (text.starts_with('{')) {
    TRY_ASSIGN(const Json json, parse_own(text, "a stored stage report"));
    return report_from_json(json);
  }
  StageReport report;
  try {
    while (!text.empty())
      if (const std::string_view line = take(text, '\n'); !line.empty()) TRY(read_report_line(line, report));
  } catch (const Json::exception& fault) { return stage_error(std::string("a stored stage report cannot be read: ") + fault.what()); }
  return report;
}

namespace {

// The columns that read_result expects; the last two only for Detail::full: they are long.
#define BRIEF_COLUMNS "id, key, stage, run_id, seconds, boot, artifacts, report"
#define FULL_COLUMNS BRIEF_COLUMNS ", summary, parts"

// The row that `query` stands on. Ends with the query, whose statement is then free for the next use.
Result<CachedResult> read_result(StoreImpl& impl, Query query, Detail detail) {
  CachedResult result;
  const int64_t row = query.integer(0);
  const auto key = Digest::from_hex(query.text(1));
  if (!key) return stage_error("a stored result cannot be read: it has no key");
  result.key.value = *key;
  result.stage = query.text(2);
  result.run_id = query.text(3);
  result.seconds = query.number(4);
  TRY_ASSIGN(result.artifacts, artifacts_from_text(query.text(6)));
  TRY_ASSIGN(result.report, report_from_text(query.text(7)));
  if (detail == Detail::full) {
    if (const auto summary = query.text(8); !summary.empty()) { TRY_ASSIGN(result.report.summary, parse_own(summary, "a stored stage report")); }
    TRY_ASSIGN(result.parts, parts_from_text(query.text(9)));
  }
  if (query.text(5).empty() || query.text(5) == impl.boot) return result;
  // The machine went down before this result was flushed.
  for (const auto& artifact : result.artifacts) {
    const auto now = digest_of_path(impl.path_of(artifact.digest));
    if (now && *now == artifact.digest) continue;
    if (impl.has(artifact.digest)) TRY(impl.quarantine(artifact.digest));
  }
  (void)impl.db->query("UPDATE results SET boot = '' WHERE id = ?", row).run();  // else it is hashed again next time
  return result;
}

}  // namespace

Result<std::optional<CachedResult>> StoreImpl::result_at(int64_t row) {
  Query query = db->query("SELECT " FULL_COLUMNS " FROM results WHERE id = ?", row);
  if (!query.next()) {
    TRY(query.status());
    return std::optional<CachedResult>();
  }
  TRY_ASSIGN(CachedResult result, read_result(*this, std::move(query), Detail::full));
  return std::optional<CachedResult>(std::move(result));
}

Result<std::optional<CachedResult>> Store::find(const CacheKey& key, Detail detail) {
  constexpr const char* brief = "SELECT " BRIEF_COLUMNS " FROM results WHERE key = ? AND collected = 0 ORDER BY id DESC LIMIT 1";
  constexpr const char* full = "SELECT " FULL_COLUMNS " FROM results WHERE key = ? AND collected = 0 ORDER BY id DESC LIMIT 1";
  Query query = impl_->db->query(detail == Detail::full ? full : brief, std::string_view(key.str()));
  if (!query.next()) {
    TRY(query.status());
    return std::optional<CachedResult>();
  }
  const int64_t row = query.integer(0);
  TRY_ASSIGN(CachedResult result, read_result(*impl_, std::move(query), detail));
  for (const auto& artifact : result.artifacts)
    if (!impl_->has(artifact.digest)) return std::optional<CachedResult>();
  impl_->row_of[key] = row;
  return std::optional<CachedResult>(std::move(result));
}

Status Store::remember(std::string_view pipeline, const CachedResult& result) {
  TRY_ASSIGN(const CommitLock lock, commit_lock());
  const bool flushed = impl_->unflushed.empty();
  TRY(impl_->db
          ->query("INSERT INTO results (key, pipeline, stage, run_id, seconds, collected, boot, artifacts, report, summary, parts) "
                  "VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
                  std::string_view(result.key.str()), pipeline, std::string_view(result.stage), std::string_view(result.run_id), result.seconds,
                  std::string_view(flushed ? "" : impl_->boot), std::string_view(artifacts_to_text(result.artifacts)),
                  std::string_view(report_to_text(result.report)), std::string_view(result.report.summary.empty() ? "" : canonical(result.report.summary)),
                  std::string_view(canonical(to_json(result.parts))))
          .run());
  const int64_t row = impl_->db->last_row();
  if (!flushed) impl_->unflushed_rows.push_back(row);
  impl_->row_of[result.key] = row;
  return {};
}

Status StoreImpl::forget_row(int64_t row) { return db->query("UPDATE results SET collected = 1 WHERE id = ?", row).run(); }

Status Store::forget(const CacheKey& key) {
  impl_->row_of.erase(key);
  return impl_->db->query("UPDATE results SET collected = 1 WHERE key = ?", std::string_view(key.str())).run();
}

Result<std::optional<double>> Store::expected_seconds(std::string_view pipeline, std::string_view stage) {
  constexpr size_t most = 5;
  std::vector<double> seconds;
  Query query = impl_->db->query("SELECT seconds FROM results WHERE pipeline = ? AND stage = ? ORDER BY id DESC LIMIT 5", pipeline, stage);
  while (seconds.size() < most && query.next()) seconds.push_back(query.number(0));
  TRY(query.status());
  if (seconds.empty()) return std::optional<double>();
  std::sort(seconds.begin(), seconds.end());
  const size_t middle = seconds.size() / 2;
  return std::optional<double>(seconds.size() % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2);
}

}  // namespace mlopsctl::engine
