#include "pipeline/decision/record.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "pipeline/base/jcs.hpp"
#include "pipeline/base/list_of.hpp"

namespace mlopsctl::decision {

namespace {

bool trusts(const std::vector<PublicKey>& trusted, const PublicKey& key) { return std::find(trusted.begin(), trusted.end(), key) != trusted.end(); }

std::string keys_text(const std::vector<PublicKey>& keys) {
  std::vector<std::string> names;
  for (const PublicKey& key : keys) names.push_back(key.str());
  return names.empty() ? "none" : list_of(names);
}

// The first leaf that differs: "accuracy.min" with both values.
struct Difference {
  std::string where;
  Json before, now;
};
std::optional<Difference> difference(const Json& before, const Json& now, const std::string& where) {
  if (before == now) return std::nullopt;
  if (!before.is_object() || !now.is_object()) return Difference{where, before, now};
  Json keys = before;
  keys.update(now);
  for (const auto& [key, ignored] : keys.items())
    if (auto found = difference(before.value(key, Json()), now.value(key, Json()), where.empty() ? key : where + "." + key)) return found;
  return Difference{where, before, now};
}

std::string shown(const Json& value) { return value.is_null() ? "nothing" : canonical(value); }

std::string verdict_text(const Record& record) {
  const Json verdict = record.statement.value("verdict", Json::object());
  std::string text = verdict.value("outcome", "nothing");
  for (const Json& check : verdict.value("checks", Json::array()))
    if (check.value("outcome", "") == text) return text + ": " + check.value("detail", check.value("name", ""));
  return text;
}

// Why this record does not grant the gate.
Status grants_one(const Record& record, const Demand& demand, const Demand::Gate* gate, const std::vector<PublicKey>& trusted) {
  TRY(check(record, trusted));
  if (record.text("model") != demand.model)
    return refused_error(record.origin + " is about the model " + record.text("model") + ", not " + demand.model)
        .with_hint("release the model that was judged, or judge this one: mlopsctl run");
  if (gate != nullptr) {
    if (const auto changed = difference(record.statement.value("params", Json::object()), gate->params, ""))
      return refused_error(record.origin + " was decided with " + changed->where + " " + shown(changed->before) + "; the pipeline asks for " +
                           shown(changed->now))
          .with_hint("decide anew: mlopsctl run " + gate->stage);
  }
  const Json verdict = record.statement.value("verdict", Json::object());
  if (verdict.value("outcome", "") != "pass")
    return refused_error("the gate " + record.text("stage") + " said " + verdict_text(record) + " (" + record.origin + ")");
  return {};
}

bool same_params(const Record& record, const Demand::Gate* gate) { return gate == nullptr || record.statement.value("params", Json::object()) == gate->params; }

// By the newest record about the model that a trusted key signed, with the parameters of now; without a gate, by the newest of each gate. One
// that was changed after signing is refused where it would decide: what it said cannot be known.
Status grants_gate(const std::vector<Record>& records, const Demand& demand, const Demand::Gate* gate, const std::vector<PublicKey>& trusted) {
  std::optional<Error> why;
  bool about_it = false;
  std::set<std::pair<std::string, std::string>> decided;  // pipeline and stage
  for (const Record& record : records) {
    if (record.text("kind") != "gate" || (gate != nullptr && record.text("stage") != gate->stage)) continue;
    Status granted = grants_one(record, demand, gate, trusted);
    const bool about = record.text("model") == demand.model, counts = about && same_params(record, gate) && trusts(trusted, record.key);
    if (counts && decided.emplace(record.text("pipeline"), record.text("stage")).second) {
      if (!granted || gate != nullptr) return granted;
    }
    if (granted) continue;
    // A record about the very model says more than one about another.
    if (!why || (about && !about_it)) why = std::move(granted).error();
    about_it = about_it || about;
  }
  if (!decided.empty()) return {};
  if (why && about_it) return *why;
  const std::string by = gate == nullptr ? "" : " by the gate " + gate->stage;
  if (why && records.size() == 1) return *why;
  return refused_error("there is no decision record" + by + " about the model " + demand.model)
      .with_hint(gate == nullptr ? "judge it: put an evaluate stage before the deploy stage" : "decide: mlopsctl run " + gate->stage);
}

}  // namespace

std::string Record::text(const char* field) const {
  const auto found = statement.find(field);
  return found != statement.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<Record> sign(Json statement, const SigningKey& key, std::string origin) {
  statement["format"] = record_format;
  Record record;
  TRY_ASSIGN(record.statement, parse_json(canonical(statement), origin));
  TRY_ASSIGN(const std::string bytes, jcs(record.statement));
  record.origin = std::move(origin);
  record.key = key.public_key();
  record.signature = key.sign(bytes);
  return record;
}

std::string to_text(const Record& record) {
  return pretty({{"statement", record.statement}, {"signature", {{"algorithm", "ed25519"}, {"key", record.key.str()}, {"value", record.signature}}}});
}

Result<Record> parse_record(std::string_view text, const std::string& origin) {
  TRY_ASSIGN(const Json json, parse_json(text, origin));
  const auto bad = [&](const std::string& what) { return config_error(origin + " is not a decision record: " + what); };
  if (!json.is_object() || !json.contains("statement") || !json["statement"].is_object()) return bad("it has no statement");
  const Json& statement = json["statement"];
  if (statement.value("format", Json()) != record_format)
    return bad("its format is " + canonical(statement.value("format", Json())) + ", expected \"" + record_format + "\"");
  const Json signature = json.value("signature", Json());
  for (const char* part : {"algorithm", "key", "value"})
    if (!signature.is_object() || !signature.contains(part) || !signature[part].is_string()) return bad("its signature has no " + std::string(part));
  if (signature["algorithm"] != "ed25519") return bad("its signature is " + canonical(signature["algorithm"]) + ", expected \"ed25519\"");
  Record record{origin, statement, {}, signature["value"]};
  TRY_ASSIGN(record.key, PublicKey::parse(signature["key"].get<std::string>()));
  return record;
}

Status check(const Record& record, const std::vector<PublicKey>& trusted) {
  const auto bytes = jcs(record.statement);
  if (!bytes || !verifies(record.key, *bytes, record.signature))
    return refused_error(record.origin + " is not what was signed: it was changed, or " + record.key.str() + " did not sign it")
        .with_hint("take the record as it was written; if it lies in .mlopsctl, remove it and run again");
  if (!trusts(trusted, record.key))
    return refused_error(record.origin + " is signed with " + record.key.str() + ", which is not trusted; trusted: " + keys_text(trusted))
        .with_hint("if that key is to decide, add it to decisions.trust in the pipeline file, or name it with --trust");
  return {};
}

void newest_first(std::vector<Record>& records) {
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
    const std::string at = a.text("time"), bt = b.text("time");
    return at != bt ? at > bt : a.origin < b.origin;
  });
}

Status grants(const std::vector<Record>& records, const Demand& demand, const std::vector<PublicKey>& trusted) {
  if (demand.gates.empty()) return grants_gate(records, demand, nullptr, trusted);
  for (const Demand::Gate& gate : demand.gates) TRY(grants_gate(records, demand, &gate, trusted));
  return {};
}

}  // namespace mlopsctl::decision
