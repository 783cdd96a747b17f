#include "stages/retrain/journal.hpp"

#include <algorithm>

#include "pipeline/base/files.hpp"

namespace mlopsctl::retrain {

namespace {

constexpr const char* format = "mlopsctl-retrain-1";
constexpr Attempt::State states[] = {Attempt::State::begun, Attempt::State::accepted, Attempt::State::kept, Attempt::State::failed};

Json digest_json(const std::optional<Digest>& digest) { return digest ? Json(digest->str()) : Json(); }

std::optional<Digest> digest_from(const Json& json) {
  if (json.is_null()) return std::nullopt;
  auto digest = Digest::parse(json.get<std::string>());
  return digest ? std::optional(*digest) : std::nullopt;
}

TimePoint time_from(const Json& json) { return from_rfc3339(json.get<std::string>()).value_or(TimePoint()); }

Attempt attempt_from(const Json& json) {
  Attempt attempt;
  attempt.key = json.at("key");
  attempt.at = time_from(json.at("at"));
  for (const Json& each : json.at("reasons")) attempt.reasons.push_back({each.at("name"), each.at("id")});
  attempt.model = digest_from(json.at("model")).value_or(Digest());
  attempt.counted = json.at("counted");
  for (const Json& each : json.at("windows"))
    attempt.windows.push_back(
        {each.at("input"), digest_from(each.at("digest")).value_or(Digest()), digest_from(each.at("before")), each.at("rows"), each.at("older")});
  for (const auto state : states)
    if (json.at("state") == to_string(state)) attempt.state = state;
  if (json.at("run").is_string()) attempt.run = json.at("run");
  if (json.at("ended").is_string()) attempt.ended = time_from(json.at("ended"));
  attempt.new_model = digest_from(json.at("new_model"));
  return attempt;
}

}  // namespace

std::string_view to_string(Attempt::State state) {
  switch (state) {
    case Attempt::State::begun:
      return "begun";
    case Attempt::State::accepted:
      return "accepted";
    case Attempt::State::kept:
      return "kept";
    case Attempt::State::failed:
      return "failed";
  }
  return "";
}

Json to_json(const Attempt& attempt) {
  Json reasons = Json::array(), windows = Json::array();
  for (const auto& each : attempt.reasons) reasons.push_back({{"name", each.name}, {"id", each.id}});
  for (const auto& each : attempt.windows)
    windows.push_back({{"input", each.input}, {"digest", each.digest.str()}, {"before", digest_json(each.before)}, {"rows", each.rows}, {"older", each.older}});
  return {{"key", attempt.key},
          {"at", rfc3339(attempt.at)},
          {"reasons", std::move(reasons)},
          {"model", attempt.model.str()},
          {"counted", attempt.counted},
          {"windows", std::move(windows)},
          {"state", to_string(attempt.state)},
          {"run", attempt.run.empty() ? Json() : Json(attempt.run)},
          {"ended", attempt.ended ? Json(rfc3339(*attempt.ended)) : Json()},
          {"new_model", digest_json(attempt.new_model)}};
}

const Attempt* Journal::last_judged() const {
  const auto found = std::find_if(attempts.rbegin(), attempts.rend(), [](const Attempt& each) { return each.judged(); });
  return found == attempts.rend() ? nullptr : &*found;
}

std::optional<int64_t> Journal::counted() const {
  const Attempt* last = last_judged();
  return last == nullptr ? first_counted : std::optional(last->counted);
}

bool Journal::wrote(const std::string& input, const Digest& digest) const {
  for (const Attempt& attempt : attempts)
    for (const auto& each : attempt.windows)
      if (each.input == input && (each.digest == digest || each.before == digest)) return true;
  return false;
}

Result<Journal> Journal::load(const std::filesystem::path& path) {
  Journal journal;
  std::error_code absent;
  if (!std::filesystem::exists(path, absent)) return journal;
  TRY_ASSIGN(const std::string text, read_file(path));
  TRY_ASSIGN(const Json json, parse_json(text, path.string()));
  try {
    if (json.at("format") != format) return stage_error(path.string() + " is of another format than " + format).with_hint("use the mlopsctl that wrote it");
    if (!json.at("first_counted").is_null()) journal.first_counted = json.at("first_counted").get<int64_t>();
    for (const Json& each : json.at("attempts")) journal.attempts.push_back(attempt_from(each));
  } catch (const Json::exception& fault) {
    return stage_error(path.string() + " is no journal of retraining: " + fault.what()).with_hint("restore it from a backup");
  }
  return journal;
}

Status Journal::save(const std::filesystem::path& path) const {
  TRY(make_folders(path.parent_path()));
  sweep_temporaries(path.parent_path(), path.filename().string() + ".");  // of one that was killed
  Json list = Json::array();
  for (const Attempt& attempt : attempts) list.push_back(to_json(attempt));
  return write_file_atomically(path,
                               pretty({{"format", format}, {"first_counted", first_counted ? Json(*first_counted) : Json()}, {"attempts", std::move(list)}}));
}

}  // namespace mlopsctl::retrain
