// What one does with objects of a cluster. A refusal that the caller may want to look at is part of the outcome; all else is an error.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/cluster.hpp"
#include "pipeline/k8s/resources.hpp"

namespace mlopsctl::k8s {

inline constexpr const char* field_manager = "mlopsctl";

struct Outcome {
  Json object;  // as the server has it now; null where it refused
  bool created = false;
  std::vector<std::string> warnings;
  std::optional<Refusal> refusal;
};

// Something to ask, and in words. The functions below ask one such thing; ask_all() asks many at once.
struct Ask {
  Call call;
  std::string what;  // "get Deployment shop/web"
};
// In the order of the asks.
std::vector<Result<Outcome>> ask_all(Cluster& cluster, const std::vector<Ask>& asks);

// Nothing where there is none of that name.
Result<std::optional<Json>> get(Cluster& cluster, const ObjectRef& object);
Ask to_get(const ObjectRef& object);
Result<std::optional<Json>> found_by(const Ask& ask, Outcome outcome);

struct ApplyOptions {
  bool dry_run = false;
  bool force = false;  // takes over fields that belong to others
};
// Server-side apply as `field_manager`: what we said before and do not say now goes away. Unknown fields are refused. With a
// metadata.resourceVersion in it, only that very version is changed.
Result<Outcome> apply(Cluster& cluster, const Json& object, const ApplyOptions& options);
Result<Ask> to_apply(const Json& object, const ApplyOptions& options);
Result<Outcome> create(Cluster& cluster, const Json& object, bool dry_run = false);
// Whole; its metadata.resourceVersion must be the current one, else refusal->stale(): also where it was sent again and had arrived before.
Result<Outcome> replace(Cluster& cluster, const Json& object);
// JSON merge patch; null removes. `subresource`: "scale", "status", or empty.
Result<Outcome> patch(Cluster& cluster, const ObjectRef& object, const Json& changes, const std::string& subresource = {});
// Only the very object that was looked at; empty: whichever there is.
struct Seen {
  std::string uid, version = {};
};
// refusal->not_found() where there is none, refusal->stale() where it is another than `seen`. "Background": what depends on it goes afterwards;
// "Foreground": before it.
Result<Outcome> remove(Cluster& cluster, const ObjectRef& object, const Seen& seen = {}, const std::string& propagation = "Background");

struct ListOptions {
  std::string name_space;  // empty: all
  std::string label_selector, field_selector;
  int page = 250;  // so many at once in memory
};
// Hands every object to `take`, page by page; the resourceVersion of the list. Where a page runs out while we read (410), it starts again:
// `take` may see an object twice.
Result<std::string> list(Cluster& cluster, const Resource& resource, const ListOptions& options, const std::function<void(Json& object)>& take);
// The same, with the refusal for the caller to judge.
struct Listed {
  std::string version;
  std::optional<Refusal> refusal;
};
Result<Listed> try_list(Cluster& cluster, const Resource& resource, const ListOptions& options, const std::function<void(Json& object)>& take);

// May we? (SelfSubjectAccessReview)
struct AccessQuestion {
  std::string verb;  // "patch"
  const Resource* resource = nullptr;
  std::string name_space, subresource = {};
  std::string str() const;  // "patch deployments in shop"
};
struct AccessAnswer {
  bool allowed = false;
  std::string reason;
};
Result<std::vector<AccessAnswer>> may_we(Cluster& cluster, const std::vector<AccessQuestion>& questions);

// The last lines of a container's log; of the run before the present one with `previous`. Empty where there is none yet.
Result<std::string> last_lines(Cluster& cluster, const ObjectRef& pod, const std::string& container, int lines, bool previous = false);
struct LogOptions {
  bool follow = true;      // until the container ends; else what there is now
  bool times = false;      // each line begins with its time and a blank
  std::string since = {};  // RFC 3339, cut to its second; empty: from the start
  std::chrono::milliseconds silence = std::chrono::hours(24);
};
// A log as it is written. Fails (timeout) after such a silence.
Status follow_log(Cluster& cluster, const ObjectRef& pod, const std::string& container, const std::function<Status(std::string_view bytes)>& take,
                  const LogOptions& options = {});

// What time it is by the server's clock, asked by a dry run in that namespace; ours where that is forbidden.
Result<TimePoint> server_time(Cluster& cluster, const std::string& name_space);

// What the cluster says about an object, oldest first.
struct EventNote {
  std::string type, reason, message;  // "Warning", "FailedScheduling", ...
  int count = 1;
};
Result<std::vector<EventNote>> events_of(Cluster& cluster, const std::string& name_space, const std::string& uid);
// Says something about an object for `kubectl describe` to show; best effort.
Status record_event(Cluster& cluster, const Json& about, const std::string& type, const std::string& reason, const std::string& message);

}  // namespace mlopsctl::k8s
