#include "pipeline/k8s/rollout_status.hpp"

#include <algorithm>

namespace mlopsctl::k8s {

namespace {

constexpr std::string_view image_reasons[] = {"ErrImagePull",        "ImagePullBackOff",  "InvalidImageName",         "ErrImageNeverPull",
                                              "RegistryUnavailable", "ImageInspectError", "SignatureValidationFailed"};
constexpr std::string_view configuration_reasons[] = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"};

template <size_t N>
bool one_of(const std::string& word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// What a container's end says; nothing of one that ended well, unless it `goes_on`: is started again and again, as a server is.
std::string end_text(const Json& terminated, int64_t restarts, bool goes_on) {
  if (!terminated.is_object()) return {};
  const int64_t code = number_at(at(terminated, "exitCode"));
  const std::string reason = text_at(at(terminated, "reason"));
  if (code == 0 && reason != "OOMKilled" && !goes_on) return {};
  std::string text = reason == "OOMKilled" ? "was killed for using more memory than its limit" : "ended with exit code " + std::to_string(code);
  if (const int64_t signal = number_at(at(terminated, "signal")); signal > 0) text = "was ended by signal " + std::to_string(signal);
  if (restarts > 0) text += restarts == 1 ? ", restarted once" : ", restarted " + std::to_string(restarts) + " times";
  return text;
}

// A volume's image that cannot be pulled keeps its container waiting as if it were the container's own; only the kubelet's words tell which it is.
std::string image_meant(const Json& pod, const Json& status, const std::string& message) {
  for (const Json& volume : at(pod, "spec", "volumes"))
    if (const std::string reference = text_at(at(volume, "image", "reference")); !reference.empty() && message.find(reference) != std::string::npos)
      return reference;
  return text_at(at(status, "image"));
}

void container_trouble(const SeenPod& seen, const Json& status, bool init, std::vector<Trouble>& found) {
  Trouble trouble;
  trouble.pod = text_at(at(seen.pod, "metadata", "name"));
  trouble.container = text_at(at(status, "name"));
  const Json &waiting = at(status, "state", "waiting"), &ended = at(status, "state", "terminated"), &before = at(status, "lastState", "terminated");
  const std::string reason = text_at(at(waiting, "reason")), message = text_at(at(waiting, "message"));
  const int64_t restarts = number_at(at(status, "restartCount"));
  const bool goes_on = !init && reason == "CrashLoopBackOff";
  if (one_of(reason, image_reasons)) {
    trouble.kind = Trouble::Kind::image;
    trouble.text = "the image " + image_meant(seen.pod, status, message) + " cannot be pulled: " + (message.empty() ? reason : message.substr(0, 400));
  } else if (one_of(reason, configuration_reasons)) {
    trouble.kind = Trouble::Kind::configuration;
    trouble.text = "cannot be started: " + (message.empty() ? reason : message.substr(0, 400));
  } else if (auto text = end_text(ended.is_object() ? ended : before, restarts, goes_on); !text.empty() && at(status, "ready") != true) {
    const bool memory = text_at(at(ended.is_object() ? ended : before, "reason")) == "OOMKilled";
    trouble.kind = memory ? Trouble::Kind::memory : Trouble::Kind::crash;
    trouble.text = std::move(text);
    trouble.has_log = true;
    trouble.previous = !ended.is_object();
    trouble.restarts = restarts;
  } else {
    return;
  }
  found.push_back(std::move(trouble));
}

}  // namespace

std::string_view to_string(Trouble::Kind kind) {
  switch (kind) {
    case Trouble::Kind::image:
      return "image";
    case Trouble::Kind::configuration:
      return "configuration";
    case Trouble::Kind::crash:
      return "crash";
    case Trouble::Kind::memory:
      return "memory";
    case Trouble::Kind::unschedulable:
      return "unschedulable";
    case Trouble::Kind::probe:
      return "probe";
    case Trouble::Kind::volume:
      return "volume";
    case Trouble::Kind::refused:
      return "refused";
    case Trouble::Kind::node:
      return "node";
  }
  return "";
}

std::vector<Trouble> troubles_of(const SeenPod& seen) {
  std::vector<Trouble> found;
  const Json& pod = seen.pod;
  const std::string name = text_at(at(pod, "metadata", "name"));
  const Json& scheduled = condition(pod, "PodScheduled");
  if (at(scheduled, "status") == "False" && at(scheduled, "reason") == "Unschedulable")
    found.push_back({Trouble::Kind::unschedulable, name, "", "no node takes it: " + text_at(at(scheduled, "message")).substr(0, 400)});
  for (const char* list : {"initContainerStatuses", "containerStatuses"})
    for (const Json& status : at(pod, "status", list)) container_trouble(seen, status, list == std::string_view("initContainerStatuses"), found);
  if (!found.empty() || at(condition(pod, "Ready"), "status") == "True") return found;

  // What only events tell. Of each kind the last.
  const auto last = [&](auto fits) {
    for (auto note = seen.events.rbegin(); note != seen.events.rend(); ++note)
      if (fits(note->reason)) return &*note;
    return static_cast<const EventNote*>(nullptr);
  };
  if (const auto* note = last([](const std::string& reason) { return reason == "FailedMount" || reason == "FailedAttachVolume"; }))
    found.push_back({Trouble::Kind::volume, name, "", "a volume is not there: " + note->message.substr(0, 400)});
  for (const Json& status : at(pod, "status", "containerStatuses"))
    if (at(status, "state", "running").is_object() && at(status, "ready") != true)
      if (const auto* note = last([](const std::string& reason) { return reason == "Unhealthy"; }))
        found.push_back({Trouble::Kind::probe, name, text_at(at(status, "name")), note->message.substr(0, 400), true});
  return found;
}

std::string Progress::text() const {
  if (phase == Phase::unseen) return "waiting for the controller to look at it";
  std::string text = std::to_string(updated) + " of " + std::to_string(wanted) + (wanted == 1 ? " pod is" : " pods are") + " up to date, " +
                     std::to_string(available) + " available";
  if (old > 0) text += ", " + std::to_string(old) + (old == 1 ? " old one to go" : " old ones to go");
  return text;
}

Progress judge(const Observation& observation) {
  const Json &deployment = observation.deployment, &status = at(deployment, "status");
  Progress progress;
  progress.wanted = number_at(at(deployment, "spec", "replicas"), 1);
  progress.updated = number_at(at(status, "updatedReplicas"));
  progress.available = number_at(at(status, "availableReplicas"));
  progress.old = std::max<int64_t>(0, number_at(at(status, "replicas")) - progress.updated);
  // Until the controller has looked, the status speaks of something else.
  if (number_at(at(status, "observedGeneration")) < number_at(at(deployment, "metadata", "generation"))) return progress;
  progress.phase = Progress::Phase::moving;
  if (progress.updated >= progress.wanted && progress.old == 0 && progress.available >= progress.wanted) {
    progress.phase = Progress::Phase::done;
    return progress;
  }
  for (const SeenPod& seen : observation.pods)
    for (Trouble& trouble : troubles_of(seen)) progress.troubles.push_back(std::move(trouble));
  if (const Json& failure = condition(deployment, "ReplicaFailure"); at(failure, "status") == "True")
    progress.troubles.push_back({Trouble::Kind::refused, "", "", "its pods are refused: " + text_at(at(failure, "message")).substr(0, 400)});
  if (const Json& going = condition(deployment, "Progressing"); at(going, "status") == "False" && at(going, "reason") == "ProgressDeadlineExceeded")
    progress.phase = Progress::Phase::stalled;
  return progress;
}

}  // namespace mlopsctl::k8s
