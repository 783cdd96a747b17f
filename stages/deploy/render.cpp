#include "stages/deploy/render.hpp"

#include <algorithm>

#include "pipeline/k8s/render.hpp"
#include "stages/deploy/fields.hpp"

namespace mlopsctl::deploy {

Result<k8s::ManifestSet> render_stage(const spec::StageSpec& stage, const Digest& model, const std::optional<OtherArgs>& other_args) {
  if (auto faults = parameter_faults(stage); !faults.empty()) {
    Error first = std::move(faults.front());
    first.also.assign(std::make_move_iterator(faults.begin() + 1), std::make_move_iterator(faults.end()));
    return first;
  }
  if (stage.params.at("target").at("kubernetes").is_null()) {
    Error error = config_error("stage " + stage.name + " has no kubernetes target: there is nothing to render")
                      .with_hint("add kubernetes: {namespace: default} under stages." + stage.name + ".target");
    error.field = "stages." + stage.name + ".target";
    error.span = stage.span;
    return error;
  }
  k8s::ReleaseOptions options = kubernetes_options(stage.params, stage.name);
  options.model = model;
  if (other_args) {
    auto job = std::find_if(options.jobs.begin(), options.jobs.end(), [&](const k8s::JobOptions& each) { return each.name == other_args->job; });
    if (job == options.jobs.end()) job = options.jobs.insert(job, k8s::JobOptions{other_args->job, {}, "", "", ""});
    job->args = other_args->args;
    if (!other_args->claim.empty()) job->claim = other_args->claim;
  }
  return k8s::render(options);
}

std::optional<Digest> planned_model(const spec::StageSpec& stage, const engine::Plan& plan) {
  for (const auto& input : stage.inputs) {
    const size_t dot = input.text.find('.');
    const std::string owner = input.text.substr(0, dot), output = dot == std::string::npos ? "" : input.text.substr(dot + 1);
    const auto planned = std::find_if(plan.stages.begin(), plan.stages.end(), [&](const auto& s) { return s.name == owner; });
    if (planned == plan.stages.end()) continue;
    for (const auto& artifact : planned->artifacts)
      if (artifact.type == "model" && (output.empty() || output == artifact.name)) return artifact.digest;
  }
  return std::nullopt;
}

}  // namespace mlopsctl::deploy
