// What `deploy`, `promote`, `rollout` and `rollback` share: what is told while something happens in the cluster, and how it ended.
#pragma once

#include <optional>
#include <string>

#include "cli/session.hpp"
#include "pipeline/k8s/deploy.hpp"
#include "pipeline/k8s/rollout/drive.hpp"

namespace mlopsctl::cli {

// Everything is told on stderr as it happens; the origin is who we are and the project's commit. `session` must outlive the options.
k8s::DeployOptions deploy_options(Session& session);
k8s::DriveOptions drive_options(Session& session, k8s::DeployOptions options);

// Deploys (cmd_deploy.cpp) by the flags of the command, and says what came of it.
Result<Answer> deploy_and_tell(Session& session, k8s::Cluster& cluster, const k8s::ManifestSet& manifests);

// The name of the project's newest decision record about the model that the manifests name; empty: there is none here.
std::string record_about(const k8s::ManifestSet& manifests);

// Exit code 0: promoted, 1: undone by its verdict, 5: paused.
void tell_end(const k8s::Rollout& rollout, Answer& answer);
Json summary_of(const k8s::Rollout& rollout);

}  // namespace mlopsctl::cli
