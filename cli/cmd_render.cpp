#include "cli/cmds.hpp"
#include "cli/deployment.hpp"
#include "pipeline/base/files.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_render(Session& session) {
  TRY_ASSIGN(const auto pipeline, session.checked_pipeline());
  TRY_ASSIGN(const auto stages, rendered_stages(session, pipeline, session.arguments().positional_values("STAGE")));

  const std::string output = session.arguments().value("--output");
  Answer answer(Json{{"manifests", Json::array()}});
  for (const auto& [stage, set, model_known, model, blocked] : stages) {
    if (!model_known) session.say("note: the model of " + stage->name + " is not made yet, so its digest is left out; `mlopsctl run` makes it");
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
