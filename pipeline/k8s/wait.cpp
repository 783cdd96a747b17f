#include "pipeline/k8s/wait.hpp"

#include <algorithm>
#include <map>

#include "pipeline/k8s/errors.hpp"

namespace mlopsctl::k8s {

namespace {

std::string selector_text(const Json& deployment) {
  std::string text;
  for (const auto& [key, value] : at(deployment, "spec", "selector", "matchLabels").items()) text += (text.empty() ? "" : ",") + key + "=" + text_at(value);
  return text;
}

bool is_ready(const Json& pod) { return at(condition(pod, "Ready"), "status") == "True"; }

std::string describe(const Trouble& trouble) {
  std::string text = trouble.pod.empty() ? "" : "pod " + trouble.pod + (trouble.container.empty() ? "" : ", container " + trouble.container) + ": ";
  return text + trouble.text;
}

class Waiter {
 public:
  Waiter(Cluster& cluster, const ObjectRef& deployment, const WaitOptions& options) : cluster_(cluster), deployment_(deployment), options_(options) {}

  Result<Progress> run() {
    const auto start = cluster_.clock().steady();
    std::string told;
    while (true) {
      if (options_.every) TRY(options_.every());
      TRY_ASSIGN(const Observation seen, observe(cluster_, deployment_));
      if (seen.deployment.is_null()) return cluster_error(deployment_.str() + " is gone: somebody deleted it");
      Progress progress = judge(seen);
      if (options_.moved && progress.text() != told) options_.moved(progress);
      told = progress.text();
      if (progress.phase == Progress::Phase::done) return progress;
      for (const Trouble& trouble : progress.troubles) tell(trouble);
      const auto passed = cluster_.clock().steady() - start;
      if (progress.phase == Progress::Phase::stalled)
        return failed(progress, "makes no progress: its deadline of " + std::to_string(number_at(at(seen.deployment, "spec", "progressDeadlineSeconds"), 600)) +
                                    " s has passed");
      if (passed >= options_.timeout) return failed(progress, "is not ready after " + std::to_string(options_.timeout.count()) + " s");
      const std::chrono::milliseconds step(passed < std::chrono::seconds(2) ? 50 : passed < std::chrono::seconds(20) ? 250 : 1000);
      if (!cluster_.clock().pause(std::min<std::chrono::milliseconds>(step, std::chrono::duration_cast<std::chrono::milliseconds>(options_.timeout - passed)),
                                  cluster_.cancel()))
        return interrupted();
    }
  }

 private:
  // Pods of one Deployment fail alike: what several have in common is told once, for the first of them.
  static std::string key_of(const Trouble& trouble) { return std::string(to_string(trouble.kind)) + " " + trouble.container; }

  std::string log_of(const Trouble& trouble) { return k8s::log_of(cluster_, deployment_.name_space, trouble, options_.log_lines); }

  // A probe that fails while a server starts is no trouble yet.
  void tell(const Trouble& trouble) {
    const auto now = cluster_.clock().steady();
    Told& known = told_.try_emplace(key_of(trouble), Told{now, false}).first->second;
    const bool early = trouble.kind == Trouble::Kind::probe && now - known.since < std::chrono::seconds(10);
    if (known.told || early) return;
    known.told = true;
    if (options_.trouble) options_.trouble(trouble, log_of(trouble));
  }

  Error failed(const Progress& progress, const std::string& how) {
    Error error = cluster_error(deployment_.str() + " " + how + ": " + progress.text());
    error.kind = ErrorKind::timeout;
    std::vector<std::string> kinds;
    for (const Trouble& trouble : progress.troubles) {
      if (std::find(kinds.begin(), kinds.end(), key_of(trouble)) != kinds.end()) continue;
      kinds.push_back(key_of(trouble));
      error.notes.push_back(describe(trouble));
      if (const std::string log = log_of(trouble); !log.empty()) error.notes.push_back("its log ends with:\n" + log);
    }
    return error;
  }

  Cluster& cluster_;
  const ObjectRef& deployment_;
  const WaitOptions& options_;
  struct Told {
    std::chrono::steady_clock::time_point since;
    bool told = false;
  };
  std::map<std::string, Told> told_;
};

}  // namespace

Result<Observation> observe(Cluster& cluster, const ObjectRef& deployment) {
  Observation seen;
  TRY_ASSIGN(auto found, get(cluster, deployment));
  if (!found) return seen;
  seen.deployment = std::move(*found);
  const std::string uid = text_at(at(seen.deployment, "metadata", "uid"));
  const std::string revision = text_at(at(at(seen.deployment, "metadata", "annotations"), "deployment.kubernetes.io/revision"));
  const ListOptions of_it{deployment.name_space, selector_text(seen.deployment), ""};
  std::string newest;
  std::vector<std::string> older;
  TRY_ASSIGN(const auto sets, list(cluster, resources::replica_sets, of_it, [&](Json& set) {
               if (!owned_by(set, uid)) return;
               const bool is_newest = at(at(set, "metadata", "annotations"), "deployment.kubernetes.io/revision") == revision;
               (is_newest ? newest : older.emplace_back()) = text_at(at(set, "metadata", "uid"));
             }));
  TRY_ASSIGN(const auto pods, list(cluster, resources::pods, of_it, [&](Json& pod) {
               if (!at(pod, "metadata", "deletionTimestamp").is_null()) return;
               if (!newest.empty() && owned_by(pod, newest)) seen.pods.push_back({std::move(pod), {}});
               else if (std::any_of(older.begin(), older.end(), [&](const auto& set) { return owned_by(pod, set); })) seen.old_pods.push_back(std::move(pod));
             }));
  for (SeenPod& each : seen.pods) {
    if (is_ready(each.pod)) continue;
    // Events are a help, not a must: somebody may be forbidden to read them.
    if (auto events = events_of(cluster, deployment.name_space, text_at(at(each.pod, "metadata", "uid")))) each.events = std::move(*events);
  }
  return seen;
}

std::string log_of(Cluster& cluster, const std::string& name_space, const Trouble& trouble, int lines) {
  if (!trouble.has_log) return {};
  auto log = last_lines(cluster, ref(resources::pods, name_space, trouble.pod), trouble.container, lines, trouble.previous);
  return log ? *log : std::string();
}

Result<Progress> wait_until_done(Cluster& cluster, const ObjectRef& deployment, const WaitOptions& options) {
  return Waiter(cluster, deployment, options).run();
}

}  // namespace mlopsctl::k8s
