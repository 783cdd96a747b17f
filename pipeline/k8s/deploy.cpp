#include "pipeline/k8s/deploy.hpp"

#include <algorithm>
#include <optional>

#include "pipeline/base/document.hpp"
#include "pipeline/base/error_json.hpp"
#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/lease.hpp"
#include "pipeline/k8s/rollout/drive.hpp"
#include "pipeline/k8s/rollout/manifests.hpp"

namespace mlopsctl::k8s {

namespace {

// So many are applied between two looks at the Lease.
constexpr size_t most_between_looks = 64;

Error of_problems(const std::vector<Finding>& findings) {
  std::vector<Error> errors;
  for (const Finding& each : findings) {
    if (each.level != Finding::Level::problem) continue;
    errors.push_back(cluster_error((each.object.empty() ? "" : each.object + ": ") + each.message).with_hint(each.hint));
  }
  return join(std::move(errors));
}

class Deployer {
 public:
  Deployer(Cluster& cluster, const ManifestSet& manifests, const DeployOptions& options) : cluster_(cluster), manifests_(manifests), options_(options) {}

  Result<DeployReport> run() {
    TRY_ASSIGN(auto before, preflight(cluster_, manifests_, options_.force));
    for (const Finding& each : before.findings)
      if (options_.found) options_.found(each);
    if (!before.fine()) return of_problems(before.findings);
    report_.findings = std::move(before.findings);
    before_ = std::move(before.diff.objects);

    for (size_t i = 0; i < manifests_.manifests.size(); ++i)
      if (manifests_.manifests[i].kind == "Namespace") TRY(apply_wave(i, i + 1));
    TRY_ASSIGN(const bool settled, all_is_settled());
    Status done = settled ? Status() : take_lease();
    if (done) done = under_lease();
    release();
    if (!done) return done.error();
    return std::move(report_);
  }

 private:
  Status under_lease() {
    const auto& all = manifests_.manifests;
    for (size_t first = 0, end = 0; first < all.size(); first = end) {
      end = first + 1;
      if (all[first].kind == "Namespace") continue;
      // What is of one kind does not wait for one another; a Deployment may be a promotion.
      while (all[first].kind != "Deployment" && end < all.size() && all[end].kind == all[first].kind && end - first < most_between_looks) ++end;
      TRY(all[first].kind == "Deployment" ? apply_deployment(first) : apply_wave(first, end));
      if (report_.rollout && report_.rollout->phase != Rollout::Phase::promoted) return {};
    }
    for (const Manifest& each : all)
      if (each.kind == "Deployment" && options_.wait) TRY(wait_for(each));
    return {};
  }

  // Nothing would be changed, and nobody is at it: then nobody needs to be kept out.
  Result<bool> all_is_settled() {
    if (!std::all_of(before_.begin(), before_.end(), [](const ObjectDiff& each) { return each.settled; })) return false;
    for (const Manifest& each : manifests_.manifests) {
      if (each.kind != "Deployment") continue;
      TRY_ASSIGN(const auto journal, look_up_journal(cluster_, each.name_space, each.name));
      if (journal.now || !journal.holder.empty()) return false;
    }
    return true;
  }

  // One for the set: that of its first Deployment. Nor may another of them be in the middle of a promotion.
  Status take_lease() {
    for (const Manifest& each : manifests_.manifests) {
      if (each.kind != "Deployment") continue;
      if (lease_) {
        TRY(nothing_under_way(look_up_journal(cluster_, each.name_space, each.name), each.name));
        continue;
      }
      TRY_ASSIGN(auto taken, take_lease_of(each));
      lease_.emplace(std::move(taken));
      TRY(nothing_under_way(read_journal(lease_->object()), each.name));
    }
    return {};
  }
  Result<Lease> take_lease_of(const Manifest& deployment) {
    LeaseOptions lease{deployment.name_space, lease_name(deployment.name), options_.holder};
    lease.duration = options_.lease;
    lease.look = std::min<std::chrono::milliseconds>(lease.look, options_.lease / 5);
    lease.waiting = options_.waiting;
    return Lease::acquire(cluster_, std::move(lease));
  }
  static Status nothing_under_way(const Result<Journal>& journal, const std::string& name) {
    if (!journal) return journal.error();
    if (!journal->now) return {};
    return cluster_error("a promotion of " + name + " by " + journal->now->who + " has not ended: " + journal->now->text())
        .with_hint("go on with it or undo it: mlopsctl rollout resume|abort " + name);
  }

  // What was done stands, whether or not the next one has to wait.
  void release() {
    if (!lease_ || lease_->release()) return;
    report_.findings.push_back({Finding::Level::note, "lease", "",
                                "the Lease could not be given back; it runs out by itself in " + std::to_string(options_.lease.count()) + " s", ""});
    if (options_.found) options_.found(report_.findings.back());
  }

  Status still_ours() { return lease_ ? lease_->check() : Status(); }

  // All of them are applied, where one is refused as well: the first refusal is the answer.
  Status apply_wave(size_t first, size_t end) {
    TRY(still_ours());
    std::vector<Ask> asks;
    for (size_t i = first; i < end; ++i) {
      if (before_[i].settled) continue;
      TRY_ASSIGN(Ask ask, to_apply(manifests_.manifests[i].object, {.force = options_.force}));
      asks.push_back(std::move(ask));
    }
    auto outcomes = ask_all(cluster_, asks);
    Status done;
    for (size_t i = first, next = 0; i < end; ++i) {
      Status told = before_[i].settled ? tell(i, Applied::What::unchanged) : tell(i, outcomes[next++]);
      if (done) done = std::move(told);
    }
    return done;
  }
  Status tell(size_t which, const Result<Outcome>& applied) {
    if (!applied) return applied.error();
    const ObjectDiff& before = before_[which];
    if (applied->refusal) return to_error(*applied->refusal, "apply " + before.object);
    // Else only who owns what may have been written down anew.
    const bool changed = before.kind == ObjectDiff::Kind::change && at(applied->object, "metadata", "resourceVersion") != before.version;
    if (manifests_.manifests[which].kind == "Deployment" && (applied->created || changed))  // for `kubectl describe`; best effort
      static_cast<void>(record_event(cluster_, applied->object, "Normal", "Deployed", "the model " + model_of(applied->object) + ", by " + options_.holder));
    return tell(which, applied->created ? Applied::What::created : changed ? Applied::What::changed : Applied::What::unchanged);
  }
  Status tell(size_t which, Applied::What what) {
    Applied applied{manifests_.manifests[which].identity(), what};
    if (options_.applied) options_.applied(applied);
    report_.applied.push_back(std::move(applied));
    return {};
  }

  Status apply_deployment(size_t which) {
    TRY(still_ours());
    const Manifest& manifest = manifests_.manifests[which];
    if (!is_promotion(manifest, before_[which])) return apply_wave(which, which + 1);
    TRY_ASSIGN(const bool promotion, promote(manifest));
    if (!promotion) return apply_wave(which, which + 1);
    return tell(which, report_.rollout->phase == Rollout::Phase::promoted ? Applied::What::changed : Applied::What::unchanged);
  }

  bool is_promotion(const Manifest& manifest, const ObjectDiff& before) const {
    return manifest.kind == "Deployment" && options_.wait && is_promoted(manifest.object) && before.kind == ObjectDiff::Kind::change &&
           std::any_of(before.changes.begin(), before.changes.end(), [](const FieldChange& change) { return change.path.starts_with(".spec.template"); });
  }

  // False: there was nothing to keep up; it can just be applied.
  Result<bool> promote(const Manifest& manifest) {
    // The set's Lease is that of its first Deployment.
    if (at(lease_->object(), "metadata", "name") == lease_name(manifest.name)) return promote(manifest, *lease_);
    TRY_ASSIGN(Lease own, take_lease_of(manifest));
    Result<bool> done = false;
    if (const Status free = nothing_under_way(read_journal(own.object()), manifest.name); free) done = promote(manifest, own);
    else done = free.error();
    if (const auto released = own.release(); done && !released) done = released.error();
    return done;
  }
  // What is there is looked at under its Lease: else another's promotion could end in between.
  Result<bool> promote(const Manifest& manifest, Lease& lease) {
    TRY_ASSIGN(auto rollout, begin_rollout(cluster_, manifest.object, options_.origin));
    if (!rollout) return false;
    DriveOptions how;
    how.timeout = options_.timeout;
    how.say = options_.promoting;
    how.every = [this] { return still_ours(); };
    if (options_.trouble) how.trouble = options_.trouble;
    TRY_ASSIGN(report_.rollout, drive(cluster_, lease, std::move(*rollout), how));
    return true;
  }

  Status wait_for(const Manifest& manifest) {
    TRY_ASSIGN(const ObjectRef object, ref_of(manifest.object));
    WaitOptions wait;
    if (options_.timeout) wait.timeout = *options_.timeout;
    wait.every = [this] { return still_ours(); };
    if (options_.moved) wait.moved = [&](const Progress& progress) { options_.moved(object.str(), progress); };
    if (options_.trouble) wait.trouble = [&](const Trouble& trouble, const std::string& log) { options_.trouble(object.str(), trouble, log); };
    TRY(wait_until_done(cluster_, object, wait));
    return {};
  }

  Cluster& cluster_;
  const ManifestSet& manifests_;
  const DeployOptions& options_;
  std::vector<ObjectDiff> before_;  // of each manifest
  std::optional<Lease> lease_;
  DeployReport report_;
};

}  // namespace

std::string_view to_string(Applied::What what) {
  switch (what) {
    case Applied::What::created:
      return "created";
    case Applied::What::changed:
      return "changed";
    case Applied::What::unchanged:
      return "unchanged";
  }
  return "";
}

bool DeployReport::changed() const {
  return std::any_of(applied.begin(), applied.end(), [](const Applied& each) { return each.what != Applied::What::unchanged; });
}

Result<DeployReport> deploy(Cluster& cluster, const ManifestSet& manifests, const DeployOptions& options) {
  return Deployer(cluster, manifests, options).run();
}

Result<ManifestSet> parse_manifests(std::string text, const std::string& name) {
  TRY_ASSIGN(const auto documents, parse_yaml_stream(std::move(text), name));
  ManifestSet set;
  for (const Node& document : documents) {
    if (document.kind == Node::Kind::null) continue;
    Manifest manifest;
    manifest.path = name;
    manifest.object = to_json(document);
    const auto fault = [&](const std::string& message) {
      Error error = config_error(message);
      error.span = document.span();
      return error;
    };
    if (!manifest.object.is_object()) return fault("a manifest is a mapping, not " + document.describe());
    manifest.api_version = text_at(at(manifest.object, "apiVersion"));
    manifest.kind = text_at(at(manifest.object, "kind"));
    manifest.name = text_at(at(manifest.object, "metadata", "name"));
    if (manifest.api_version.empty() || manifest.kind.empty() || manifest.name.empty()) return fault("a manifest needs apiVersion, kind and metadata.name");
    const auto resource = find_resource(manifest.api_version, manifest.kind);
    if (!resource) return fault(resource.error().message);
    manifest.name_space = text_at(at(manifest.object, "metadata", "namespace"));
    if ((*resource)->namespaced && manifest.name_space.empty())
      return fault(manifest.kind + " " + manifest.name + " has no metadata.namespace").with_hint("write it down, so that it does not depend on who deploys");
    if (!(*resource)->namespaced) manifest.name_space.clear();
    set.manifests.push_back(std::move(manifest));
  }
  return set;
}

}  // namespace mlopsctl::k8s
