#include <algorithm>
#include <cmath>
#include <set>

#include "pipeline/base/digest.hpp"
#include "pipeline/k8s/rehearsal/world.hpp"
#include "pipeline/k8s/resources.hpp"
#include "pipeline/k8s/rollout/manifests.hpp"

namespace mlopsctl::k8s::simulated {

namespace {

constexpr const char* revision_annotation = "deployment.kubernetes.io/revision";

// "25%" or a number; of a percentage, surge is rounded up, unavailability down.
int64_t amount(const Json& value, int64_t replicas, bool up) {
  const Json wanted = value.is_null() ? Json("25%") : value;
  if (wanted.is_number()) return number_at(wanted);
  const double share = std::atof(text_at(wanted).c_str()) * static_cast<double>(replicas) / 100;
  return static_cast<int64_t>(up ? std::ceil(share) : std::floor(share));
}

// One look of the Deployment controller at one Deployment.
class DeploymentController {
 public:
  DeploymentController(World& world, Stored& stored)
      : world_(world),
        stored_(stored),
        spec_(at(stored.object, "spec")),
        uid_(text_at(at(stored.object, "metadata", "uid"))),
        replicas_(number_at(at(spec_, "replicas"), 1)) {
    const Json& rolling = at(spec_, "strategy", "rollingUpdate");
    surge_ = amount(at(rolling, "maxSurge"), replicas_, true);
    unavailable_ = amount(at(rolling, "maxUnavailable"), replicas_, false);
    if (surge_ == 0 && unavailable_ == 0) unavailable_ = 1;
    for (size_t i = 0; i < world.sets.size(); ++i) {
      if (world.sets[i].owner != uid_) continue;
      if (!fresh_ && world.sets[i].pattern == stored.pattern) fresh_ = i;
      else old_.push_back(i);
    }
  }

  void sync() {
    if (std::any_of(world_.sets.begin(), world_.sets.end(), [&](const Set& set) { return set.owner == uid_ && set.replicas > 0 && set.wanted != replicas_; })) {
      scale();
    } else if (at(spec_, "paused") != true) {
      if (!fresh_) make_set();
      if (!scale_up()) scale_down();
      number();
    }
    write_status();
  }

 private:
  Set& fresh() { return world_.sets[*fresh_]; }

  // Its size has changed: that comes before a new revision.
  void scale() {
    std::vector<size_t> active;
    for (const size_t i : old_)
      if (world_.sets[i].replicas > 0) active.push_back(i);
    if (fresh_ && fresh().replicas > 0) active.push_back(*fresh_);
    int64_t all = 0;
    for (const size_t i : active) all += world_.sets[i].replicas;
    const int64_t allowed = active.size() == 1 || replicas_ == 0 ? replicas_ : replicas_ + surge_;
    Set& newest = world_.sets[active.back()];
    newest.replicas = std::max<int64_t>(0, newest.replicas + allowed - all);
    for (const size_t i : active) world_.sets[i].wanted = replicas_;
  }

  void make_set() {
    Set set;
    set.name = text_at(at(stored_.object, "metadata", "name")) + "-" + stored_.pattern.substr(0, 10);
    set.uid = "set-" + std::to_string(++world_.changes);
    set.owner = uid_;
    set.pods = at(spec_, "template");
    set.pattern = stored_.pattern;
    set.model = k8s::model_of(stored_.object);
    set.wanted = replicas_;
    world_.sets.push_back(std::move(set));
    fresh_ = world_.sets.size() - 1;
    stored_.progressed = world_.now;
  }
  int64_t all_replicas() const {
    int64_t all = 0;
    for (const Set& set : world_.sets) all += set.owner == uid_ ? set.replicas : 0;
    return all;
  }
  bool scale_up() {
    Set& set = fresh();
    const int64_t more = std::min(replicas_ + surge_ - all_replicas(), replicas_ - set.replicas);
    const int64_t wanted = set.replicas > replicas_ ? replicas_ : set.replicas + std::max<int64_t>(0, more);
    if (wanted == set.replicas) return false;
    set.replicas = wanted, set.wanted = replicas_;
    return true;
  }
  void scale_down() {
    const int64_t least = replicas_ - unavailable_;
    int64_t room = all_replicas() - least - (fresh().replicas - fresh().ready);
    if (room <= 0) return;
    // First those that do not answer.
    for (const size_t i : old_) {
      Set& set = world_.sets[i];
      const int64_t gone = std::min(room, std::max<int64_t>(0, set.replicas - set.ready));
      set.replicas -= gone, room -= gone;
    }
    int64_t ready = fresh().ready;
    for (const size_t i : old_) ready += std::min(world_.sets[i].ready, world_.sets[i].replicas);
    int64_t spare = std::min(room, ready - least);
    for (const size_t i : old_) {
      const int64_t gone = std::clamp<int64_t>(spare, 0, world_.sets[i].replicas);
      world_.sets[i].replicas -= gone, spare -= gone;
    }
  }
  void number() {
    int64_t last = 0;
    for (const size_t i : old_) last = std::max(last, world_.sets[i].revision);
    if (fresh().revision <= last) fresh().revision = last + 1, stored_.progressed = world_.now;
  }

  void write_status() {
    Json status{{"observedGeneration", at(stored_.object, "metadata", "generation")}};
    int64_t count = 0, ready = 0;
    for (const Set& set : world_.sets)
      if (set.owner == uid_) count += set.count, ready += set.ready;
    const int64_t updated = fresh_ ? fresh().count : 0;
    status["replicas"] = count, status["updatedReplicas"] = updated, status["readyReplicas"] = ready, status["availableReplicas"] = ready;
    const Json& before = at(stored_.object, "status");
    if (updated == replicas_ && count == replicas_ && ready == replicas_) stored_.progressed.reset();
    else if (stored_.progressed && (updated > number_at(at(before, "updatedReplicas")) || ready > number_at(at(before, "availableReplicas")) ||
                                    count - updated < number_at(at(before, "replicas")) - number_at(at(before, "updatedReplicas"))))
      stored_.progressed = world_.now;
    const auto deadline = std::chrono::seconds(number_at(at(spec_, "progressDeadlineSeconds"), 600));
    const bool late = stored_.progressed && world_.now - *stored_.progressed > deadline;
    status["conditions"] = Json::array({{{"type", "Progressing"},
                                         {"status", late ? "False" : "True"},
                                         {"reason", late                 ? "ProgressDeadlineExceeded"
                                                    : stored_.progressed ? "ReplicaSetUpdated"
                                                                         : "NewReplicaSetAvailable"}}});
    Json& object = stored_.object;
    const Json revision = fresh_ ? Json(std::to_string(fresh().revision)) : at(at(object, "metadata", "annotations"), revision_annotation);
    if (at(object, "status") == status && at(at(object, "metadata", "annotations"), revision_annotation) == revision) return;
    object["status"] = std::move(status);
    if (!revision.is_null()) object["metadata"]["annotations"][revision_annotation] = revision;
    object["metadata"]["resourceVersion"] = std::to_string(++world_.changes);
    world_.moved = world_.now;
  }

  World& world_;
  Stored& stored_;
  const Json& spec_;
  std::string uid_;
  int64_t replicas_, surge_ = 0, unavailable_ = 0;
  std::optional<size_t> fresh_;  // which of the sets has the present template
  std::vector<size_t> old_;
};

// Where the fewest pods of its set are, then the fewest at all. The scheduler hears of a lost node late.
size_t node_for(const World& world, const Set& set) {
  std::vector<std::pair<std::pair<size_t, size_t>, size_t>> nodes;
  for (size_t node = 0; node < world.nodes.size(); ++node) {
    if (world.lost(node, until_noticed)) continue;
    size_t own = 0, all = 0;
    for (const Pod& pod : world.pods) all += pod.node == node ? 1 : 0, own += pod.node == node && pod.set == set.uid ? 1 : 0;
    nodes.push_back({{own, all}, node});
  }
  return std::min_element(nodes.begin(), nodes.end())->second;
}

// One look of the ReplicaSet controller at one set.
void sync_set(World& world, Set& set) {
  std::vector<Pod*> pods;
  for (Pod& pod : world.pods)
    if (pod.set == set.uid && !pod.deleted) pods.push_back(&pod);
  if (const auto count = static_cast<int64_t>(pods.size()); count > set.replicas) {
    const auto beside = [&](const Pod& pod) { return std::count_if(pods.begin(), pods.end(), [&](const Pod* other) { return other->node == pod.node; }); };
    // Gone first: who is not ready, who shares its node with most others, who is ready for the shortest time.
    std::stable_sort(pods.begin(), pods.end(), [&](const Pod* a, const Pod* b) {
      if (a->ready.has_value() != b->ready.has_value()) return !a->ready;
      if (const auto of_a = beside(*a), of_b = beside(*b); of_a != of_b) return of_a > of_b;
      return a->ready > b->ready;
    });
    for (size_t i = 0; i < static_cast<size_t>(count - set.replicas); ++i) pods[i]->deleted = world.now;
    pods.erase(pods.begin(), pods.begin() + (count - set.replicas));
  }
  set.count = static_cast<int64_t>(pods.size());
  set.ready = std::count_if(pods.begin(), pods.end(), [&](const Pod* pod) {
    return pod->ready && world.now - *pod->ready >= std::chrono::seconds(number_at(at(set.pods, "minReadySeconds")));
  });
  for (; set.count < set.replicas; ++set.count) {
    Pod pod;
    pod.uid = "pod-" + std::to_string(++world.changes);
    pod.name = set.name + "-" + digest_of(pod.uid).hex().substr(0, 5);
    pod.set = set.uid;
    pod.node = node_for(world, set);
    world.pods.push_back(std::move(pod));
  }
}

}  // namespace

void run_controllers(World& world) {
  std::set<std::string> owners;
  for (auto& [path, stored] : world.objects)
    if (at(stored.object, "kind") == "Deployment") {
      owners.insert(text_at(at(stored.object, "metadata", "uid")));
      DeploymentController(world, stored).sync();
    }
  // The garbage collector: of Deployments that are gone.
  for (const Set& set : world.sets)
    if (!owners.contains(set.owner))
      for (Pod& pod : world.pods)
        if (pod.set == set.uid && !pod.deleted) pod.deleted = world.now;
  for (Set& set : world.sets)
    if (owners.contains(set.owner)) sync_set(world, set);
}

}  // namespace mlopsctl::k8s::simulated
