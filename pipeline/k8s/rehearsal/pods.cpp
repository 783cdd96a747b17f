#include <algorithm>
#include <regex>

#include "pipeline/k8s/rehearsal/world.hpp"
#include "pipeline/k8s/resources.hpp"

namespace mlopsctl::k8s::simulated {

namespace {

constexpr Time until_created{1000};  // scheduled, its volumes there, its container made
constexpr Time until_crash{1000};
constexpr int64_t crashed = 7, by_sigterm = 128 + 15;  // exit codes; a server that is told to stop before it serves ends by that signal
constexpr Time longest_wait{300'000};
constexpr Time to_end{1000};  // what a server has under way when it is told to end

const Json& container_of(const World& world, const Pod& pod) {
  static const Json none;
  const Set* set = world.set_of(pod);
  const Json& containers = at(set == nullptr ? none : set->pods, "spec", "containers");
  return containers.is_array() && !containers.empty() ? containers.at(0) : none;
}

// The first probe that comes after so long; nothing: the probe that guards the start gives up before that.
std::optional<Time> seen_after(const Json& container, Time time) {
  const Json &startup = at(container, "startupProbe"), &readiness = at(container, "readinessProbe");
  const Json& probe = startup.is_object() ? startup : readiness;
  if (!probe.is_object()) return Time(0);  // running is ready
  const Time period = std::chrono::seconds(number_at(at(probe, "periodSeconds"), 10)),
             begin = std::chrono::seconds(number_at(at(probe, "initialDelaySeconds")));
  const int64_t more = time <= begin ? 0 : (time - begin + period - Time(1)) / period;
  if (startup.is_object() && more >= number_at(at(startup, "failureThreshold"), 3)) return std::nullopt;
  return begin + more * period;
}

// Of the startup probe: when it fails for the last time.
Time given_up_after(const Json& probe) {
  return std::chrono::seconds(number_at(at(probe, "initialDelaySeconds")) +
                              std::max<int64_t>(0, number_at(at(probe, "failureThreshold"), 3) - 1) * number_at(at(probe, "periodSeconds"), 10));
}

void start(World& world, Pod& pod, Time when) {
  const Model& model = world.model_of(pod);
  pod.started = when;
  pod.up = pod.ends = std::nullopt;
  const auto time = Time(static_cast<int64_t>(static_cast<double>(model.start.count()) * (0.8 + 0.4 * world.random.uniform())));
  const Json& container = container_of(world, pod);
  const auto seen = seen_after(container, time);
  if (model.crashes) pod.ends = when + until_crash;
  else if (!seen) pod.ends = when + given_up_after(at(container, "startupProbe")) + until_deaf(world, pod) + to_end;
  if (pod.ends) return;
  pod.up = when + time;
  pod.probed = when + std::max(*seen, time);
}

// The kubelet waits longer after each crash but the first.
Time wait_before(int64_t restart) { return restart <= 1 ? tick : std::min(longest_wait, Time(10'000) * (int64_t{1} << std::min<int64_t>(restart - 2, 10))); }

}  // namespace

Time until_deaf(const World& world, const Pod& pod) {
  const Set* set = world.set_of(pod);
  const int64_t grace = set == nullptr ? 30 : number_at(at(set->pods, "spec", "terminationGracePeriodSeconds"), 30);
  return std::min<Time>(std::chrono::seconds(grace), pre_stop(container_of(world, pod)).value_or(Time(0)));
}

std::optional<Time> pre_stop(const Json& container) {
  const Json& hook = at(container, "lifecycle", "preStop");
  if (!hook.is_object()) return Time(0);
  if (hook.contains("sleep")) return std::chrono::seconds(number_at(at(hook, "sleep", "seconds")));
  std::string said;
  const Json& command = at(hook, "exec", "command");
  if (command.is_array())
    for (const Json& word : command) said += (said.empty() ? "" : " ") + text_at(word);
  static const std::regex sleeps(R"(((/usr)?/bin/)?((ba|da)?sh -e?c )?((/usr)?/bin/)?sleep +([0-9]{1,6}(\.[0-9]{1,3})?)s? *;?)");
  std::smatch found;
  if (!std::regex_match(said, found, sleeps)) return std::nullopt;
  return Time(static_cast<int64_t>(std::stod(found[7]) * 1000));
}

void run_pods(World& world) {
  for (Pod& pod : world.pods) {
    if (world.lost(pod.node)) {
      if (world.lost(pod.node, until_noticed)) pod.ready.reset();
      if (world.lost(pod.node, until_evicted) && !pod.deleted) pod.deleted = world.now;
      continue;
    }
    if (pod.started == Time(0)) start(world, pod, world.now + until_created);
    if (pod.ends && !pod.deleted && world.now >= *pod.ends) {
      pod.exit_code = world.model_of(pod).crashes ? crashed : by_sigterm;
      start(world, pod, world.now + wait_before(++pod.crashes));
    }
    if (pod.up && !pod.ready && world.now >= pod.probed && !pod.deleted) pod.ready = world.now;
  }
  // Those of a lost node stay: nobody confirms their end.
  std::erase_if(world.pods,
                [&](const Pod& pod) { return pod.deleted && !world.lost(pod.node) && world.now >= *pod.deleted + until_deaf(world, pod) + to_end; });
}

}  // namespace mlopsctl::k8s::simulated
