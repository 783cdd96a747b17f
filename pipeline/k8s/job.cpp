#include "pipeline/k8s/job.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/run_number.hpp"
#include "pipeline/k8s/wait.hpp"
#include "pipeline/k8s/watch.hpp"

namespace mlopsctl::k8s {

namespace {

using std::chrono::milliseconds, std::chrono::seconds;

constexpr const char* instance_label = "app.kubernetes.io/instance";

const Json& metadata_of(const Json& pattern) {
  return at(pattern, "kind") == "CronJob" ? at(pattern, "spec", "jobTemplate", "metadata") : at(pattern, "metadata");
}
const Json& spec_of(const Json& pattern) { return at(pattern, "kind") == "CronJob" ? at(pattern, "spec", "jobTemplate", "spec") : at(pattern, "spec"); }

// What two runs of one work must have in common to be the same.
Json same_of(const Json& job_spec) {
  Json same = Json::array();
  for (const Json& container : at(job_spec, "template", "spec", "containers")) same.push_back({at(container, "image"), at(container, "args")});
  return same;
}

// "feedback-predict-r3" -> 3; 0 for other names.
int64_t run_number(const std::string& name, const std::string& instance) {
  const std::string prefix = instance + "-r";
  int64_t number = 0;
  if (!name.starts_with(prefix)) return 0;
  const auto [end, fault] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
  return fault == std::errc() && end == name.data() + name.size() && number > 0 ? number : 0;
}

bool out_of_reach(const Error& error) {
  // A refusal for good is no lost connection.
  for (const int status : {401, 403, 404})
    if (!said_with(error, status).empty()) return false;
  return error.kind == ErrorKind::cluster || error.kind == ErrorKind::timeout;
}

class Watcher {
 public:
  Watcher(Cluster& cluster, const ObjectRef& job, const WatchJobOptions& options) : cluster_(cluster), job_(job), options_(options) {}

  Result<JobProgress> run() {
    start_ = now();
    auto reached = start_;
    bool lost = false;
    while (true) {
      auto seen = observe_job(cluster_, job_);
      if (!seen) {
        if (!out_of_reach(seen.error())) return std::move(seen).error();
        if (!lost && options_.lost) options_.lost(seen.error().message);
        lost = true;
        if (now() - reached >= options_.patience) return std::move(seen).error();
      } else {
        reached = now();
        lost = false;
        if (seen->job.is_null()) return cluster_error(job_.str() + " is gone: somebody deleted it");
        JobProgress progress = judge_job(*seen);
        TRY(tell(*seen, progress));
        if (progress.ended()) return progress;
      }
      if (time_left() <= milliseconds(0)) return out_of_time(seen.ok() ? judge_job(*seen) : JobProgress());
      const auto quiet = now() - moved_;
      if (!cluster_.clock().pause(quiet < seconds(2) ? milliseconds(100) : quiet < seconds(20) ? milliseconds(300) : milliseconds(1000), cluster_.cancel()))
        return interrupted();
    }
  }

 private:
  std::chrono::steady_clock::time_point now() const { return cluster_.clock().steady(); }
  milliseconds time_left() const {
    if (options_.timeout <= seconds(0)) return std::chrono::hours(24);
    return std::chrono::duration_cast<milliseconds>(options_.timeout - (now() - start_));
  }

  Status tell(const JobSeen& seen, const JobProgress& progress) {
    if (progress.text() != told_) {
      told_ = progress.text();
      moved_ = now();
      if (options_.moved && !progress.ended()) options_.moved(progress);
    }
    for (const Trouble& trouble : progress.troubles)
      if (!trouble.has_log) tell(trouble);
    if (options_.line)
      for (const SeenPod& each : seen.pods)
        if (!lost(each, progress)) TRY(read_log(each.pod));
    for (const Trouble& trouble : progress.troubles)
      if (trouble.has_log) tell(trouble);
    return {};
  }

  void tell(const Trouble& trouble) {
    if (!troubles_.insert(std::string(to_string(trouble.kind)) + " " + trouble.pod + " " + trouble.container).second || !options_.trouble) return;
    options_.trouble(trouble, options_.line ? "" : log_of(cluster_, job_.name_space, trouble, options_.log_lines));
  }

  // Its node would be asked in vain.
  static bool lost(const SeenPod& seen, const JobProgress& progress) {
    return std::any_of(progress.troubles.begin(), progress.troubles.end(),
                       [&](const Trouble& trouble) { return trouble.kind == Trouble::Kind::node && trouble.pod == text_at(at(seen.pod, "metadata", "name")); });
  }

  // Hands on what is new in the log, until the container ends or nothing comes for a while. A stream that breaks is read on from the last
  // line that came; one that began after the container had ended is the last.
  Status read_log(const Json& pod) {
    Reading& reading = logs_[text_at(at(pod, "metadata", "uid"))];
    const Json& statuses = at(pod, "status", "containerStatuses");
    if (reading.whole || !statuses.is_array() || statuses.empty()) return {};
    const Json& state = at(statuses[0], "state");
    const bool ended = at(state, "terminated").is_object();
    // A pod whose node is gone for good is given up while its container seems to run: there is nobody to ask.
    const bool runs = at(state, "running").is_object() && text_at(at(pod, "status", "phase")) == "Running";
    if ((!ended && !runs) || time_left() <= milliseconds(0)) return {};
    const TimePoint from = reading.last;
    Lines lines(1 << 20);
    const auto take = [&](std::string_view line) -> Status {
      const size_t blank = std::min(line.find(' '), line.size());
      const auto time = from_rfc3339(line.substr(0, blank));
      if (time && *time <= from) return {};
      if (time) reading.last = *time;
      return options_.line(line.substr(std::min(blank + 1, line.size())));
    };
    LogOptions options;
    options.times = true;
    if (from != TimePoint()) options.since = rfc3339(from);
    options.silence = std::min<milliseconds>(seconds(10), time_left());
    const Status read = follow_log(
        cluster_, ref(resources::pods, job_.name_space, text_at(at(pod, "metadata", "name"))), text_at(at(statuses[0], "name")),
        [&](std::string_view bytes) { return lines.add(bytes, take); }, options);
    if (cluster_.cancel().cancelled()) return interrupted();
    if (ended && read.ok() && !lines.rest().empty()) static_cast<void>(take(lines.rest()));  // the last words of a program may lack a line end
    if (ended && (read.ok() || ++reading.failures >= 3)) reading.whole = true;
    return {};
  }

  Error out_of_time(const JobProgress& progress) {
    Error error = cluster_error(job_.str() + " is not done after " + std::to_string(options_.timeout.count()) + " s: " + progress.text());
    error.kind = ErrorKind::timeout;
    for (const Trouble& trouble : progress.troubles) error.notes.push_back((trouble.pod.empty() ? "" : "pod " + trouble.pod + ": ") + trouble.text);
    return error;
  }

  struct Reading {
    TimePoint last;  // the time of the last line
    bool whole = false;
    int failures = 0;
  };

  Cluster& cluster_;
  const ObjectRef& job_;
  const WatchJobOptions& options_;
  std::string told_;
  std::chrono::steady_clock::time_point start_{}, moved_{};
  std::set<std::string> troubles_;
  std::map<std::string, Reading> logs_;  // by the pod's uid
};

std::string time_of(const Json& object) { return text_at(at(object, "metadata", "creationTimestamp")); }

}  // namespace

std::string work_of(const Json& pattern) { return text_at(at(metadata_of(pattern), "annotations", "mlopsctl/job")); }

Result<std::vector<Json>> list_jobs(Cluster& cluster, const std::string& name_space) {
  std::vector<Json> jobs;
  TRY_ASSIGN(const auto version, list(cluster, resources::jobs, {name_space, job_selector, ""}, [&](Json& job) { jobs.push_back(std::move(job)); }));
  static_cast<void>(version);
  std::ranges::stable_sort(jobs, {}, time_of);
  return jobs;
}

Result<JobSeen> observe_job(Cluster& cluster, const ObjectRef& job) {
  JobSeen seen;
  TRY_ASSIGN(auto found, get(cluster, job));
  if (!found) return seen;
  seen.job = std::move(*found);
  const std::string uid = text_at(at(seen.job, "metadata", "uid"));
  TRY_ASSIGN(const auto pods, list(cluster, resources::pods, {job.name_space, "batch.kubernetes.io/controller-uid=" + uid, ""}, [&](Json& pod) {
               seen.pods.push_back({std::move(pod), {}});
             }));
  static_cast<void>(pods);
  std::ranges::stable_sort(seen.pods, {}, [](const SeenPod& each) { return time_of(each.pod); });
  // Events are a help, not a must: somebody may be forbidden to read them.
  const auto events = [&](const Json& object) {
    auto notes = events_of(cluster, job.name_space, text_at(at(object, "metadata", "uid")));
    return notes ? std::move(*notes) : std::vector<EventNote>();
  };
  for (SeenPod& each : seen.pods)
    if (at(each.pod, "status", "phase") == "Pending") each.events = events(each.pod);
  if (seen.pods.empty() && !has_ended(seen.job)) seen.events = events(seen.job);
  return seen;
}

Result<StartedJob> start_job(Cluster& cluster, const Json& pattern) {
  const std::string name_space = text_at(at(pattern, "metadata", "namespace"));
  Json job{{"apiVersion", resources::jobs.api_version}, {"kind", resources::jobs.kind}, {"metadata", metadata_of(pattern)}, {"spec", spec_of(pattern)}};
  const std::string instance = text_at(at(at(job, "metadata", "labels"), instance_label));
  Json metadata{{"namespace", name_space}, {"labels", at(job, "metadata", "labels")}, {"annotations", at(job, "metadata", "annotations")}};
  if (const std::string owner = text_at(at(pattern, "metadata", "uid")); at(pattern, "kind") == "CronJob" && !owner.empty()) {
    metadata["annotations"]["cronjob.kubernetes.io/instantiate"] = "manual";
    metadata["ownerReferences"] = Json::array({{{"apiVersion", resources::cron_jobs.api_version},
                                                {"kind", resources::cron_jobs.kind},
                                                {"name", at(pattern, "metadata", "name")},
                                                {"uid", owner},
                                                {"controller", true}}});
  }
  job["metadata"] = std::move(metadata);

  for (int races = 0;; ++races) {
    TRY_ASSIGN(const auto known, list_jobs(cluster, name_space));
    int64_t number = 0;
    for (const Json& each : known) {
      if (at(at(each, "metadata", "labels"), instance_label) != instance) continue;
      const ObjectRef other = ref(resources::jobs, name_space, text_at(at(each, "metadata", "name")));
      number = std::max(number, run_number(other.name, instance));
      if (has_ended(each)) continue;
      if (!at(each, "metadata", "deletionTimestamp").is_null())
        return cluster_error(other.str() + " was cancelled and has not ended yet").with_hint("try again in a moment: two at once would write the same files");
      if (same_of(at(each, "spec")) == same_of(at(job, "spec"))) return StartedJob{other, true};
      return cluster_error(other.str() + " is under way with another image or other arguments")
          .with_hint("let it end (mlopsctl job logs " + other.name + " --follow), or end it (mlopsctl job cancel " + other.name + ")");
    }
    TRY_ASSIGN(number, next_run_number(cluster, name_space, instance, number));
    job["metadata"]["name"] = instance + "-r" + std::to_string(number);
    TRY_ASSIGN(const ObjectRef object, ref_of(job));
    auto made = create(cluster, job);
    if (!made) {
      // Whether it has arrived, only the cluster knows.
      const auto there = get(cluster, object);
      if (there && *there && same_of(at(**there, "spec")) == same_of(at(job, "spec"))) return StartedJob{object, false};
      return std::move(made).error();
    }
    if (!made->refusal) return StartedJob{object, false};
    // Somebody else was faster: it is theirs now.
    if (!made->refusal->already_exists() || races >= 10) return to_error(*made->refusal, "create " + object.str());
  }
}

Result<JobProgress> watch_job(Cluster& cluster, const ObjectRef& job, const WatchJobOptions& options) { return Watcher(cluster, job, options).run(); }

Result<bool> cancel_job(Cluster& cluster, const ObjectRef& job) {
  TRY_ASSIGN(const auto outcome, remove(cluster, job, {}, "Foreground"));
  if (outcome.refusal && !outcome.refusal->not_found()) return to_error(*outcome.refusal, "cancel " + job.str());
  const auto start = cluster.clock().steady();
  while (cluster.clock().steady() - start < std::chrono::minutes(2)) {
    TRY_ASSIGN(const auto found, get(cluster, job));
    if (!found) return true;
    if (!cluster.clock().pause(milliseconds(200), cluster.cancel())) return interrupted();
  }
  return false;
}

}  // namespace mlopsctl::k8s
