#include "pipeline/k8s/preflight.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "pipeline/base/plural.hpp"
#include "pipeline/k8s/amount.hpp"
#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/rollout/begin.hpp"

namespace mlopsctl::k8s {

namespace {

// A Deployment of the set with what the server makes of it.
struct Workload {
  const Manifest* manifest = nullptr;
  Json live;    // null: new
  Json wanted;  // the dry run's answer, with all defaults; the manifest where that is not to be had
  int64_t extra = 0;
  bool same = false;  // its pods are there already
};

class Checks {
 public:
  Checks(Cluster& cluster, const ManifestSet& manifests, bool force) : cluster_(cluster), manifests_(manifests), force_(force) {}

  Result<Preflight> run() {
    auto live = look_up(cluster_, manifests_);
    const bool nothing_to_do = live && std::ranges::all_of(*live, &Live::as_applied);
    if (!nothing_to_do) TRY(access());
    if (!result_.fine()) return std::move(result_);  // the rest would only say the same again
    if (!live) return std::move(live).error();
    TRY_ASSIGN(result_.diff, diff(cluster_, manifests_, force_, std::move(*live)));
    if (nothing_to_do) return std::move(result_);
    apply_findings();
    TRY(find_workloads());
    for (const Workload& workload : workloads_) {
      TRY(pod_security(workload));
      TRY(autoscaler(workload));
      TRY(quota(workload));
      TRY(capacity(workload));
    }
    return std::move(result_);
  }

 private:
  void problem(std::string check, std::string object, std::string message, std::string hint = {}) {
    result_.findings.push_back({Finding::Level::problem, std::move(check), std::move(object), std::move(message), std::move(hint)});
  }
  void note(std::string check, std::string object, std::string message) {
    result_.findings.push_back({Finding::Level::note, std::move(check), std::move(object), std::move(message), {}});
  }
  // True: it was forbidden, and noted.
  bool forbidden(const Error& error, const std::string& check, const std::string& object) {
    if (said_with(error, 403).empty()) return false;
    note(check, object, "not checked: " + error.message);
    return true;
  }

  Status access() {
    std::vector<AccessQuestion> questions;
    const auto ask = [&](const Resource& resource, const std::string& name_space, std::initializer_list<const char*> verbs,
                         const std::string& subresource = {}) {
      for (const char* verb : verbs) {
        AccessQuestion question{verb, &resource, resource.namespaced ? name_space : "", subresource};
        if (std::none_of(questions.begin(), questions.end(), [&](const AccessQuestion& known) { return known.str() == question.str(); }))
          questions.push_back(std::move(question));
      }
    };
    for (const Manifest& manifest : manifests_.manifests) {
      TRY_ASSIGN(const Resource* resource, find_resource(manifest.api_version, manifest.kind));
      ask(*resource, manifest.name_space, {"get", "create", "patch"});
      if (resource != &resources::deployments) continue;
      ask(resources::leases, manifest.name_space, {"get", "create", "update"});
      ask(resources::pods, manifest.name_space, {"list"});
      ask(resources::replica_sets, manifest.name_space, {"list"});
      if (!is_promoted(manifest.object)) continue;
      ask(resources::deployments, manifest.name_space, {"delete"});  // the candidate
      ask(resources::pods, manifest.name_space, {"get"}, "proxy");
    }
    TRY_ASSIGN(const auto answers, may_we(cluster_, questions));
    for (size_t i = 0; i < questions.size(); ++i) {
      const AccessQuestion& question = questions[i];
      const AccessAnswer& answer = answers[i];
      if (!answer.allowed && question.subresource == "proxy")
        note("access", "", "you may not " + question.str() + ": what pods count cannot be read, and no new model be judged by it");
      else if (!answer.allowed)
        problem("access", "", "you may not " + question.str() + (answer.reason.empty() ? "" : ": " + answer.reason),
                "ask for a Role that allows it: resources: [" + std::string(question.resource->plural) + "], verbs: [" + question.verb + "]");
    }
    return {};
  }

  void apply_findings() {
    for (const ObjectDiff& each : result_.diff.objects) {
      if (!each.refusal) continue;
      const Error error = to_error(*each.refusal, each.object);
      problem("apply", each.object, error.message.substr(each.object.size() + 2), error.hint);
    }
  }

  Status find_workloads() {
    for (size_t i = 0; i < manifests_.manifests.size(); ++i) {
      const Manifest& manifest = manifests_.manifests[i];
      const ObjectDiff& each = result_.diff.objects[i];
      if (manifest.kind != "Deployment") continue;
      Workload workload{&manifest, each.live, each.wanted};
      if (each.refusal) {  // apply_findings() has said why; what belongs to others is no reason to say nothing of the rest
        if (!each.refusal->owned()) continue;
        TRY_ASSIGN(auto dry, apply(cluster_, manifest.object, {.dry_run = true, .force = true}));
        if (dry.refusal) continue;
        workload.wanted = std::move(dry.object);
      }
      if (workload.wanted.is_null()) workload.wanted = manifest.object;  // its namespace is yet to come
      workload.extra = extra_pods(workload.live, workload.wanted);
      workload.same = each.kind == ObjectDiff::Kind::same;
      workloads_.push_back(std::move(workload));
    }
    return {};
  }

  bool namespace_is_new(const Workload& workload) const {
    return std::any_of(result_.diff.objects.begin(), result_.diff.objects.end(), [&](const ObjectDiff& each) {
      return each.kind == ObjectDiff::Kind::create && each.object == "Namespace " + workload.manifest->name_space;
    });
  }

  // A Deployment is let in whatever its pods are; only a pod is judged. So one is created, as a dry run.
  Status pod_security(const Workload& workload) {
    if (workload.same || namespace_is_new(workload)) return {};
    Json pod = at(workload.wanted, "spec", "template");
    pod["apiVersion"] = resources::pods.api_version, pod["kind"] = resources::pods.kind;
    pod["metadata"]["namespace"] = workload.manifest->name_space;
    pod["metadata"]["name"] = workload.manifest->name.substr(0, 40) + "-preflight";
    // The account may be one that is yet to come.
    pod["spec"].erase("serviceAccountName"), pod["spec"].erase("serviceAccount");
    pod["spec"]["automountServiceAccountToken"] = false;
    auto tried = create(cluster_, pod, true);
    if (!tried) {
      const std::string& message = tried.error().message;
      if (message.find("serviceaccount") != std::string::npos) return {};
      if (message.find("cannot create resource") != std::string::npos)
        return note("pod security", workload.manifest->identity(), "not checked: " + message), Status();
      const std::string said = said_with(tried.error(), 403);
      if (said.empty()) return std::move(tried).error();
      const bool quota = message.find("exceeded quota") != std::string::npos;
      problem(quota ? "quota" : "pod security", workload.manifest->identity(), "its pods would be refused: " + said,
              quota ? "ask for less, or for a larger ResourceQuota"
                    : "mend the pod's securityContext, or relax the namespace's label pod-security.kubernetes.io/enforce");
    }
    return {};
  }

  Status autoscaler(const Workload& workload) {
    if (at(workload.manifest->object, "spec", "replicas").is_null()) return {};
    std::string owner;
    const auto listed = list(cluster_, resources::autoscalers, {workload.manifest->name_space, "", ""}, [&](Json& scaler) {
      const Json& target = at(scaler, "spec", "scaleTargetRef");
      if (at(target, "kind") == "Deployment" && at(target, "name") == workload.manifest->name) owner = text_at(at(scaler, "metadata", "name"));
    });
    if (!listed) return forbidden(listed.error(), "autoscaler", workload.manifest->identity()) ? Status() : Status(listed.error());
    if (!owner.empty())
      problem("autoscaler", workload.manifest->identity(), "the HorizontalPodAutoscaler " + owner + " owns .spec.replicas, and the manifest sets it",
              "leave replicas out of the manifest (autoscale: in the pipeline), or delete the autoscaler");
    return {};
  }

  Status quota(const Workload& workload) {
    if (workload.extra == 0 || namespace_is_new(workload)) return {};
    const Room need = requests_of(at(workload.wanted, "spec", "template", "spec"));
    const std::pair<const char*, double> asked[] = {{"requests.cpu", need.cpu}, {"cpu", need.cpu}, {"requests.memory", need.memory},
                                                    {"memory", need.memory},    {"pods", 1},       {"count/pods", 1}};
    const auto listed = list(cluster_, resources::quotas, {workload.manifest->name_space, "", ""}, [&](Json& each) {
      for (const auto& [what, one] : asked) {
        const std::string hard = text_at(at(each, "status", "hard", what)), used = text_at(at(each, "status", "used", what));
        const double left = amount(hard) - amount(used), wanted = one * static_cast<double>(workload.extra);
        if (hard.empty() || wanted <= left + 1e-9) continue;
        problem("quota", workload.manifest->identity(),
                count_of(workload.extra, "more pod") + " at once need more " + what + " than the ResourceQuota " + text_at(at(each, "metadata", "name")) +
                    " has left: " + used + " of " + hard + " are used",
                "ask for less, or for a larger ResourceQuota");
      }
    });
    if (!listed) return forbidden(listed.error(), "quota", workload.manifest->identity()) ? Status() : Status(listed.error());
    return {};
  }

  // As far as requests go: taints, affinity and what comes in between, only the scheduler knows.
  Status capacity(const Workload& workload) {
    if (workload.extra == 0) return {};
    std::map<std::string, Room> rooms;
    const auto nodes = list(cluster_, resources::nodes, {}, [&](Json& node) {
      if (at(node, "spec", "unschedulable") == true) return;
      if (at(condition(node, "Ready"), "status") != "True") return;
      const Json& has = at(node, "status", "allocatable");
      rooms[text_at(at(node, "metadata", "name"))] = {amount(text_at(at(has, "cpu"))), amount(text_at(at(has, "memory"))),
                                                      static_cast<int64_t>(amount(text_at(at(has, "pods"))))};
    });
    if (!nodes) return forbidden(nodes.error(), "capacity", workload.manifest->identity()) ? Status() : Status(nodes.error());
    const auto pods = list(cluster_, resources::pods, {"", "", "status.phase!=Succeeded,status.phase!=Failed"}, [&](Json& pod) {
      const auto room = rooms.find(text_at(at(pod, "spec", "nodeName")));
      if (room == rooms.end()) return;
      const Room used = requests_of(at(pod, "spec"));
      room->second.cpu -= used.cpu, room->second.memory -= used.memory, room->second.pods -= 1;
    });
    if (!pods) return forbidden(pods.error(), "capacity", workload.manifest->identity()) ? Status() : Status(pods.error());
    std::vector<Room> left;
    for (const auto& [name, room] : rooms) left.push_back(room);
    const Room need = requests_of(at(workload.wanted, "spec", "template", "spec"));
    const int64_t fit = pods_that_fit(need, std::move(left), workload.extra);
    if (fit < workload.extra)
      problem("capacity", workload.manifest->identity(),
              count_of(workload.extra, "more pod") + " at once are needed, and the " + count_of(static_cast<int64_t>(rooms.size()), "ready node") +
                  " have room for " + std::to_string(fit),
              "add a node, ask for less (resources:), or lower replicas");
    return {};
  }

  Cluster& cluster_;
  const ManifestSet& manifests_;
  const bool force_;
  std::vector<Workload> workloads_;
  Preflight result_;
};

}  // namespace

bool Preflight::fine() const {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& each) { return each.level == Finding::Level::problem; });
}

Result<Preflight> preflight(Cluster& cluster, const ManifestSet& manifests, bool force) { return Checks(cluster, manifests, force).run(); }

}  // namespace mlopsctl::k8s
