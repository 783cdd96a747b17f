// Jobs: started, watched to the end with reasons, cancelled. What is known about one is in the cluster alone: whoever asks next, from
// wherever, goes on where the last one was.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/k8s/job_status.hpp"

namespace mlopsctl::k8s {

// Of our Jobs and CronJobs, and the one of a single work: "mlopsctl/job".
inline constexpr const char* job_selector = "app.kubernetes.io/managed-by=mlopsctl,app.kubernetes.io/component=job";
std::string work_of(const Json& job_or_cron_job);

// Those of a namespace that `mlopsctl` made, or a CronJob of its; oldest first.
Result<std::vector<Json>> list_jobs(Cluster& cluster, const std::string& name_space);
Result<JobSeen> observe_job(Cluster& cluster, const ObjectRef& job);

struct StartedJob {
  ObjectRef job;
  bool was_there = false;  // one with the same image and arguments is under way: it is that one
};
// Runs what `pattern`, a Job or CronJob as rendered or as the cluster has it, describes, as a Job named INSTANCE-rNUMBER (run_number.hpp); one that comes from
// the cluster's CronJob belongs to it. At most one of a work at once: where another one with the same image and arguments is under way, that
// is the answer; one with others is an error (cluster) that names it.
Result<StartedJob> start_job(Cluster& cluster, const Json& pattern);

struct WatchJobOptions {
  std::chrono::seconds timeout{0};     // give up watching, not the Job, after so long; 0: never
  std::chrono::seconds patience{300};  // how long the cluster may be out of reach
  int log_lines = 10;
  std::function<void(const JobProgress& progress)> moved = {};                       // its words changed
  std::function<void(const Trouble& trouble, const std::string& log)> trouble = {};  // once each; `log` only where no `line` is asked for
  std::function<Status(std::string_view line)> line = {};                            // of its log, as it is written
  std::function<void(const std::string& why)> lost = {};                             // the cluster is out of reach; told once each time
};
// Until it is done or has failed: both are answers. Fails with timeout, cluster (gone, or out of reach for too long), interrupted: the Job
// goes on all the same.
Result<JobProgress> watch_job(Cluster& cluster, const ObjectRef& job, const WatchJobOptions& options);

// Deletes it, and waits until its pods have ended, for two minutes at most; false: they have not yet.
Result<bool> cancel_job(Cluster& cluster, const ObjectRef& job);

}  // namespace mlopsctl::k8s
