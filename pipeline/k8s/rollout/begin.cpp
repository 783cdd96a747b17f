#include "pipeline/k8s/rollout/begin.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/digest.hpp"
#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/rollout/manifests.hpp"

namespace mlopsctl::k8s {

namespace {

constexpr const char* strategy_annotation = "mlopsctl/strategy";
constexpr const char* gates_annotation = "mlopsctl/gates";

std::string annotation(const Json& object, const char* name) { return text_at(at(at(object, "metadata", "annotations"), name)); }

void sign(Rollout& rollout, const Origin& origin, const Clock& clock) {
  rollout.who = origin.who;
  rollout.commit = origin.commit;
  rollout.record = origin.record;
  rollout.began = rfc3339(clock.now());
  rollout.id = digest_of(rollout.began + rollout.who).hex().substr(0, 8);
}

struct Revision {
  int64_t number = 0;
  std::string model;
  Json pods;  // its template
};

// Newest first.
Result<std::vector<Revision>> revisions_of(Cluster& cluster, const Json& deployment) {
  std::vector<Revision> revisions;
  const std::string uid = text_at(at(deployment, "metadata", "uid"));
  TRY_ASSIGN(const auto version, list(cluster, resources::replica_sets, {text_at(at(deployment, "metadata", "namespace")), "", ""}, [&](Json& set) {
               if (!owned_by(set, uid)) return;
               Revision revision{std::atoll(annotation(set, "deployment.kubernetes.io/revision").c_str()), model_of(set), at(set, "spec", "template")};
               revision.pods["metadata"]["labels"].erase("pod-template-hash");
               revision.pods["metadata"].erase("creationTimestamp");
               revisions.push_back(std::move(revision));
             }));
  std::sort(revisions.begin(), revisions.end(), [](const auto& a, const auto& b) { return a.number > b.number; });
  return revisions;
}

}  // namespace

bool is_promoted(const Json& deployment) { return !annotation(deployment, strategy_annotation).empty(); }

void set_strategy(Json& deployment, const Strategy& strategy) { deployment["metadata"]["annotations"][strategy_annotation] = text_of(strategy); }

int64_t most_candidates(const Json& deployment, int64_t replicas) {
  const auto strategy = read_strategy(annotation(deployment, strategy_annotation));
  if (!strategy || strategy->kind == Strategy::Kind::rolling) return 0;
  if (strategy->kind == Strategy::Kind::blue_green) return replicas;
  int64_t most = 0;
  for (const int percent : strategy->percentages)
    if (percent < 100) most = std::max<int64_t>(most, std::lround(static_cast<double>(replicas) * percent / 100));
  return most;
}

Result<std::optional<Rollout>> begin_rollout(Cluster& cluster, const Json& target, const Origin& origin) {
  TRY_ASSIGN(const ObjectRef object, ref_of(target));
  TRY_ASSIGN(const auto live, get(cluster, object));
  if (!live) return std::optional<Rollout>();
  const int64_t answering = std::min(number_at(at(*live, "spec", "replicas"), 1), number_at(at(*live, "status", "availableReplicas")));
  Json before = applied_part(*live);
  if (answering == 0 || !before.is_object()) return std::optional<Rollout>();
  Plan plan;
  plan.live = answering;
  if (is_promoted(target)) { TRY_ASSIGN(plan.strategy, read_strategy(annotation(target, strategy_annotation))); }
  if (const std::string text = annotation(target, gates_annotation); !text.empty()) {
    TRY_ASSIGN(const Json gates, parse_json(text, gates_annotation));
    plan.gates = read_gates(gates);
  }
  TRY_ASSIGN(const auto service, get(cluster, ref(resources::services, object.name_space, object.name)));
  TRY_ASSIGN(Rollout rollout, plan_rollout(std::move(before), target, service ? applied_part(*service) : Json(), plan));
  sign(rollout, origin, cluster.clock());
  return std::optional(std::move(rollout));
}

Result<Rollout> begin_rollback(Cluster& cluster, const ObjectRef& deployment, const std::string& digest, const Origin& origin) {
  TRY_ASSIGN(const auto live, get(cluster, deployment));
  if (!live) return cluster_error("there is no " + deployment.str()).with_hint("name the namespace with --namespace");
  Json before = applied_part(*live);
  if (!before.is_object()) return cluster_error(deployment.str() + " was not deployed by mlopsctl").with_hint("kubectl rollout undo takes it back");
  TRY_ASSIGN(const auto revisions, revisions_of(cluster, *live));
  const std::string now = model_of(*live);
  const Revision* found = nullptr;
  std::string others;
  for (const Revision& revision : revisions) {
    const bool fits = digest.empty() ? revision.model != now && !revision.model.empty()
                                     : revision.model.starts_with(digest) || revision.model.starts_with("sha256:" + digest);
    if (fits && found != nullptr && !digest.empty() && found->model != revision.model)
      return config_error("--to " + digest + " is the start of several digests that " + deployment.name + " served").with_hint("write more of its digits");
    if (fits && found == nullptr) found = &revision;
    if (!revision.model.empty() && others.find(revision.model) == std::string::npos) others += (others.empty() ? "" : ", ") + revision.model.substr(0, 19);
  }
  if (found == nullptr)
    return config_error(deployment.str() + (digest.empty() ? " never served another model than " + now.substr(0, 19) : " never served a model " + digest))
        .with_hint(others.empty() ? "deploy one: mlopsctl deploy" : "it has " + others);
  Json target = before;
  target["spec"]["template"] = found->pods;
  target["metadata"]["annotations"]["mlopsctl/model"] = found->model;
  Plan plan;
  plan.live = std::min(number_at(at(*live, "spec", "replicas"), 1), number_at(at(*live, "status", "availableReplicas")));
  plan.gates.traffic = false;
  TRY_ASSIGN(Rollout rollout, plan_rollout(std::move(before), std::move(target), {}, plan));
  sign(rollout, origin, cluster.clock());
  return rollout;
}

}  // namespace mlopsctl::k8s
