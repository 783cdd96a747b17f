// What `deploy` and `diff --live` share: which manifests, and which cluster.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/api.hpp"
#include "pipeline/k8s/manifest.hpp"

namespace mlopsctl::cli {

struct StageManifests {
  const spec::StageSpec* stage = nullptr;
  k8s::ManifestSet set;
  bool model_known = true;  // else its digest is all zero
};
// Of the deploy stages asked for; none: of all with a kubernetes target. `pipeline` must outlive the result.
Result<std::vector<StageManifests>> rendered_stages(Session& session, const CheckedPipeline& pipeline, const std::vector<std::string>& asked);

// By --manifests (a file, a folder of *.yaml in the order of their names, or - for stdin), else rendered from the pipeline, whose models must
// be there.
Result<k8s::ManifestSet> manifests_asked_for(Session& session);

// By --kubeconfig and --context, else as kubectl finds it. Waits for the server are said to the user.
Result<k8s::Api> cluster_asked_for(Session& session);

// Who we are, for others to read: "ann@laptop, process 4711-a1b2c3".
std::string our_name(Session& session);

}  // namespace mlopsctl::cli
