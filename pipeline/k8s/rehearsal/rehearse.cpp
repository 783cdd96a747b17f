#include "pipeline/k8s/rehearsal/rehearse.hpp"

#include <algorithm>
#include <functional>

#include "pipeline/base/plural.hpp"
#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/rehearsal/faults.hpp"
#include "pipeline/k8s/rehearsal/simulated_cluster.hpp"
#include "pipeline/k8s/rollout/begin.hpp"
#include "pipeline/k8s/rollout/drive.hpp"
#include "pipeline/k8s/wait.hpp"

namespace mlopsctl::k8s {

namespace {

using simulated::Model, simulated::SimulatedCluster, simulated::Time, simulated::World;
using std::chrono::seconds;
using End = Scene::End;

constexpr double bad_errors = 0.05;
constexpr double bad_labels = 0.4;  // by so much their shares differ

Json with_model(Json deployment, const std::string& model) {
  deployment["metadata"]["annotations"]["mlopsctl/model"] = model;
  deployment["spec"]["template"]["metadata"]["annotations"]["mlopsctl/model"] = model;
  return deployment;
}

// The simulated pods are asked themselves.
Json without_prometheus(Json deployment) {
  Json& annotations = deployment["metadata"]["annotations"];
  Json gates = Json::parse(text_at(at(annotations, "mlopsctl/gates")), nullptr, false);
  if (!gates.is_object()) return deployment;
  gates.erase("prometheus");
  annotations["mlopsctl/gates"] = canonical(gates);
  return deployment;
}

double in_seconds(Time time) { return std::chrono::duration<double>(time).count(); }

struct Scenario {
  std::string name, what;
  bool must_not_pass = false;                              // the new model is one that its gates do not allow
  std::function<void(SimulatedCluster& cluster)> prepare;  // what goes wrong, now or later
};

class Stage {
 public:
  Stage(const Json& target, World start, Rollout plan, const RehearsalOptions& options)
      : target_(target), start_(std::move(start)), plan_(std::move(plan)), options_(options), cancel_(options.cancel), deployment_(*ref_of(target)) {}

  Result<std::vector<Scene>> run() {
    count_ = scenarios({}).size() + 4;
    std::vector<World> left;  // after each write
    std::vector<Written> writes;
    TRY(play({"as planned", "nothing goes wrong", false, [&](SimulatedCluster& cluster) {
                cluster.written = [&](const Call& call) {
                  left.push_back(cluster.world);
                  writes.push_back({cluster.writes, call.method + " " + call.path});
                };
              }}));
    const Time half = Time(static_cast<int64_t>(scenes_.front().seconds * 500));
    for (const Scenario& scenario : scenarios(start_.now + half)) TRY(play(scenario));
    TRY(refused(writes));
    TRY(killed(left, How::resume));
    TRY(killed(left, How::abort));
    return std::move(scenes_);
  }

 private:
  enum class How { resume, abort, roll_back };
  struct Written {
    int64_t number = 0;  // among the calls that were to change something
    std::string what;    // "PATCH /apis/..."
  };

  std::vector<Scenario> scenarios(Time middle) {
    const Gates& gates = plan_.gates;
    const auto new_model = [this](const std::function<void(Model&)>& change) {
      return [this, change](SimulatedCluster& cluster) { change(cluster.world.models[model_of(target_)]); };
    };
    return {
        {"crash loop", "the new model's containers end a second after each start", true, new_model([](Model& model) { model.crashes = true; })},
        {"slow start", "the new model's pods do not get ready", true, new_model([](Model& model) { model.start = std::chrono::hours(24); })},
        {"5 % errors", "the new model answers 5 % of the requests with an error", gates.traffic && gates.error_rate < bad_errors,
         new_model([](Model& model) { model.errors = bad_errors; })},
        {"slow answers", "the new model takes twice as long as is allowed", gates.traffic && gates.p99_seconds < 10,
         new_model([&gates](Model& model) { model.seconds = 2 * gates.p99_seconds + 1; })},
        {"other labels", "the new model names other labels for 40 % of the texts", gates.traffic && gates.class_mix < bad_labels,
         new_model([](Model& model) { model.positive -= bad_labels; })},
        {"no requests", "nobody asks", false, [](SimulatedCluster& cluster) { cluster.world.rate = 0; }},
        {"node lost", "in the middle the node is lost that most of the pods run on", false,
         [middle](SimulatedCluster& cluster) { cluster.instead = simulated::node_lost(cluster.world, middle); }},
        {"API away", "in the middle the API server is away for a minute", false,
         [middle](SimulatedCluster& cluster) { cluster.instead = simulated::away(cluster.world, middle, middle + seconds(60)); }},
    };
  }

  Status play(const Scenario& scenario) {
    tell(scenario.name);
    return add(played(scenario));
  }

  // `and_back`: whether it is undone or rolled back after its end, too.
  Scene played(const Scenario& scenario, bool and_back = true) {
    SimulatedCluster cluster(start_, cancel_);
    scenario.prepare(cluster);
    std::optional<Time> undoing;
    const auto also = std::move(cluster.written);
    cluster.written = [&](const Call& call) {
      if (also) also(call);
      const auto journal = journal_in(cluster.world);
      if (!undoing && journal && journal->now && journal->now->phase == Rollout::Phase::aborting) undoing = cluster.world.now;
    };
    const auto end = promote(cluster);
    Scene scene{scenario.name, scenario.what};
    scene.why = end ? end->reason : end.error().message;
    scene.end = !end || !end->ended() ? End::stopped : end->phase == Rollout::Phase::promoted ? End::done : End::undone;
    scene.seconds = in_seconds(cluster.world.now - start_.now);
    World later = cluster.world;
    if (later.taken > 0) later.pass(simulated::until_noticed);  // until then requests go to the lost pods
    count(later, scene);
    if (scene.end == End::stopped) {
      // Both ways out of it must be open, once the API server is well.
      cluster.instead = {};
      cluster.world.pass(seconds(60));
      scene.fault = end_elsewhere(cluster.world, How::resume).fault;
    } else {
      scene.fault = unsettled(cluster, scene.end == End::done);
    }
    if (scene.fault.empty()) scene.fault = too_few(cluster.world);
    if (scenario.must_not_pass && scene.end == End::done) scene.fault = "it was promoted";
    if (scenario.name == "as planned" && scene.end == End::undone) scene.fault = "a good model was undone: " + scene.why;
    if (!and_back) return scene;
    if (scene.end == End::undone) {
      scene.undo_seconds = undoing ? in_seconds(cluster.world.now - *undoing) : 0;
    } else {
      const Ended back = end_elsewhere(cluster.world, scene.end == End::done ? How::roll_back : How::abort);
      if (scene.fault.empty()) scene.fault = back.fault;
      // A way back may be too slow, too: with a lost node's pods among those that are to go, say.
      if (!back.promoted) scene.undo_seconds = back.seconds;
    }
    return scene;
  }

  // Each write in turn is answered with an error; the worst of all counts. How long it takes to undo it from there says "killed, undone".
  Status refused(const std::vector<Written>& writes) {
    Scene all{"API errors", "each write in turn is answered with HTTP 500"};
    tell(all.name);
    all.end = End::done;
    all.runs = writes.size();
    all.least = all.floor = plan_.replicas;
    for (size_t i = 0; i < writes.size(); ++i) {
      if (stopped()) return interrupted();
      const Written& write = writes[i];
      const Scene one =
          played({all.name, all.what, false, [&](SimulatedCluster& cluster) { cluster.instead = simulated::faulty(cluster, write.number); }}, false);
      const std::string which = "write " + std::to_string(i + 1) + " of " + std::to_string(writes.size()) + ", " + write.what + ": ";
      // `End` is in order of its badness.
      if (one.end > all.end || i == 0) all.end = one.end, all.why = one.why.empty() ? "" : which + one.why;
      all.least = std::min(all.least, one.least);
      if (std::pair(one.failed, one.requests) > std::pair(all.failed, all.requests)) all.failed = one.failed, all.requests = one.requests;
      all.seconds = std::max(all.seconds, one.seconds);
      if (all.fault.empty() && !one.fault.empty()) all.fault = which + one.fault;
    }
    return add(std::move(all));
  }

  // After each write nobody is there any more; then somebody goes on elsewhere.
  Status killed(const std::vector<World>& left, How how) {
    const bool abort = how == How::abort;
    Scene all{abort ? "killed, undone" : "killed, resumed",
              abort ? "mlopsctl is killed after each of its writes; another undoes it" : "mlopsctl is killed after each of its writes; another goes on"};
    tell(all.name);
    all.end = abort ? End::undone : End::done;
    all.runs = left.size();
    all.least = all.floor = plan_.replicas;
    for (size_t i = 0; i < left.size(); ++i) {
      if (stopped()) return interrupted();
      const Ended ended = end_elsewhere(left[i], how);
      Scene one;
      count(ended.world, one);
      all.least = std::min(all.least, one.least);
      if (std::pair(one.failed, one.requests) > std::pair(all.failed, all.requests)) all.failed = one.failed, all.requests = one.requests;
      all.seconds = std::max(all.seconds, in_seconds(ended.world.now - start_.now));
      if (abort) all.undo_seconds = std::max(all.undo_seconds.value_or(0), ended.seconds);
      if (all.fault.empty() && !ended.fault.empty()) all.fault = "killed after write " + std::to_string(i + 1) + ": " + ended.fault;
    }
    return add(std::move(all));
  }

  void count(const World& world, Scene& scene) const {
    scene.requests = world.requests, scene.failed = world.failed, scene.least = world.least;
    scene.floor = plan_.replicas - world.taken;
  }
  std::string too_few(const World& world) const {
    const int64_t floor = plan_.replicas - world.taken;
    return world.least >= floor ? "" : "only " + count_of(world.least, "pod") + " answered, expected " + std::to_string(floor);
  }
  bool stopped() const { return cancel_ != nullptr && cancel_->cancelled(); }
  void tell(const std::string& name) const {
    if (options_.progress) options_.progress(scenes_.size() + 1, count_, name);
  }
  Status add(Scene scene) {
    if (stopped()) return interrupted();
    scenes_.push_back(std::move(scene));
    return {};
  }

  Result<Lease> lease(SimulatedCluster& cluster, const std::string& who) const {
    return Lease::acquire(cluster, {deployment_.name_space, lease_name(deployment_.name), who});
  }
  std::optional<Journal> journal_in(const World& world) const {
    const auto found = world.objects.find(ref(resources::leases, deployment_.name_space, lease_name(deployment_.name)).path());
    if (found == world.objects.end()) return std::nullopt;
    auto journal = read_journal(found->second.object);
    return journal ? std::optional(std::move(*journal)) : std::nullopt;
  }

  Result<Rollout> promote(SimulatedCluster& cluster) const {
    TRY_ASSIGN(auto held, lease(cluster, "the first"));
    auto end = [&]() -> Result<Rollout> {
      TRY_ASSIGN(auto rollout, begin_rollout(cluster, target_, {"the first", "", ""}));
      if (!rollout) return cluster_error("no pod answers");
      return drive(cluster, held, std::move(*rollout), {});
    }();
    static_cast<void>(held.release());
    return end;
  }

  struct Ended {
    World world;
    double seconds = 0;
    bool promoted = false;  // the new model is in place
    std::string fault = {};
  };
  Ended end_elsewhere(const World& left, How how) const {
    SimulatedCluster cluster(left, cancel_);
    const Time begin = cluster.world.now;
    bool promoted = false;
    const auto ended = [&]() -> Status {
      TRY_ASSIGN(auto held, lease(cluster, "another"));
      TRY_ASSIGN(const auto journal, read_journal(held.object()));
      if (journal.now) {
        TRY_ASSIGN(const auto end,
                   drive(cluster, held, how == How::resume ? resumed(*journal.now, journal.now->paused) : aborted(*journal.now, "told to"), {}));
        promoted = end.phase == Rollout::Phase::promoted;
        if (!end.ended()) return cluster_error("it does not end: " + end.text());
      } else if (how == How::roll_back) {
        TRY_ASSIGN(auto back, begin_rollback(cluster, deployment_, "", {"another", "", ""}));
        TRY_ASSIGN(const auto end, drive(cluster, held, std::move(back), {}));
        promoted = end.phase == Rollout::Phase::aborted;
      } else {
        // It had not begun, or was over already.
        const auto live = get(cluster, deployment_);
        promoted = live && *live && model_of(**live) == model_of(target_);
      }
      return held.release();
    }();
    Ended result{cluster.world, in_seconds(cluster.world.now - begin), promoted};
    result.fault = ended ? unsettled(cluster, promoted) : ended.error().message;
    if (result.fault.empty()) result.fault = too_few(cluster.world);
    return result;
  }

  // What is not as it is to be after the end; empty: nothing.
  std::string unsettled(SimulatedCluster& cluster, bool promoted) const {
    const auto seen = observe(cluster, deployment_);
    if (!seen || seen->deployment.is_null()) return "the Deployment is gone";
    if ((model_of(seen->deployment) == model_of(target_)) != promoted) return "the Deployment has the wrong model";
    if (const Progress progress = judge(*seen); progress.phase != Progress::Phase::done) return "not all is in place: " + progress.text();
    const auto candidate = get(cluster, ref(resources::deployments, deployment_.name_space, candidate_name(deployment_.name)));
    if (!candidate || *candidate) return "the candidate is left";
    if (plan_.service.is_object()) {
      const auto service = get(cluster, *ref_of(plan_.service));
      if (!service || !*service || traffic_of(**service) != Traffic::all) return "the Service leaves out some of the pods";
    }
    const auto journal = look_up_journal(cluster, deployment_.name_space, deployment_.name);
    if (!journal || journal->now) return "the journal says that it has not ended";
    return {};
  }

  const Json& target_;
  World start_;
  Rollout plan_;
  const RehearsalOptions& options_;
  const CancelToken* cancel_;
  size_t count_ = 0;
  ObjectRef deployment_;
  std::vector<Scene> scenes_;
};

const Json& find(const ManifestSet& manifests, std::string_view kind, const std::function<bool(const Json&)>& fits) {
  static const Json none;
  for (const Manifest& each : manifests.manifests)
    if (each.kind == kind && fits(each.object)) return each.object;
  return none;
}

}  // namespace

std::string_view to_string(Scene::End end) { return end == End::done ? "done" : end == End::undone ? "undone" : "stopped"; }

Result<World> set_up(const Json& before, const Json& service, int64_t replicas, const RehearsalOptions& options) {
  World world(options.seed);
  world.rate = 0;
  SimulatedCluster cluster(std::move(world), options.cancel);
  TRY_ASSIGN(const ObjectRef deployment, ref_of(before));
  TRY(apply(cluster, before, {}));
  if (service.is_object()) TRY(apply(cluster, service, {}));
  World& ready = cluster.world;
  ready.models[model_of(before)].start = options.start;
  ready.objects[deployment.path()].object["spec"]["replicas"] = replicas;  // where an autoscaler says it
  WaitOptions wait;
  const auto done = wait_until_done(cluster, deployment, wait);
  if (cluster.cancel().cancelled()) return interrupted();
  if (!done)
    return config_error("a rehearsal needs pods of the old model that answer: " + done.error().message)
        .with_hint("let them start sooner (--start), or give them more time in their probes");
  ready.rate = options.rate;
  ready.pass(seconds(120));
  ready.requests = ready.failed = 0;
  ready.least = ready.capacity;
  return std::move(ready);
}

Result<std::vector<Rehearsal>> rehearse(const ManifestSet& manifests, const RehearsalOptions& options) {
  std::vector<Rehearsal> all;
  for (const Manifest& each : manifests.manifests) {
    if (each.kind != "Deployment") continue;
    const auto of_it = [&](const Json& object) {
      return at(object, "metadata", "name") == each.name && at(object, "metadata", "namespace") == each.name_space;
    };
    const Json& service = find(manifests, "Service", of_it);
    if (!service.is_object())
      return config_error("there is no Service " + each.name_space + "/" + each.name + ": nobody would ask the pods of " + each.identity())
          .with_hint("add it to the manifests");
    if (at(each.object, "spec", "strategy", "type") == "Recreate")
      return config_error(each.identity() + " is recreated, not rolled: none of its pods answers meanwhile")
          .with_hint("let spec.strategy.type be RollingUpdate");
    const Json& autoscaler = find(manifests, "HorizontalPodAutoscaler", [&](const Json& object) {
      return at(object, "spec", "scaleTargetRef", "name") == each.name && at(object, "metadata", "namespace") == each.name_space;
    });
    const int64_t replicas = number_at(at(each.object, "spec", "replicas"), number_at(at(autoscaler, "spec", "minReplicas"), 1));
    const Json release = without_prometheus(each.object), before = with_model(release, digest_of("the model before").str());
    const Json target = model_of(release).empty() ? with_model(release, digest_of("the new model").str()) : release;
    TRY_ASSIGN(World start, set_up(before, service, replicas, options));
    start.models[model_of(target)].start = options.start;
    SimulatedCluster look(start);
    TRY_ASSIGN(auto plan, begin_rollout(look, target, {}));
    if (!plan) return config_error("a rehearsal needs a release with pods; " + each.identity() + " asks for none");
    Rehearsal rehearsal{std::move(*plan), {}, {}};
    if (const Json& containers = at(target, "spec", "template", "spec", "containers");
        containers.is_array() && !containers.empty() && !simulated::pre_stop(containers[0]))
      rehearsal.assumptions.push_back("the preStop hook of " + each.identity() + " takes no time: only sleep, or an exec of sleep, is simulated");
    TRY_ASSIGN(rehearsal.scenes, Stage(target, std::move(start), rehearsal.plan, options).run());
    all.push_back(std::move(rehearsal));
  }
  if (all.empty()) return config_error("there is no Deployment to rehearse");
  return all;
}

}  // namespace mlopsctl::k8s
