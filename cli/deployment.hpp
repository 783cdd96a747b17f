// What the commands that go to a cluster share: which manifests, which cluster, and how its troubles are told.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/api.hpp"
#include "pipeline/k8s/manifest.hpp"
#include "pipeline/k8s/rollout_status.hpp"
#include "stages/deploy/render.hpp"

namespace mlopsctl::cli {

struct StageManifests {
  const spec::StageSpec* stage = nullptr;
  k8s::ManifestSet set;
  bool model_known = true;  // else its digest is all zero: it is not made yet, or what it is made of is not here
  Digest model{};
  std::string blocked{};  // the verdict that stands before the stage: "drift said fail: ..."; empty: none
};
// Of the deploy stages asked for; none: of all with a kubernetes target. Where no model is needed, the pipeline's data need not be here. `pipeline` must
// outlive the result.
Result<std::vector<StageManifests>> rendered_stages(Session& session, const CheckedPipeline& pipeline, const std::vector<std::string>& asked,
                                                    bool model_needed = true, const std::optional<deploy::OtherArgs>& other_args = {});
// The deploy stages asked for; none: all that have a kubernetes target.
Result<std::vector<const spec::StageSpec*>> deploy_stages(const spec::Pipeline& pipeline, const std::vector<std::string>& asked);
// By --namespace, else those of the pipeline's releases.
Result<std::vector<std::string>> namespaces_asked_for(Session& session);

// By --manifests (a file, a folder of *.yaml in the order of their names, or - for stdin), else rendered from the pipeline, whose models must
// be there.
Result<k8s::ManifestSet> manifests_asked_for(Session& session);

// By --kubeconfig and --context, else as kubectl finds it. Waits for the server are said to the user.
Result<k8s::Api> cluster_asked_for(Session& session);

// Says what stands in the way of an object, and the end of the log that may tell why, if there is one.
void say_trouble(Session& session, const std::string& object, const k8s::Trouble& trouble, const std::string& log);

// Who we are, for others to read: "ann@laptop, process 4711-a1b2c3".
std::string our_name(Session& session);

}  // namespace mlopsctl::cli
