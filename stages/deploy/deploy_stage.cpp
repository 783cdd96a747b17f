#include "stages/deploy/deploy_stage.hpp"

#include "pipeline/base/files.hpp"
#include "pipeline/k8s/render.hpp"
#include "pipeline/k8s/template.hpp"
#include "stages/deploy/evidence.hpp"
#include "stages/deploy/fields.hpp"

namespace mlopsctl::deploy {

namespace {

using engine::InputShape;
using engine::StageInput;

Error at_inputs(const spec::StageSpec& stage, const std::string& message, const std::string& hint, const std::string& input = {}) {
  Error error = config_error(message).with_hint(hint);
  error.field = "stages." + stage.name + ".inputs";
  const auto found = stage.fields.find("inputs");
  error.span = found != stage.fields.end() ? found->second.span() : stage.span;
  for (const auto& ref : stage.inputs)
    if (!input.empty() && (ref.text == input || input.starts_with(ref.text + "."))) error.span = ref.span;
  return error;
}

std::vector<Error> input_faults(const spec::StageSpec& stage, const std::vector<InputShape>& inputs) {
  std::vector<Error> faults;
  std::vector<std::string> models;
  for (const auto& input : inputs) {
    if (input.type == "model") models.push_back(input.name);
    if (input.type == "source" || input.type == "rows")
      faults.push_back(at_inputs(stage, "found rows, " + input.name + "; expected a model, evaluations and drift reports",
                                 "remove " + input.name + " from inputs", input.name));
  }
  if (models.empty())
    faults.push_back(at_inputs(stage, "found no model among the inputs; expected one", "add the stage that judges the model: it hands it on"));
  if (models.size() > 1)
    faults.push_back(at_inputs(stage,
                               "found " + std::to_string(models.size()) + " models among the inputs, " + models[0] + " and " + models[1] + "; expected one",
                               "keep the stage that judges the model: it hands it on", models[1]));
  return faults;
}

const StageInput* model_of(const engine::StageContext& context) {
  for (const auto& input : context.inputs())
    if (input.type == "model") return &input;
  return nullptr;
}

// What reports show: tables of what release.json says.
Json summary_of(const Json& release) {
  Json tables = Json::array();
  Json inputs = Json::array();
  for (const auto& input : release.at("inputs"))
    inputs.push_back({input.at("name"), input.at("digest"), input.contains("verdict") ? input.at("verdict").at("summary") : Json()});
  tables.push_back({{"title", "What the release rests on"}, {"columns", {"input", "digest", "verdict"}}, {"rows", std::move(inputs)}});
  if (const Json& kubernetes = release.at("target").at("kubernetes"); !kubernetes.is_null()) {
    Json objects = Json::array();
    for (const auto& manifest : kubernetes.at("manifests"))
      objects.push_back({manifest.at("kind"), manifest.at("namespace"), manifest.at("name"), manifest.at("path")});
    tables.push_back({{"title", "Manifests"}, {"columns", {"kind", "namespace", "name", "file"}}, {"rows", std::move(objects)}});
  }
  return {{"alias", release.at("alias")}, {"api", release.at("api")}, {"model", release.at("model")}, {"tables", std::move(tables)}};
}

class DeployStage final : public engine::Stage {
 public:
  const spec::StageKindSpec& spec() const override { return spec_; }
  int version() const override { return 3; }

  // The templates are part of the program, and of what a release is made of.
  std::string backend(const Json& params) const override {
    if (params.at("target").at("kubernetes").is_null()) return "";
    Sha256 hash;
    for (const auto& file : k8s::builtin_templates()) hash.field(file.name, file.text);
    return "templates " + hash.finish().brief();
  }

  Result<std::vector<engine::OutputDecl>> outputs(const spec::StageSpec& stage, const std::vector<InputShape>& inputs) const override {
    auto faults = parameter_faults(stage);
    for (auto& fault : input_faults(stage, inputs)) faults.push_back(std::move(fault));
    if (!faults.empty()) {
      Error first = std::move(faults.front());
      first.also.assign(std::make_move_iterator(faults.begin() + 1), std::make_move_iterator(faults.end()));
      return first;
    }
    std::vector<engine::OutputDecl> declared = {{"release", "release"}};
    if (!stage.params.at("target").at("local").is_null()) declared.push_back({"model", "model"});
    return declared;
  }

  Status run(engine::StageContext& context) const override {
    const Json& params = context.params();
    const StageInput* model = model_of(context);
    if (!model) return stage_error("found no model among the inputs of " + context.stage());
    const std::string alias = alias_of(params, context.stage());
    const bool local = !params.at("target").at("local").is_null(), kubernetes = !params.at("target").at("kubernetes").is_null();

    Json release = {{"format", "mlopsctl-release-1"}, {"alias", alias}, {"api", params.at("api")}, {"model", model->digest.str()}};
    release["target"] = {{"local", local}, {"kubernetes", nullptr}};
    release["inputs"] = Json::array();
    for (const auto& input : context.inputs()) {
      TRY_ASSIGN(Json entry, evidence_of(input, model->digest));
      release["inputs"].push_back(std::move(entry));
    }

    const auto folder = context.output("release");
    TRY(make_folders(folder));
    if (kubernetes) { TRY_ASSIGN(release["target"]["kubernetes"], write_manifests(context, *model, folder / "manifests")); }
    TRY(write_file(folder / "release.json", pretty(release)));

    if (local) {
      context.forward("model", *model);
      context.report().publications.push_back({alias, "model"});
    }
    context.report().summary = summary_of(release);
    return {};
  }

 private:
  // What release.json says of the cluster; the manifests are below `folder` then.
  static Result<Json> write_manifests(engine::StageContext& context, const StageInput& model, const std::filesystem::path& folder) {
    k8s::ReleaseOptions options = kubernetes_options(context.params(), context.stage());
    options.model = model.digest;
    TRY_ASSIGN(const auto set, k8s::render(options));
    TRY(make_folders(folder));
    Json list = Json::array();
    for (const auto& manifest : set.manifests) {
      TRY(write_file(folder / manifest.path, manifest.bytes));
      list.push_back({{"path", "manifests/" + manifest.path},
                      {"api_version", manifest.api_version},
                      {"kind", manifest.kind},
                      {"namespace", manifest.name_space.empty() ? Json() : Json(manifest.name_space)},
                      {"name", manifest.name},
                      {"digest", digest_of(manifest.bytes).str()}});
    }
    for (auto& warning : k8s::warnings(options)) context.report().warnings.push_back(std::move(warning));
    return Json{{"namespace", options.name_space}, {"name", options.name}, {"manifests", std::move(list)}};
  }

  spec::StageKindSpec spec_ = deploy_spec();
};

}  // namespace

std::unique_ptr<engine::Stage> make_deploy_stage() { return std::make_unique<DeployStage>(); }

}  // namespace mlopsctl::deploy
