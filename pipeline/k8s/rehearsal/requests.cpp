#include <algorithm>
#include <cmath>

#include "pipeline/k8s/rehearsal/world.hpp"
#include "pipeline/k8s/resources.hpp"

namespace mlopsctl::k8s::simulated {

namespace {

constexpr Time until_heard{1000};  // by kube-proxy on every node
constexpr double bounds[] = {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

std::vector<std::string> addresses_of(const World& world, const Json& service) {
  std::vector<std::string> addresses;
  for (const Pod& pod : world.pods) {
    const Set* set = world.set_of(pod);
    if (!pod.ready || pod.deleted || set == nullptr) continue;
    const Json& labels = at(set->pods, "metadata", "labels");
    const auto& selector = at(service, "spec", "selector").items();
    if (std::all_of(selector.begin(), selector.end(), [&](const auto& wanted) { return at(labels, wanted.key()) == wanted.value(); }))
      addresses.push_back(pod.uid);
  }
  return addresses;
}

void hear_of_addresses(World& world) {
  std::vector<std::string> addresses;
  for (const auto& [path, stored] : world.objects)
    if (at(stored.object, "kind") == "Service") addresses = addresses_of(world, stored.object);
  if (addresses != world.addresses) {
    world.addresses = addresses;
    world.heard.emplace_back(world.now + until_heard, std::move(addresses));
  }
  for (; !world.heard.empty() && world.heard.front().first <= world.now; world.heard.pop_front()) world.known = std::move(world.heard.front().second);
}

// False: it failed.
bool ask(World& world, Pod& pod) {
  if (!world.answers(pod)) return false;
  const Model& model = world.model_of(pod);
  Counts& counted = pod.counted;
  ++counted.requests;
  for (const double bound : bounds) counted.within[bound] += model.seconds <= bound ? 1 : 0;
  ++counted.within[std::numeric_limits<double>::infinity()];
  if (world.random.uniform() < model.errors) return ++counted.errors, false;
  ++counted.answered[world.random.uniform() < model.positive ? "positive" : "negative"];
  return true;
}

void line(std::string& text, const std::string& name, const std::string& labels, int64_t value) {
  text += "mlopsctl_" + name + "{" + labels + "} " + std::to_string(value) + "\n";
}

}  // namespace

void run_requests(World& world) {
  hear_of_addresses(world);
  std::vector<Pod*> asked;  // null: a pod that is no more
  for (const std::string& uid : world.known) {
    const auto found = std::find_if(world.pods.begin(), world.pods.end(), [&](const Pod& pod) { return pod.uid == uid; });
    asked.push_back(found == world.pods.end() ? nullptr : &*found);
  }
  world.capacity = std::count_if(asked.begin(), asked.end(), [&](const Pod* pod) { return pod != nullptr && world.answers(*pod); });
  world.least = std::min(world.least, world.capacity);
  for (world.due += world.rate * std::chrono::duration<double>(tick).count(); world.due >= 1; world.due -= 1) {
    ++world.requests;
    Pod* pod = asked.empty() ? nullptr : asked[world.random.below(asked.size())];
    if (pod == nullptr || !ask(world, *pod)) ++world.failed;
  }
}

std::string World::metrics(const Pod& pod) const {
  const std::string route = R"(route="POST /v2/models/{model}/infer")";
  std::string text;
  line(text, "requests_total", route + R"(,status="200")", pod.counted.requests - pod.counted.errors);
  line(text, "requests_total", route + R"(,status="500")", pod.counted.errors);
  for (const auto& [bound, count] : pod.counted.within) {
    std::string below = std::isinf(bound) ? "+Inf" : std::to_string(bound);
    line(text, "request_seconds_bucket", route + ",le=\"" + below + "\"", count);
  }
  for (const auto& [label, count] : pod.counted.answered) line(text, "predictions_total", "label=\"" + label + "\"", count);
  return text;
}

}  // namespace mlopsctl::k8s::simulated
