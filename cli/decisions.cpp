#include "cli/decisions.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "cli/deployment.hpp"
#include "cli/version.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/engine/cache_key.hpp"
#include "pipeline/git/provenance.hpp"

namespace mlopsctl::cli {

namespace {

// What every record says.
Json statement_of(Session& session, const char* kind) {
  const auto code = git::provenance_of(session.project());
  return {{"kind", kind},
          {"time", rfc3339(session.env().clock.now())},
          {"commit", {{"id", code.commit.empty() ? Json() : Json(code.commit)}, {"dirty", code.dirty}}},
          {"mlopsctl", version_info()["version"]}};
}

// The evaluate stages that a deploy stage is fed by, with the gates that they have now.
std::vector<decision::Demand::Gate> gates_before(const spec::Pipeline& pipeline, const spec::StageSpec& deploy) {
  std::vector<decision::Demand::Gate> gates;
  for (const auto& input : deploy.inputs) {
    const spec::StageSpec* owner = pipeline.stage(std::string_view(input.text).substr(0, input.text.find('.')));
    const bool known = owner != nullptr && std::any_of(gates.begin(), gates.end(), [&](const auto& gate) { return gate.stage == owner->name; });
    if (owner != nullptr && owner->kind == "evaluate" && !known) gates.push_back({owner->name, owner->params});
  }
  return gates;
}

// Whether a stage's results are among those that another rests on.
bool leads_to(const spec::Pipeline& pipeline, std::string_view from, const spec::StageSpec& to) {
  return std::any_of(to.inputs.begin(), to.inputs.end(), [&](const auto& input) {
    const std::string_view owner = std::string_view(input.text).substr(0, input.text.find('.'));
    const spec::StageSpec* stage = pipeline.stage(owner);
    return stage != nullptr && (owner == from || leads_to(pipeline, from, *stage));
  });
}

// "judge-1a2b3c4d5e6f-0a1b2c3d": the same computation signed by the same key has one record.
std::string name_of(const engine::StageRun& run, const decision::PublicKey& key) {
  return run.name + "-" + run.key->str().substr(0, 12) + "-" + key.str().substr(8, 8);
}

Json inputs_of(const std::vector<engine::StageInput>& inputs) {
  Json list = Json::array();
  for (const auto& input : inputs)
    list.push_back({{"name", input.name},
                    {"role", input.role},
                    {"type", input.type},
                    {"digest", input.digest.str()},
                    {"origin", input.origin},
                    {"options", input.options}});
  return list;
}

Status write_override(Session& session, const std::string& pipeline, const std::string& model, const std::string& target, const std::string& reason,
                      const std::string& refusal) {
  TRY_ASSIGN(const auto key, decision::signing_key(session.env().variables, project_state));
  Json statement = statement_of(session, "override");
  statement.update({{"pipeline", pipeline}, {"model", model}, {"target", target}, {"reason", reason}, {"refusal", refusal}, {"by", our_name(session)}});
  const decision::Ledger ledger(project_state);
  std::string name = "override-" + statement["time"].get<std::string>() + "-" + model.substr(7, 12);
  std::erase(name, ':');
  TRY_ASSIGN(const auto record, decision::sign(std::move(statement), key, ledger.path_of(name).string()));
  TRY_ASSIGN(const bool added, ledger.add(name, record));
  if (!added) return stage_error(record.origin + " is there already, and a record is never changed").with_hint("try again");
  session.say("overridden: " + refusal + "; recorded with your reason in " + record.origin);
  return {};
}

Error hinted(Error refusal, const Session& session) {
  const std::string other = "release it all the same, on record: mlopsctl " + std::string(session.arguments().command->name) + " --override REASON";
  refusal.hint += (refusal.hint.empty() ? "" : "; or ") + other;
  refusal.message = "not released: " + refusal.message;
  return refusal;
}

}  // namespace

Result<std::vector<decision::PublicKey>> trusted_keys(Session& session, const spec::Pipeline* pipeline) {
  std::vector<decision::PublicKey> keys;
  for (const std::string& text : session.arguments().values("--trust")) {
    TRY_ASSIGN(const auto key, decision::PublicKey::parse(text));
    keys.push_back(key);
  }
  if (!keys.empty()) return keys;
  if (pipeline != nullptr) {
    for (const auto& written : pipeline->trust) {
      auto key = decision::PublicKey::parse(written.text);
      if (!key) {
        Error error = std::move(key).error();
        error.span = written.span;
        error.field = "decisions.trust";
        return error;
      }
      keys.push_back(*key);
    }
  }
  if (!keys.empty()) return keys;
  TRY_ASSIGN(const auto own, decision::known_signing_key(session.env().variables, project_state));
  if (own) keys.push_back(own->public_key());
  return keys;
}

DecisionKeeper::DecisionKeeper(Session& session, engine::Store& store, const spec::Pipeline& pipeline, std::optional<std::string> reason)
    : session_(session), store_(store), pipeline_(pipeline), reason_(std::move(reason)), ledger_(project_state) {}

Status DecisionKeeper::saw(const engine::ResolvedStage& stage, const engine::StageRun& run, std::string_view run_id) {
  if (!run.report.verdict || !run.key) return {};
  if (run.report.verdict->outcome != engine::Outcome::pass)
    refusals_.emplace_back(run.name, run.name + " said " + std::string(engine::to_string(run.report.verdict->outcome)) + ": " + run.report.verdict->summary);
  if (run.kind != "evaluate") return {};
  TRY_ASSIGN(const auto key, decision::signing_key(session_.env().variables, project_state));
  std::string name = name_of(run, key.public_key());
  Digest model;
  for (const auto& artifact : run.artifacts)
    if (artifact.type == "model") model = artifact.digest;
  const Json verdict = engine::to_json(*run.report.verdict);
  if (stands(run, model, verdict, key.public_key())) return {};
  if (ledger_.has(name)) name += "-" + std::string(run_id);  // the same computation once more, or with another verdict: a time to be kept may be missed
  std::vector<engine::KeyPart> parts = run.parts;
  std::string made_by(run_id);
  if (run.state == engine::StageState::reused) {
    TRY_ASSIGN(const auto stored, store_.find(*run.key));
    if (!stored) return stage_error("the result of " + run.name + " went away while the run was under way").with_hint("run again");
    parts = stored->parts;
    made_by = stored->run_id;
  }
  TRY_ASSIGN(const auto inputs, engine::given_inputs(stage, parts, store_));
  Json statement = statement_of(session_, "gate");
  statement.update({{"pipeline", pipeline_.name},
                    {"stage", run.name},
                    {"run", made_by},
                    {"computation", run.key->str()},
                    {"model", Json()},
                    {"champion", Json()},
                    {"evaluation", Json()},
                    {"inputs", inputs_of(inputs)},
                    {"params", stage.spec->params},
                    {"seed", std::to_string(stage.spec->seed)},  // JSON numbers end at 2^53
                    {"verdict", verdict}});
  for (const auto& artifact : run.artifacts) statement[artifact.type == "model" ? "model" : "evaluation"] = artifact.digest.str();
  for (const auto& input : inputs)
    if (input.name == "champion") statement["champion"] = input.digest.str();
  TRY_ASSIGN(const auto record, decision::sign(std::move(statement), key, ledger_.path_of(name).string()));
  TRY(ledger_.add(name, record));  // or another run was faster
  return {};
}

// Whether the newest record of this gate about this model says just that: an older one would no longer count.
bool DecisionKeeper::stands(const engine::StageRun& run, const Digest& model, const Json& verdict, const decision::PublicKey& key) const {
  const auto records = ledger_.all();
  if (!records) return ledger_.has(name_of(run, key));  // what cannot be read is told where a record is asked for
  for (const auto& record : *records)
    if (record.text("kind") == "gate" && record.text("pipeline") == pipeline_.name && record.text("stage") == run.name && record.key == key &&
        record.text("model") == model.str())
      return record.text("computation") == run.key->str() && canonical(record.statement.value("verdict", Json())) == canonical(verdict);
  return false;
}

Status DecisionKeeper::note(const Digest& model, const std::string& target, const std::string& refusal) {
  return write_override(session_, pipeline_.name, model.str(), target, *reason_, refusal);
}

Status DecisionKeeper::allows(const engine::ResolvedStage& stage, const std::string& alias, const Digest& model) {
  const std::string target = "alias " + alias;
  TRY_ASSIGN(const auto trusted, trusted_keys(session_, &pipeline_));
  auto records = ledger_.all();
  Status granted = records ? decision::grants(*records, {model.str(), gates_before(pipeline_, *stage.spec)}, trusted) : Status(records.error());
  if (!granted) return reason_ ? note(model, target, granted.error().message) : Status(hinted(std::move(granted).error(), session_));
  // A verdict that no record is about (drift) would have stopped it.
  if (!reason_) return {};
  for (const auto& [name, refusal] : refusals_)
    if (leads_to(pipeline_, name, *stage.spec)) return note(model, target, refusal);
  return {};
}

Status decided(Session& session, const k8s::ManifestSet& manifests) {
  std::set<std::string> models;
  for (const auto& manifest : manifests.manifests) {
    const Json annotations = manifest.object.value("metadata", Json::object()).value("annotations", Json());
    if (annotations.is_object() && annotations.contains("mlopsctl/model")) models.insert(annotations["mlopsctl/model"].get<std::string>());
  }
  if (models.empty()) return {};

  std::optional<spec::Pipeline> pipeline;
  std::vector<decision::Demand> demands;
  std::string refused;  // by a verdict that no record is about
  if (session.arguments().has("--manifests")) {
    for (const auto& model : models) demands.push_back({model, {}});
  } else {
    TRY_ASSIGN(auto checked, session.checked_pipeline());
    TRY_ASSIGN(const auto stages, rendered_stages(session, checked, session.arguments().positional_values("STAGE")));
    for (const auto& each : stages) {
      if (!models.contains(each.model.str())) continue;
      demands.push_back({each.model.str(), gates_before(checked.pipeline, *each.stage)});
      if (refused.empty()) refused = each.blocked;
    }
    pipeline = std::move(checked.pipeline);
  }
  TRY_ASSIGN(const auto trusted, trusted_keys(session, pipeline ? &*pipeline : nullptr));
  TRY_ASSIGN(auto records, decision::Ledger(project_state).all());
  for (const std::string& file : session.arguments().values("--record")) {
    TRY_ASSIGN(const std::string text, read_file(file));
    TRY_ASSIGN(auto record, decision::parse_record(text, file));
    records.push_back(std::move(record));
  }
  decision::newest_first(records);
  const auto reason = session.arguments().find("--override");
  for (const auto& demand : demands) {
    Status granted = decision::grants(records, demand, trusted);
    if (granted && !refused.empty()) granted = refused_error(refused);
    if (granted) continue;
    if (!reason) return hinted(std::move(granted).error(), session);
    if (session.arguments().has("--dry-run")) continue;
    TRY(write_override(session, pipeline ? pipeline->name : "", demand.model, "kubernetes", *reason, granted.error().message));
  }
  return {};
}

}  // namespace mlopsctl::cli
