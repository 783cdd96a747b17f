// The arithmetic of preflight.hpp: what pods ask for, and what fits.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "pipeline/k8s/amount.hpp"
#include "pipeline/k8s/preflight.hpp"
#include "pipeline/k8s/rollout/begin.hpp"

namespace mlopsctl::k8s {

namespace {

// maxSurge: a number, or a percentage of the replicas, rounded up.
int64_t surge_of(const Json& value, int64_t replicas) {
  if (value.is_number_integer()) return value.get<int64_t>();
  const std::string text = text_at(value, "25%");
  int64_t percent = 0;
  std::from_chars(text.data(), text.data() + text.size(), percent);
  return (replicas * percent + 99) / 100;
}

}  // namespace

Room requests_of(const Json& pod_spec) {
  Room need{0, 0, 1};
  const auto ask = [](const Json& container, const char* what) { return amount(text_at(at(container, "resources", "requests", what))); };
  for (const Json& container : at(pod_spec, "containers")) need.cpu += ask(container, "cpu"), need.memory += ask(container, "memory");
  for (const Json& container : at(pod_spec, "initContainers"))
    need.cpu = std::max(need.cpu, ask(container, "cpu")), need.memory = std::max(need.memory, ask(container, "memory"));
  return need;
}

int64_t pods_that_fit(const Room& need, std::vector<Room> rooms, int64_t most) {
  int64_t fit = 0;
  for (const Room& room : rooms) {
    double here = static_cast<double>(room.pods);
    if (need.cpu > 0) here = std::min(here, std::floor(room.cpu / need.cpu + 1e-9));
    if (need.memory > 0) here = std::min(here, std::floor(room.memory / need.memory + 1e-9));
    if (here > 0) fit += static_cast<int64_t>(std::min<double>(here, static_cast<double>(most)));
  }
  return std::min(fit, most);
}

int64_t extra_pods(const Json& live, const Json& wanted) {
  const int64_t now = live.is_null() ? 0 : number_at(at(live, "spec", "replicas"), 1);
  const int64_t then = number_at(at(wanted, "spec", "replicas"), live.is_null() ? 1 : now);
  const bool rolls = !live.is_null() && !changes_between({{"spec", at(live, "spec", "template")}}, {{"spec", at(wanted, "spec", "template")}}).empty();
  const bool by_surge = rolls && text_at(at(wanted, "spec", "strategy", "type"), "RollingUpdate") == "RollingUpdate";
  return std::max<int64_t>(0, then - now) +
         (by_surge ? surge_of(at(wanted, "spec", "strategy", "rollingUpdate", "maxSurge"), then) + most_candidates(wanted, then) : 0);
}

}  // namespace mlopsctl::k8s
