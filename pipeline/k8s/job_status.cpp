#include "pipeline/k8s/job_status.hpp"

#include <algorithm>
#include <charconv>

#include "pipeline/k8s/job_contract.hpp"

namespace mlopsctl::k8s {

namespace {

bool holds(const Json& job, std::string_view type) { return at(condition(job, type), "status") == "True"; }

const Json& ended_container(const Json& pod) {
  static const Json nothing;
  for (const Json& status : at(pod, "status", "containerStatuses"))
    if (at(status, "state", "terminated").is_object()) return at(status, "state", "terminated");
  return nothing;
}

std::string end_words(const Json& terminated) {
  if (text_at(at(terminated, "reason")) == "OOMKilled") return "it was killed for using more memory than its limit";
  const int code = static_cast<int>(number_at(at(terminated, "exitCode")));
  const JobEnd* end = job_end(code);
  return "exit code " + std::to_string(code) + (end != nullptr ? ": " + std::string(end->means) : "");
}

// Why a Job has failed: Kubernetes' reason, in the words of what ended last.
std::string why(const Json& job, const Json& terminated) {
  const Json& failed = condition(job, "Failed");
  const std::string reason = text_at(at(failed, "reason"));
  const std::string end = terminated.is_object() && (number_at(at(terminated, "exitCode")) != 0) ? end_words(terminated) : "";
  if (reason == "DeadlineExceeded")
    return "it was not done within its deadline of " + std::to_string(number_at(at(job, "spec", "activeDeadlineSeconds"))) + " s";
  if (end.empty()) return text_at(at(failed, "message"), reason);
  if (reason == "PodFailurePolicy") return end + "; so it is not tried again";
  if (reason == "BackoffLimitExceeded") {
    const int64_t retries = number_at(at(job, "spec", "backoffLimit"), 6);
    return end + "; " + (retries == 0 ? "it is tried only once" : "tried " + std::to_string(retries + 1) + " times");
  }
  return end + " (" + reason + ")";
}

// Where no pod is asked, the controller's sentence has it: "Container main for pod a/b failed with exit code 1 matching FailJob rule at index 0".
Json end_as_told(const Json& job) {
  const std::string message = text_at(at(condition(job, "Failed"), "message"));
  constexpr std::string_view mark = " failed with exit code ";
  const size_t place = message.find(mark);
  int code = 0;
  if (place == std::string::npos) return {};
  const char* digits = message.data() + place + mark.size();
  if (std::from_chars(digits, message.data() + message.size(), code).ec != std::errc()) return {};
  return {{"exitCode", code}};
}

// A pod on its way out that its node does not confirm: nothing starts in its place before it has ended for certain.
bool lost_with_its_node(const Json& pod) {
  const std::string phase = text_at(at(pod, "status", "phase"));
  return !at(pod, "metadata", "deletionTimestamp").is_null() && phase != "Failed" && phase != "Succeeded" &&
         at(condition(pod, "DisruptionTarget"), "reason") == "DeletionByTaintManager";
}

void add_troubles(const JobSeen& seen, JobProgress& progress) {
  for (const SeenPod& each : seen.pods) {
    const std::string name = text_at(at(each.pod, "metadata", "name")), node = text_at(at(each.pod, "spec", "nodeName"));
    if (lost_with_its_node(each.pod)) {
      progress.troubles.push_back({Trouble::Kind::node, name, "",
                                   node +
                                       " does not answer; the work goes on elsewhere once it is certain that this pod has ended: when the node is back, "
                                       "or with `kubectl taint node " +
                                       node + " node.kubernetes.io/out-of-service=:NoExecute` if it never will be"});
      continue;
    }
    for (Trouble& trouble : troubles_of(each)) {
      if (trouble.kind == Trouble::Kind::probe) continue;
      if (trouble.kind == Trouble::Kind::crash)
        if (const Json& ended = ended_container(each.pod); ended.is_object() && number_at(at(ended, "signal")) == 0)
          trouble.text = "ended with " + end_words(ended);
      progress.troubles.push_back(std::move(trouble));
    }
  }
  if (!seen.pods.empty()) return;
  for (auto note = seen.events.rbegin(); note != seen.events.rend(); ++note)
    if (note->reason == "FailedCreate")
      return progress.troubles.push_back({Trouble::Kind::refused, "", "", "its pods are refused: " + note->message.substr(0, 400)});
}

}  // namespace

std::string_view to_string(JobProgress::Phase phase) {
  switch (phase) {
    case JobProgress::Phase::waiting:
      return "waiting";
    case JobProgress::Phase::running:
      return "running";
    case JobProgress::Phase::ending:
      return "ending";
    case JobProgress::Phase::suspended:
      return "suspended";
    case JobProgress::Phase::done:
      return "done";
    case JobProgress::Phase::failed:
      return "failed";
  }
  return "";
}

bool has_ended(const Json& job) { return holds(job, "Complete") || holds(job, "Failed"); }

JobProgress judge_job(const JobSeen& seen) {
  using Phase = JobProgress::Phase;
  JobProgress progress;
  const Json& job = seen.job;
  progress.most_tries = number_at(at(job, "spec", "backoffLimit"), 6) + 1;
  // Pods that do not count are in neither number: a try is one that failed by its own fault, or the one at hand.
  progress.tries = number_at(at(job, "status", "failed")) + (number_at(at(job, "status", "active")) > 0 ? 1 : 0);
  const Json told = end_as_told(job);
  const Json* terminated = &told;
  bool runs = false;
  for (const SeenPod& each : seen.pods) {
    progress.pod = text_at(at(each.pod, "metadata", "name"));
    progress.node = text_at(at(each.pod, "spec", "nodeName"));
    progress.pod_phase = text_at(at(each.pod, "status", "phase"));
    runs = progress.pod_phase == "Running" && !lost_with_its_node(each.pod);
    if (const Json& ended = ended_container(each.pod); ended.is_object()) terminated = &ended;
  }
  if (terminated->is_object()) progress.exit_code = static_cast<int>(number_at(at(*terminated, "exitCode")));

  progress.phase = holds(job, "Complete")                                ? Phase::done
                   : holds(job, "Failed")                                ? Phase::failed
                   : !at(job, "metadata", "deletionTimestamp").is_null() ? Phase::ending
                   : at(job, "spec", "suspend") == true                  ? Phase::suspended
                   : runs                                                ? Phase::running
                                                                         : Phase::waiting;
  if (progress.phase == Phase::done) progress.exit_code = 0;
  if (progress.phase == Phase::failed) {
    progress.reason = why(job, *terminated);
    progress.out_of_time = at(condition(job, "Failed"), "reason") == "DeadlineExceeded";
  }
  if (progress.phase != Phase::done) add_troubles(seen, progress);
  return progress;
}

std::string JobProgress::text() const {
  const std::string count = most_tries > 1 && tries > 1 ? ", try " + std::to_string(tries) + " of " + std::to_string(most_tries) : "";
  switch (phase) {
    case Phase::waiting:
      return pod.empty() ? "waiting for a pod"
                         : "pod " + pod +
                               (pod_phase == "Pending"   ? " has not started yet"
                                : pod_phase == "Running" ? " is lost"
                                                         : " has ended") +
                               count;
    case Phase::running:
      return "pod " + pod + " runs on " + node + count;
    case Phase::ending:
      return "it was cancelled, and ends";
    case Phase::suspended:
      return "it is suspended";
    case Phase::done:
      return "done";
    case Phase::failed:
      return "failed: " + reason;
  }
  return "";
}

int JobProgress::passed_on() const {
  if (phase == Phase::done) return 0;
  if (out_of_time) return mlopsctl::exit_code(ErrorKind::timeout);
  return exit_code && job_end(*exit_code) != nullptr ? *exit_code : mlopsctl::exit_code(ErrorKind::stage);
}

}  // namespace mlopsctl::k8s
