#include "pipeline/k8s/rollout/look.hpp"

#include "pipeline/k8s/errors.hpp"

namespace mlopsctl::k8s {

namespace {

using std::chrono::duration_cast, std::chrono::seconds;
using Phase = Rollout::Phase;

std::string version_of(const Json& object) { return text_at(at(object, "metadata", "resourceVersion")); }

bool is_ready(const Json& pod) { return text_at(at(condition(pod, "Ready"), "status")) == "True"; }

int64_t generation_of(const Json& object) { return number_at(at(object, "metadata", "generation")); }

// The port that is called http, else the first one, else 8080.
int64_t metrics_port(const Json& pod) {
  int64_t first = 0;
  for (const Json& container : at(pod, "spec", "containers"))
    for (const Json& port : at(container, "ports")) {
      const int64_t number = number_at(at(port, "containerPort"));
      if (at(port, "name") == "http") return number;
      if (first == 0) first = number;
    }
  return first == 0 ? 8080 : first;
}

}  // namespace

Looker::Looker(Cluster& cluster, const Rollout& rollout) : cluster_(cluster), measuring_since_(cluster.clock().steady()), moved_since_(measuring_since_) {
  objects_ = {ref(resources::deployments, rollout.name_space(), rollout.name()),
              ref(resources::deployments, rollout.name_space(), candidate_name(rollout.name()))};
  if (rollout.service.is_object()) objects_.push_back(ref(resources::services, rollout.name_space(), text_at(at(rollout.service, "metadata", "name"))));
}

Result<Sight> Looker::look(const Rollout& rollout, bool measuring, const std::function<Status()>& every) {
  Sight sight;
  Situation& seen = sight.situation;
  TRY_ASSIGN(const Observation stable, observe(cluster_, objects_[0]));
  if (stable.deployment.is_null()) return cluster_error(objects_[0].str() + " is gone: somebody deleted it");
  seen.stable = side_of(stable, stable_);
  sight.stable_version = version_of(stable.deployment);
  sight.stable_uid = text_at(at(stable.deployment, "metadata", "uid"));
  Observation candidate;
  if (rollout.strategy != Strategy::Kind::rolling) {
    TRY_ASSIGN(candidate, observe(cluster_, objects_[1]));
    seen.candidate = side_of(candidate, candidate_);
    sight.candidate_version = version_of(candidate.deployment);
    sight.candidate_uid = text_at(at(candidate.deployment, "metadata", "uid"));
    if (objects_.size() > 2) {
      TRY_ASSIGN(const auto service, get(cluster_, objects_[2]));
      if (!service) return cluster_error(objects_[2].str() + " is gone: somebody deleted it");
      seen.traffic = traffic_of(*service);
      sight.service_version = version_of(*service);
    }
  }
  const auto now = cluster_.clock().steady();
  const std::string numbers = seen.stable.progress.text() + seen.candidate.progress.text();
  if (numbers != moved_) moved_ = numbers, moved_since_ = now;
  seen.still = duration_cast<seconds>(now - moved_since_).count();
  if (!measuring) return sight;
  if (rollout.gates.traffic && now - read_at_ >= seconds(1)) {
    read_at_ = now;
    TRY(measure(rollout, stable, candidate, every));
  }
  seen.measured = duration_cast<seconds>(now - measuring_since_).count();
  seen.evidence = meter_.evidence();
  seen.evidence.unread = unread_;
  seen.evidence.missing = missing_;
  return sight;
}

void Looker::begin_step() { moved_since_ = cluster_.clock().steady(); }

void Looker::begin_to_measure(const Rollout& rollout) {
  measuring_since_ = cluster_.clock().steady();
  meter_.restart(rollout.gates.prometheus.has_value());
  read_at_ = {};
}

void Looker::applied(const Write& write, const Json& object) {
  if (write.what == Write::What::apply_service) return;
  Applied& known = write.what == Write::What::apply_stable ? stable_ : candidate_;
  known.digest = digest_of_manifest(write.manifest);
  known.generation = generation_of(object);
  begin_step();
}

Situation::Side Looker::side_of(const Observation& seen, const Applied& applied) const {
  Situation::Side side;
  side.there = !seen.deployment.is_null();
  if (!side.there) return side;
  if (generation_of(seen.deployment) == applied.generation) side.applied = applied.digest;
  side.progress = judge(seen);
  return side;
}

Status Looker::measure(const Rollout& rollout, const Observation& stable, const Observation& candidate, const std::function<Status()>& every) {
  unread_.clear(), missing_.clear();
  // Once the stable Deployment takes the new model over, its newest pods are the new model's.
  const Meter::Role newest = rollout.phase == Phase::promoting ? Meter::Role::candidate : Meter::Role::champion;
  std::vector<std::pair<const Json*, Meter::Role>> pods;
  for (const SeenPod& pod : candidate.pods) pods.emplace_back(&pod.pod, Meter::Role::candidate);
  for (const SeenPod& pod : stable.pods) pods.emplace_back(&pod.pod, newest);
  for (const Json& pod : stable.old_pods) pods.emplace_back(&pod, Meter::Role::champion);
  if (rollout.gates.prometheus) {
    TRY(every());
    if (const auto known = ask_prometheus(rollout))
      for (const auto& [pod, role] : pods) read_pod(*pod, role, *known);
    return {};
  }
  for (const auto& [pod, role] : pods) {
    TRY(every());
    read_pod(*pod, role);
  }
  return {};
}

std::optional<std::map<std::string, Counts>> Looker::ask_prometheus(const Rollout& rollout) {
  if (!prometheus_) {
    // The next look asks again.
    net::ClientOptions options;
    options.tries = 1;
    options.connect = options.still = options.whole = std::chrono::milliseconds(2000);
    prometheus_.emplace(std::move(options), cluster_.clock(), cluster_.cancel());
  }
  auto known = k8s::ask_prometheus(*prometheus_, *rollout.gates.prometheus, rollout.name_space(), rollout.name());
  if (known) return std::move(*known);
  unread_ = missing_ = known.error().message;
  return std::nullopt;
}

void Looker::read_pod(const Json& pod, Meter::Role role, const std::map<std::string, Counts>& known) {
  if (!is_ready(pod)) return;
  const std::string name = text_at(at(pod, "metadata", "name"));
  if (const auto found = known.find(name); found != known.end()) meter_.see(text_at(at(pod, "metadata", "uid")), role, found->second);
  else if (role == Meter::Role::candidate) unread_ = missing_ = "Prometheus knows nothing of the pod " + name + " yet";
}

void Looker::read_pod(const Json& pod, Meter::Role role) {
  if (!is_ready(pod)) return;
  const ObjectRef object = ref(resources::pods, text_at(at(pod, "metadata", "namespace")), text_at(at(pod, "metadata", "name")));
  Call call{"GET", object.path() + ":" + std::to_string(metrics_port(pod)) + "/proxy/metrics"};
  call.whole = std::chrono::milliseconds(2000);
  // As a stream, for that is tried once only: the next look asks again.
  std::string counts;
  const auto reply = cluster_.stream(call, *call.whole, [&](std::string_view bytes) { return counts += bytes, Status(); });
  // A pod that ends while it is asked is no fault.
  if (reply && reply->status == 200) meter_.see(text_at(at(pod, "metadata", "uid")), role, read_counts(counts));
  else unread_ = object.str() + ": " + (reply ? "HTTP " + std::to_string(reply->status) : reply.error().message);
}

}  // namespace mlopsctl::k8s
