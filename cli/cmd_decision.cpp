#include "cli/decisions.hpp"
#include "cli/gate_commands.hpp"
#include "cli/models.hpp"

namespace mlopsctl::cli {

namespace {

// A record in a line: of an override, the reason stands for the verdict.
Json row_of(const decision::Record& record) {
  const Json verdict = record.statement.value("verdict", Json());
  return {{"name", std::filesystem::path(record.origin).stem().string()},
          {"kind", record.text("kind")},
          {"time", record.text("time")},
          {"stage", record.text("stage").empty() ? Json() : Json(record.text("stage"))},
          {"model", record.text("model")},
          {"verdict", verdict.is_object() ? verdict.value("outcome", Json()) : Json(record.text("reason"))},
          {"key", record.key.str()}};
}

// A pipeline file is asked for its keys where there is one.
Result<std::vector<decision::PublicKey>> keys_to_trust(Session& session) {
  std::error_code absent;
  if (!session.arguments().has("--file") && !std::filesystem::exists(session.pipeline_files().front(), absent)) return trusted_keys(session, nullptr);
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  return trusted_keys(session, &pipeline);
}

}  // namespace

Result<Answer> cmd_decision_keygen(Session& session) {
  const std::string path = session.arguments().value("--output");
  TRY_ASSIGN(const auto key, decision::write_new_key(path));
  Answer answer(Json{{"output", path}, {"public_key", key.public_key().str()}});
  answer.line("wrote " + path + "; keep it secret");
  answer.line("its public key, for decisions.trust in the pipeline file: " + key.public_key().str());
  return answer;
}

Result<Answer> cmd_decision_show(Session& session) {
  const std::string word = session.arguments().positional("RECORD");
  const auto ledger = decision::Ledger(project_state);
  if (word.empty()) {
    TRY_ASSIGN(const auto records, ledger.all());
    Answer answer(Json{{"decisions", Json::array()}});
    for (const auto& record : records) answer.value["decisions"].push_back(row_of(record));
    if (records.empty()) return std::move(answer.line("nothing was decided here yet; an evaluate stage does, in `mlopsctl run`"));
    answer.table("decisions", {{"name", "NAME", As::text, true}, {"time", "DECIDED AT", As::time}, {"model", "MODEL", As::digest}, {"verdict", "VERDICT"}});
    return answer;
  }
  TRY_ASSIGN(const auto record, decision::find_record(ledger, word));
  Answer answer(row_of(record));
  answer.value["file"] = record.origin;
  answer.value["statement"] = record.statement;
  answer.value["facts"] = Json::array();
  const auto fact = [&](const char* name, const Json& value) {
    if (!value.is_null() && value != "") answer.value["facts"].push_back({{"name", name}, {"value", value}});
  };
  fact("file", record.origin);
  for (const char* name : {"kind", "time", "stage", "run", "model", "champion", "target", "reason", "refusal", "by", "seed"}) fact(name, record.text(name));
  for (const Json& input : record.statement.value("inputs", Json::array()))
    if (input.value("type", "") == "rows") fact("rows", input.value("name", "") + " " + input.value("digest", ""));
  if (const Json commit = record.statement.value("commit", Json::object()); commit.value("id", Json()).is_string())
    fact("commit", commit["id"].get<std::string>() + (commit.value("dirty", false) ? ", with changes" : ""));
  if (record.text("kind") == "gate") fact("verdict", answer.value["verdict"]);
  fact("key", record.key.str());
  answer.table("facts", {{"name", "WHAT"}, {"value", "VALUE", As::text, true}});
  for (const Json& check : record.statement.value("verdict", Json::object()).value("checks", Json::array()))
    answer.line(check.value("outcome", "") + ": " + check.value("name", "") + "; " + check.value("detail", ""));
  return answer;
}

Result<Answer> cmd_decision_verify(Session& session) {
  TRY_ASSIGN(const auto record, decision::find_record(decision::Ledger(project_state), session.arguments().positional("RECORD")));
  TRY_ASSIGN(const auto trusted, keys_to_trust(session));
  Status verified = decision::check(record, trusted);
  if (const auto word = session.arguments().find("--model"); word && verified) {
    Digest model;
    if (auto digest = Digest::parse(*word)) model = *digest;
    else {
      TRY_ASSIGN(const auto place, find_model(session, *word));
      TRY_ASSIGN(model, digest_of(place));
    }
    verified = decision::grants({record}, {model.str(), {}}, trusted);
  }
  Answer answer(row_of(record));
  answer.value["valid"] = verified.ok();
  answer.value["why"] = verified ? Json() : Json(verified.error().message);
  answer.exit_code = verified ? 0 : 1;
  if (!verified) {
    answer.line(verified.error().message, Style::red);
    if (!verified.error().hint.empty()) answer.line("hint: " + verified.error().hint);
    return answer;
  }
  answer.line(record.origin + " is as " + record.key.str() + " signed it", Style::green);
  const std::string said = answer.value["verdict"].get<std::string>();
  answer.line(record.text("kind") == "override" ? "an override of " + record.text("model") + ", because: " + said
                                                : "the gate " + record.text("stage") + " said " + said + " about the model " + record.text("model"));
  return answer;
}

}  // namespace mlopsctl::cli
