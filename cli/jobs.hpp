// What `job` and `schedule` share: which work of a release, which Job of the cluster, and watching one while telling about it.
#pragma once

#include <string>
#include <vector>

#include "cli/deployment.hpp"
#include "pipeline/k8s/job.hpp"

namespace mlopsctl::cli {

// Brings the objects of a release that are not its server's into the cluster, and says which are new or changed.
Status apply_quietly(Session& session, k8s::Cluster& cluster, const k8s::ManifestSet& set);
// What a Job's pods need besides it: namespace, service account, settings.
bool is_for_jobs(const k8s::Manifest& manifest);

// Starts `pattern` as a Job (k8s::start_job), and, unless --detach was said, watches it to its end.
Result<Answer> start_and_watch(Session& session, k8s::Cluster& cluster, const Json& pattern);
// The log goes to stdout as it comes, all else to stderr; the answer ends with the Job's exit code.
Result<Answer> watch_and_tell(Session& session, k8s::Cluster& cluster, const k8s::ObjectRef& job, bool was_there);

// A Job by its name, or the newest of a work ("predict"), in the namespaces asked for.
Result<k8s::ObjectRef> job_asked_for(Session& session, k8s::Cluster& cluster);

}  // namespace mlopsctl::cli
