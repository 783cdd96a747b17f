// What a deploy stage would write for Kubernetes, without running it: `mlopsctl render`.
#pragma once

#include <optional>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/engine/plan.hpp"
#include "pipeline/k8s/manifest.hpp"
#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::deploy {

// The manifests of a stage of kind `deploy` for the model with that digest; pass Digest() where it is not known yet: the annotation
// then reads sha256:000..., and nothing else differs but names derived from it. A stage without a kubernetes target is an error.
// `other_args`: arguments for a job instead of the stage's; a job it does not know is added, with that claim at /data.
struct OtherArgs {
  std::string job;
  std::vector<std::string> args;
  std::string claim;
};
Result<k8s::ManifestSet> render_stage(const spec::StageSpec& stage, const Digest& model, const std::optional<OtherArgs>& other_args = {});

// The digest of the model that `stage` would release, if `plan` knows it already (what it depends on would be reused).
std::optional<Digest> planned_model(const spec::StageSpec& stage, const engine::Plan& plan);

}  // namespace mlopsctl::deploy
