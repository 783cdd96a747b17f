// The keys of a deploy stage, and what they mean to the renderer.
#pragma once

#include <string>

#include "pipeline/k8s/options.hpp"
#include "pipeline/schedule/local.hpp"
#include "pipeline/spec/pipeline.hpp"
#include "pipeline/spec/stage_catalog.hpp"

namespace mlopsctl::deploy {

spec::StageKindSpec deploy_spec();

// The alias that the release goes by: `alias`, or else the stage's name.
std::string alias_of(const Json& params, const std::string& stage);

// The canonical parameters `target.kubernetes` as options; the model is left open. The target must be there.
k8s::ReleaseOptions kubernetes_options(const Json& params, const std::string& stage);

// The jobs with a time that this machine can run: those of `target.local`, and those of `target.kubernetes` under names that it has not; by name.
std::vector<schedule::Job> jobs_here(const Json& params);

// All faults of the parameters that only the target can know, at their places in the pipeline file.
std::vector<Error> parameter_faults(const spec::StageSpec& stage);

}  // namespace mlopsctl::deploy
