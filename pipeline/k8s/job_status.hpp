// How a Job stands and why: pure functions of what was seen at one moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/k8s/rollout_status.hpp"

namespace mlopsctl::k8s {

struct JobSeen {
  Json job;                       // null: there is none of that name
  std::vector<EventNote> events;  // of the Job, asked for only while it has no pod
  std::vector<SeenPod> pods;      // oldest first
};

struct JobProgress {
  enum class Phase {
    waiting,    // no pod of it runs now
    running,    // one does
    ending,     // it was deleted, and its pod has not ended yet
    suspended,  // by spec.suspend
    done,       // it has succeeded
    failed      // for good; `reason` says why
  };
  Phase phase = Phase::waiting;
  int64_t tries = 0, most_tries = 1;  // pods that have run or run now, of those that count
  std::string pod, node, pod_phase;   // the newest; empty: none yet
  std::optional<int> exit_code;       // of the last container that has ended, its own
  std::string reason;                 // "exit code 2: the command line, the pipeline or an input is wrong; not tried again"
  bool out_of_time = false;           // failed by spec.activeDeadlineSeconds
  std::vector<Trouble> troubles;

  bool ended() const { return phase == Phase::done || phase == Phase::failed; }
  std::string text() const;  // "running on node-1, try 2 of 4"
  // Ours: that of the container where it is one of our contract; 5 out of time, 3 for any other failure; 0 when done.
  int passed_on() const;
};
std::string_view to_string(JobProgress::Phase phase);

JobProgress judge_job(const JobSeen& seen);
// Whether a Job, as a list shows it, has succeeded or failed for good.
bool has_ended(const Json& job);

}  // namespace mlopsctl::k8s
