// Run records. A stage with a result is kept as the row of that result, so that a run with nothing to do costs one small row.
#include <algorithm>

#include "pipeline/engine/plan_json.hpp"
#include "pipeline/engine/store_impl.hpp"

namespace mlopsctl::engine {

namespace {

constexpr int no_limit = -1;

// The stage's fields that the result's row holds.
constexpr const char* kept_in_result[] = {"key", "parts", "artifacts", "report"};

}  // namespace

std::string StoreImpl::results_of(const RunRecord& record) const {
  std::vector<std::pair<std::string_view, int64_t>> rows;
  for (const auto& stage : record.stages) {
    const auto row = stage.key ? row_of.find(*stage.key) : row_of.end();
    if (row == row_of.end()) return {};
    rows.emplace_back(stage.name, row->second);
  }
  std::sort(rows.begin(), rows.end());
  std::string text;
  for (const auto& [stage, row] : rows) text.append(stage) += ' ' + std::to_string(row) + '\n';
  return digest_of(text).hex();
}

Status Store::save_run(const RunRecord& record) {
  TRY(flush());
  int64_t last_result = 0;
  {
    Query query = impl_->db->query("SELECT max(id) FROM results");
    if (query.next()) last_result = query.integer(0);
    TRY(query.status());
  }
  Json json = frame_to_json(record);
  Json& stages = json["stages"];
  for (const auto& stage : record.stages) {
    const auto row =
        stage.key && (stage.state == StageState::reused || stage.state == StageState::succeeded) ? impl_->row_of.find(*stage.key) : impl_->row_of.end();
    if (row == impl_->row_of.end()) {
      stages.push_back(to_json(stage));
    } else if (stage.state == StageState::reused && stage.reasons.empty()) {
      stages.push_back(Json::array({stage.name, stage.kind, row->second}));
    } else {
      StageRun brief;
      brief.name = stage.name;
      brief.kind = stage.kind;
      brief.state = stage.state;
      brief.reasons = stage.reasons;
      brief.seconds = stage.seconds;
      brief.peak_memory = stage.peak_memory;
      brief.attempts = stage.attempts;
      Json entry = to_json(brief);
      for (const char* field : kept_in_result) entry.erase(field);
      entry["result"] = row->second;
      stages.push_back(std::move(entry));
    }
  }
  impl_->latest_runs.clear();
  return impl_->db
      ->query("INSERT INTO runs (id, pipeline, last_result, results, record) VALUES (?, ?, ?, ?, ?)", std::string_view(record.id),
              std::string_view(record.pipeline), last_result, std::string_view(impl_->results_of(record)), std::string_view(canonical(json)))
      .run();
}

Result<std::optional<std::string>> Store::made_by(const RunRecord& reused) {
  const std::string results = impl_->results_of(reused);
  if (results.empty()) return std::optional<std::string>();
  int64_t newest = 0;
  for (const auto& stage : reused.stages) newest = std::max(newest, impl_->row_of.at(*stage.key));
  Query query = impl_->db->query("SELECT runs.id, runs.results FROM runs JOIN results ON runs.id = results.run_id WHERE results.id = ? AND runs.pipeline = ?",
                                 newest, std::string_view(reused.pipeline));
  if (query.next() && query.text(1) == results) return std::optional<std::string>(std::string(query.text(0)));
  TRY(query.status());
  return std::optional<std::string>();
}

namespace {

// Puts the results back where save_run took them out.
Status fill_in(StoreImpl& impl, Json& record) {
  for (auto& stage : record.at("stages")) {
    if (stage.is_array()) {
      StageRun reused;
      reused.name = stage.at(0).get<std::string>();
      reused.kind = stage.at(1).get<std::string>();
      reused.state = StageState::reused;
      const auto row = stage.at(2).get<int64_t>();
      stage = to_json(reused);
      stage["result"] = row;
    }
    if (!stage.contains("result")) continue;
    TRY_ASSIGN(const auto result, impl.result_at(stage["result"].get<int64_t>()));
    stage.erase("result");
    stage["key"] = result ? Json(result->key.str()) : Json();
    stage["parts"] = to_json(result ? result->parts : std::vector<KeyPart>());
    stage["artifacts"] = to_json(result ? result->artifacts : std::vector<Artifact>());
    stage["report"] = to_json(result ? result->report : StageReport());
  }
  return {};
}

Result<RunRecord> record_from_text(StoreImpl& impl, std::string_view text) {
  TRY_ASSIGN(Json json, parse_own(text, "a stored run record"));
  try {
    TRY(fill_in(impl, json));
  } catch (const Json::exception& fault) { return stage_error(std::string("a stored run record cannot be read: ") + fault.what()); }
  return record_from_json(json);
}

}  // namespace

Result<std::vector<RunRecord>> Store::runs(std::string_view pipeline, int limit) {
  std::vector<std::string> texts;
  {
    const int64_t most = limit > 0 ? limit : no_limit;
    Query query = impl_->db->query("SELECT record FROM runs WHERE ?1 = '' OR pipeline = ?1 ORDER BY seq DESC LIMIT ?2", pipeline, most);
    while (query.next()) texts.emplace_back(query.text(0));
    TRY(query.status());
  }
  const Reading together = read_together();
  std::vector<RunRecord> records;
  for (const auto& text : texts) {
    TRY_ASSIGN(RunRecord record, record_from_text(*impl_, text));
    records.push_back(std::move(record));
  }
  return records;
}

Result<std::optional<RunRecord>> Store::run(std::string_view id_or_prefix) {
  if (id_or_prefix == "latest") {
    TRY_ASSIGN(auto newest, runs({}, 1));
    if (newest.empty()) return std::optional<RunRecord>();
    return std::optional<RunRecord>(std::move(newest.front()));
  }
  std::vector<std::pair<std::string, std::string>> found;
  {
    Query query = impl_->db->query("SELECT id, record FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY seq DESC LIMIT 6", id_or_prefix);
    while (query.next()) found.emplace_back(query.text(0), query.text(1));
    TRY(query.status());
  }
  if (found.empty()) return std::optional<RunRecord>();
  const auto exact = std::find_if(found.begin(), found.end(), [&](const auto& entry) { return entry.first == id_or_prefix; });
  if (exact == found.end() && found.size() > 1) {
    std::string names;
    for (const auto& [id, record] : found) names += (names.empty() ? "" : ", ") + id;
    Error error = config_error("\"" + std::string(id_or_prefix) + "\" begins the names of several runs: " + names);
    error.kind = ErrorKind::usage;
    return std::move(error).with_hint("write more of the name, or \"latest\"");
  }
  TRY_ASSIGN(RunRecord record, record_from_text(*impl_, (exact != found.end() ? *exact : found.front()).second));
  return std::optional<RunRecord>(std::move(record));
}

Result<bool> Store::has_run(std::string_view id) {
  Query query = impl_->db->query("SELECT 1 FROM runs WHERE id = ?", id);
  const bool found = query.next();
  TRY(query.status());
  return found;
}

Result<StoreImpl::LatestRun*> StoreImpl::latest_run(std::string_view pipeline) {
  if (const auto known = latest_runs.find(pipeline); known != latest_runs.end()) return &known->second;
  LatestRun latest;
  // A run of a few stages says nothing of the others: older runs fill in.
  constexpr int64_t look_back = 20;
  Query query = db->query("SELECT last_result, record FROM runs WHERE pipeline = ? ORDER BY seq DESC LIMIT ?", pipeline, look_back);
  while (query.next()) {
    latest.last_result = std::max(latest.last_result, query.integer(0));
    TRY_ASSIGN(const Json record, parse_own(query.text(1), "a stored run record"));
    bool complete = true;
    for (const auto& stage : record.value("stages", Json::array())) {
      if (stage.is_array() && stage.size() == 3) latest.rows.emplace(stage[0].get<std::string>(), stage[2].get<int64_t>());
      else if (stage.is_object() && stage.contains("result")) latest.rows.emplace(stage.value("name", ""), stage.value("result", int64_t{0}));
      else complete = false;
    }
    if (complete) break;
  }
  TRY(query.status());
  return &latest_runs.emplace(pipeline, std::move(latest)).first->second;
}

Result<std::optional<CachedResult>> Store::latest_of(std::string_view pipeline, std::string_view stage) {
  TRY_ASSIGN(const StoreImpl::LatestRun* latest, impl_->latest_run(pipeline));
  int64_t row = 0;
  if (const auto used = latest->rows.find(stage); used != latest->rows.end()) row = used->second;
  {
    Query query = impl_->db->query("SELECT max(id) FROM results WHERE pipeline = ? AND stage = ?", pipeline, stage);
    // Newer than every run on record: made by a run that was killed.
    if (query.next() && (row == 0 || query.integer(0) > latest->last_result)) row = query.integer(0);
    TRY(query.status());
  }
  if (row == 0) return std::optional<CachedResult>();
  return impl_->result_at(row);
}

}  // namespace mlopsctl::engine
