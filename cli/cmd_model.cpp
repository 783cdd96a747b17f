#include <unistd.h>

#include "cli/cmds.hpp"
#include "cli/models.hpp"
#include "cli/releases.hpp"
#include "pipeline/base/files.hpp"

namespace mlopsctl::cli {

namespace {

std::vector<Column> alias_columns(bool with_name) {
  std::vector<Column> columns{
      {"version", "VERSION", As::integer}, {"model", "MODEL", As::digest}, {"at", "SET AT", As::time}, {"action", "BY"}, {"run", "RUN"}};
  if (with_name) columns.insert(columns.begin(), {"alias", "ALIAS"});
  return columns;
}

Result<Answer> alias_history(Session& session, const std::string& name) {
  TRY_ASSIGN(auto store, session.existing_store());
  Answer answer(Json{{"alias", name}, {"history", Json::array()}});
  if (store) {
    TRY_ASSIGN(const auto entries, store->alias_history(name));
    for (const auto& entry : entries) answer.value["history"].push_back(to_json(entry));
  }
  if (answer.value["history"].empty())
    return config_error("there is no alias \"" + name + "\"").with_hint("`mlopsctl model alias " + name + " STAGE` gives a stage's model that name");
  answer.table("history", alias_columns(false));
  return answer;
}

// A folder from outside is copied into the store first, so that the alias never points at something that can change.
Result<Digest> adopt(engine::Store& store, const ModelPlace& place) {
  if (place.digest) return *place.digest;
  TRY(model_description(place));
  const auto scratch = store.folder() / "tmp" / ("model-" + std::to_string(::getpid()));
  TRY(make_folders(scratch.parent_path()));
  std::error_code fault;
  std::filesystem::copy(place.path, scratch, std::filesystem::copy_options::recursive, fault);
  if (fault) {
    TRY(mlopsctl::remove_all(scratch));
    return io_error("copy", place.path.string(), fault.value());
  }
  TRY_ASSIGN(const auto artifact, store.adopt(scratch, "model", "model"));
  return artifact.digest;
}

}  // namespace

Result<Answer> cmd_model_list(Session& session) {
  TRY_ASSIGN(auto store, session.existing_store());
  Answer answer(Json{{"models", Json::array()}});
  if (store) {
    TRY_ASSIGN(const auto aliases, current_aliases(*store));
    for (const auto& entry : aliases) {
      Json row = to_json(entry);
      row["present"] = store->has(entry.model);
      answer.value["models"].push_back(std::move(row));
    }
  }
  if (answer.value["models"].empty())
    return std::move(answer.line("no model is registered; a deploy stage with `target: {local: {}}` or `mlopsctl model alias` does it"));
  auto columns = alias_columns(true);
  columns.push_back({"present", "PRESENT"});
  answer.table("models", columns);
  return answer;
}

Result<Answer> cmd_model_show(Session& session) {
  const std::string word = session.arguments().positional("MODEL");
  TRY_ASSIGN(const auto place, find_model(session, word));
  TRY_ASSIGN(const auto description, model_description(place));
  TRY_ASSIGN(const auto files, list_files(place.path));
  Json rows = Json::array();
  for (const auto& file : files) {
    std::error_code ignored;
    rows.push_back({{"file", file.relative}, {"size", std::filesystem::file_size(place.path / file.relative, ignored)}});
  }
  Answer answer(Json{{"model", word},
                     {"origin", place.origin},
                     {"path", place.path.string()},
                     {"digest", place.digest ? Json(place.digest->str()) : Json()},
                     {"description", description},
                     {"files", rows}});
  answer.line(place.origin, Style::bold);
  Json facts = Json::array();
  const auto fact = [&](const char* name, const Json& value) {
    if (!value.is_null()) facts.push_back({{"name", name}, {"value", value}});
  };
  fact("digest", answer.value["digest"]);
  fact("path", answer.value["path"]);
  for (const char* key : {"type", "labels"}) fact(key, description.contains(key) ? description[key] : Json());
  if (const auto data = description.find("trained_on"); data != description.end() && data->is_object())
    fact("trained_on", cell(data->value("rows", Json()), As::integer) + (data->value("rows", Json()) == 1 ? " row, " : " rows, ") +
                           cell(data->value("digest", Json()), As::digest));
  Json steps = Json::array();
  if (description.contains("recipe") && description["recipe"].contains("steps")) {
    for (const auto& step : description["recipe"]["steps"]) steps.push_back(step.is_object() ? step.value("step", "") : cell(step, As::text));
  }
  fact("cleaning", steps);
  if (description.contains("params") && description["params"].is_object()) {
    for (const auto& [name, value] : description["params"].items()) fact(name.c_str(), value.is_null() ? Json() : value);
  }
  answer.value["facts"] = facts;
  answer.table("facts", {{"name", "WHAT"}, {"value", "VALUE"}});
  answer.line("");
  answer.table("files", {{"file", "FILE"}, {"size", "SIZE", As::bytes}});
  return answer;
}

Result<Answer> cmd_model_alias(Session& session) {
  const std::string name = session.arguments().positional("NAME");
  const std::string word = session.arguments().positional("MODEL");
  if (word.empty()) return alias_history(session, name);
  if (!can_name_a_file(name))
    return config_error("an alias has letters, digits, '-', '_' and '.', starts with a letter or digit, and is at most 200 long; got \"" + name + "\"")
        .with_hint("mlopsctl model alias feedback " + word);
  TRY_ASSIGN(const auto place, find_model(session, word));
  TRY_ASSIGN(auto store, session.store());
  TRY_ASSIGN(const auto digest, adopt(store, place));
  TRY_ASSIGN(const auto before, store.alias(name));
  if (before && before->model == digest) {
    Answer answer(to_json(*before));
    answer.line(name + " names " + digest.brief() + " already (version " + std::to_string(before->version) + ")");
    return answer;
  }
  TRY_ASSIGN(const auto entry, store.set_alias(name, digest, "", "set"));
  TRY(relink_release(store, name));
  Answer answer(to_json(entry));
  answer.line(name + " now names " + digest.brief() + " (version " + std::to_string(entry.version) + ", from " + place.origin + ")");
  if (before) answer.line("go back with: mlopsctl rollback " + name);
  return answer;
}

}  // namespace mlopsctl::cli
