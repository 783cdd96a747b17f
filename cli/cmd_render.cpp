#include "cli/cmds.hpp"
#include "pipeline/base/files.hpp"
#include "stages/deploy/render.hpp"

namespace mlopsctl::cli {

namespace {

// The deploy stages asked for. All of them: only those that have a kubernetes target.
Result<std::vector<const spec::StageSpec*>> deploy_stages(const spec::Pipeline& pipeline, const std::vector<std::string>& asked) {
  std::vector<const spec::StageSpec*> stages;
  std::vector<std::string> names;
  for (const auto& stage : pipeline.stages) {
    if (stage.kind == "deploy") names.push_back(stage.name);
  }
  for (const auto& name : asked) {
    const spec::StageSpec* stage = pipeline.stage(name);
    if (stage == nullptr || stage->kind != "deploy") {
      Error error = config_error("\"" + name + "\" is no deploy stage of the pipeline " + pipeline.name);
      error.kind = ErrorKind::usage;
      const auto near = nearest(name, names);
      error.hint = near ? "did you mean " + *near + "?" : "leave the name out to render all";
      return error;
    }
    stages.push_back(stage);
  }
  if (!asked.empty()) return stages;
  for (const auto& name : names) {
    const spec::StageSpec* stage = pipeline.stage(name);
    const auto target = stage->params.find("target");
    if (target != stage->params.end() && target->is_object() && target->contains("kubernetes") && !(*target)["kubernetes"].is_null()) stages.push_back(stage);
  }
  if (stages.empty())
    return config_error("the pipeline " + pipeline.name + " has no deploy stage with a kubernetes target")
        .with_hint("add one: {kind: deploy, inputs: [judge], target: {kubernetes: {namespace: reviews}}}");
  return stages;
}

}  // namespace

Result<Answer> cmd_render(Session& session) {
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  TRY_ASSIGN(const auto stages, deploy_stages(pipeline, session.arguments().positional_values("STAGE")));
  TRY_ASSIGN(auto store, session.existing_store());
  engine::RunOptions options = session.run_options();
  options.only.clear();
  TRY_ASSIGN(const auto plan, engine::make_plan(pipeline, session.registry(), store ? &*store : nullptr, options));

  const std::string output = session.arguments().value("--output");
  Answer answer(Json{{"manifests", Json::array()}});
  for (const spec::StageSpec* stage : stages) {
    const auto model = deploy::planned_model(*stage, plan);
    if (!model) session.say("note: the model of " + stage->name + " is not made yet, so its digest is left out; `mlopsctl run` makes it");
    TRY_ASSIGN(const auto set, deploy::render_stage(*stage, model.value_or(Digest())));
    for (const auto& manifest : set.manifests) {
      answer.value["manifests"].push_back({{"stage", stage->name},
                                           {"path", manifest.path},
                                           {"kind", manifest.kind},
                                           {"name", manifest.name},
                                           {"namespace", manifest.name_space.empty() ? Json() : Json(manifest.name_space)},
                                           {"object", manifest.object}});
      if (output != "-") {
        const auto file = std::filesystem::path(output) / (stages.size() > 1 ? stage->name : "") / manifest.path;
        TRY(make_folders(file.parent_path()));
        TRY(write_file_atomically(file, manifest.bytes));
        answer.line("wrote " + file.string());
      }
    }
    if (output == "-") answer.verbatim(set.stream());
  }
  if (output != "-") answer.line("next: kubectl apply --server-side -f " + output + (stages.size() > 1 ? " -R" : ""));
  return answer;
}

}  // namespace mlopsctl::cli
