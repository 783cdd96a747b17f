#include "pipeline/k8s/objects.hpp"

#include <algorithm>

#include "pipeline/k8s/errors.hpp"

namespace mlopsctl::k8s {

namespace {

constexpr const char* json_type = "application/json";

// An error where the refusal is not the caller's to judge: who we are and what we may.
Result<Outcome> outcome_of(Result<Reply> reply, const std::string& what) {
  if (!reply) return std::move(reply).error().note("while trying to " + what);
  Outcome outcome;
  outcome.warnings = std::move(reply->warnings);
  outcome.created = reply->status == 201;
  if (reply->refusal) {
    if (reply->status == 401 || reply->status == 403) return to_error(*reply->refusal, what);
    outcome.refusal = std::move(reply->refusal);
    return outcome;
  }
  TRY_ASSIGN(outcome.object, reply->json());
  return outcome;
}

Query with_dry_run(Query query, bool dry_run) {
  if (dry_run) query.emplace_back("dryRun", "All");
  return query;
}

}  // namespace

std::vector<Result<Outcome>> ask_all(Cluster& cluster, const std::vector<Ask>& asks) {
  std::vector<Call> calls;
  for (const Ask& ask : asks) calls.push_back(ask.call);
  auto replies = cluster.send_all(calls);
  std::vector<Result<Outcome>> outcomes;
  for (size_t i = 0; i < asks.size(); ++i) outcomes.push_back(outcome_of(std::move(replies[i]), asks[i].what));
  return outcomes;
}

Ask to_get(const ObjectRef& object) { return {{"GET", object.path()}, "get " + object.str()}; }

Result<std::optional<Json>> found_by(const Ask& ask, Outcome outcome) {
  if (outcome.refusal && outcome.refusal->not_found()) return std::optional<Json>();
  if (outcome.refusal) return to_error(*outcome.refusal, ask.what);
  return std::optional<Json>(std::move(outcome.object));
}

Result<std::optional<Json>> get(Cluster& cluster, const ObjectRef& object) {
  const Ask ask = to_get(object);
  TRY_ASSIGN(auto outcome, outcome_of(cluster.send(ask.call), ask.what));
  return found_by(ask, std::move(outcome));
}

Result<Ask> to_apply(const Json& object, const ApplyOptions& options) {
  TRY_ASSIGN(const ObjectRef target, ref_of(object));
  Query query{{"fieldManager", field_manager}, {"fieldValidation", "Strict"}};
  if (options.force) query.emplace_back("force", "true");
  // Equal bodies have the same effect, however often they arrive.
  return Ask{{"PATCH", target.path(), with_dry_run(std::move(query), options.dry_run), canonical(object), "application/apply-patch+yaml", true},
             "apply " + target.str()};
}

Result<Outcome> apply(Cluster& cluster, const Json& object, const ApplyOptions& options) {
  TRY_ASSIGN(const Ask ask, to_apply(object, options));
  return outcome_of(cluster.send(ask.call), ask.what);
}

Result<Outcome> create(Cluster& cluster, const Json& object, bool dry_run) {
  TRY_ASSIGN(const ObjectRef target, ref_of(object));
  Query query = with_dry_run({{"fieldManager", field_manager}, {"fieldValidation", "Strict"}}, dry_run);
  return outcome_of(cluster.send({"POST", target.resource->path(target.name_space), std::move(query), canonical(object), json_type, dry_run}),
                    "create " + target.str());
}

Result<Outcome> replace(Cluster& cluster, const Json& object) {
  TRY_ASSIGN(const ObjectRef target, ref_of(object));
  // Where it has arrived before, the version is an old one by then.
  return outcome_of(cluster.send({"PUT", target.path(), {{"fieldManager", field_manager}, {"fieldValidation", "Strict"}}, canonical(object), json_type, true}),
                    "update " + target.str());
}

Result<Outcome> patch(Cluster& cluster, const ObjectRef& object, const Json& changes, const std::string& subresource) {
  return outcome_of(cluster.send({"PATCH",
                                  object.path() + (subresource.empty() ? "" : "/" + subresource),
                                  {{"fieldManager", field_manager}},
                                  canonical(changes),
                                  "application/merge-patch+json",
                                  true}),
                    "change " + object.str());
}

Result<Outcome> remove(Cluster& cluster, const ObjectRef& object, const Seen& seen, const std::string& propagation) {
  Json options{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", propagation}};
  if (!seen.uid.empty()) options["preconditions"]["uid"] = seen.uid;
  if (!seen.version.empty()) options["preconditions"]["resourceVersion"] = seen.version;
  return outcome_of(cluster.send({"DELETE", object.path(), {}, canonical(options), json_type, true}), "delete " + object.str());
}

Result<Listed> try_list(Cluster& cluster, const Resource& resource, const ListOptions& options, const std::function<void(Json& object)>& take) {
  std::string token;
  for (int restarts = 0;;) {
    Query query{{"limit", std::to_string(options.page)}};
    if (!options.label_selector.empty()) query.emplace_back("labelSelector", options.label_selector);
    if (!options.field_selector.empty()) query.emplace_back("fieldSelector", options.field_selector);
    if (!token.empty()) query.emplace_back("continue", token);
    TRY_ASSIGN(auto reply, cluster.send({"GET", resource.path(options.name_space), std::move(query)}));
    if (reply.status == 410 && !token.empty() && ++restarts < 5) {
      token.clear();
      continue;
    }
    if (reply.refusal) return Listed{"", std::move(reply.refusal)};
    TRY_ASSIGN(Json page, reply.json());
    if (page.contains("items") && page["items"].is_array())
      for (Json& item : page["items"]) {
        item["apiVersion"] = resource.api_version, item["kind"] = resource.kind;  // lists leave them out
        take(item);
      }
    token = text_at(at(page, "metadata", "continue"));
    if (token.empty()) return Listed{text_at(at(page, "metadata", "resourceVersion")), {}};
  }
}

Result<std::string> list(Cluster& cluster, const Resource& resource, const ListOptions& options, const std::function<void(Json& object)>& take) {
  const std::string what = "list " + std::string(resource.plural) + (options.name_space.empty() ? "" : " in " + options.name_space);
  auto listed = try_list(cluster, resource, options, take);
  if (!listed) return std::move(listed).error().note("while trying to " + what);
  if (listed->refusal) return to_error(*listed->refusal, what);
  return std::move(listed->version);
}

std::string AccessQuestion::str() const {
  return verb + " " + std::string(resource->plural) + (subresource.empty() ? "" : "/" + subresource) + (resource->namespaced ? " in " + name_space : "");
}

Result<std::vector<AccessAnswer>> may_we(Cluster& cluster, const std::vector<AccessQuestion>& questions) {
  std::vector<Ask> asks;
  for (const AccessQuestion& question : questions) {
    Json attributes{{"verb", question.verb}, {"group", question.resource->group()}, {"resource", question.resource->plural}};
    if (question.resource->namespaced) attributes["namespace"] = question.name_space;
    if (!question.subresource.empty()) attributes["subresource"] = question.subresource;
    const Json review{{"apiVersion", "authorization.k8s.io/v1"}, {"kind", "SelfSubjectAccessReview"}, {"spec", {{"resourceAttributes", attributes}}}};
    asks.push_back(
        {{"POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {}, canonical(review), json_type, true}, "ask whether we may " + question.str()});
  }
  auto outcomes = ask_all(cluster, asks);
  std::vector<AccessAnswer> answers;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i]) return std::move(outcomes[i]).error();
    if (outcomes[i]->refusal) return to_error(*outcomes[i]->refusal, asks[i].what);
    const Json& status = at(outcomes[i]->object, "status");
    answers.push_back({at(status, "allowed") == true, text_at(at(status, "reason"))});
  }
  return answers;
}

Result<std::string> last_lines(Cluster& cluster, const ObjectRef& pod, const std::string& container, int lines, bool previous) {
  Query query{{"container", container}, {"tailLines", std::to_string(lines)}, {"limitBytes", "100000"}};
  if (previous) query.emplace_back("previous", "true");
  TRY_ASSIGN(auto reply, cluster.send({"GET", pod.path() + "/log", std::move(query)}));
  if (!reply.refusal) return std::move(reply.body);
  if (reply.status == 400 || reply.status == 404) return std::string();  // not started yet, or no run before
  return to_error(*reply.refusal, "read the log of " + pod.str());
}

Status follow_log(Cluster& cluster, const ObjectRef& pod, const std::string& container, const std::function<Status(std::string_view bytes)>& take,
                  const LogOptions& options) {
  Query query{{"container", container}};
  if (options.follow) query.emplace_back("follow", "true");
  if (options.times) query.emplace_back("timestamps", "true");
  if (!options.since.empty()) query.emplace_back("sinceTime", options.since.substr(0, 19) + "Z");
  TRY_ASSIGN(const auto reply, cluster.stream({"GET", pod.path() + "/log", std::move(query)}, options.silence, take));
  if (reply.refusal) return to_error(*reply.refusal, "read the log of " + pod.str());
  return {};
}

Result<TimePoint> server_time(Cluster& cluster, const std::string& name_space) {
  const Json probe{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"generateName", "mlopsctl-time-"}, {"namespace", name_space}}}};
  const auto outcome = create(cluster, probe, true);
  if (outcome && !outcome->refusal)
    if (const auto time = from_rfc3339(text_at(at(outcome->object, "metadata", "creationTimestamp")))) return *time;
  if (!outcome && said_with(outcome.error(), 403).empty()) return outcome.error();
  return cluster.clock().now();
}

Result<std::vector<EventNote>> events_of(Cluster& cluster, const std::string& name_space, const std::string& uid) {
  std::vector<std::pair<std::string, EventNote>> found;
  ListOptions options{name_space, "", "involvedObject.uid=" + uid};
  TRY_ASSIGN(const auto version, list(cluster, resources::events, options, [&](Json& event) {
               std::string when = text_at(at(event, "lastTimestamp"), text_at(at(event, "eventTime")));
               found.emplace_back(std::move(when), EventNote{text_at(at(event, "type")), text_at(at(event, "reason")), text_at(at(event, "message")),
                                                             static_cast<int>(number_at(at(event, "count"), 1))});
             }));
  static_cast<void>(version);
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<EventNote> notes;
  for (auto& [when, note] : found) notes.push_back(std::move(note));
  return notes;
}

Status record_event(Cluster& cluster, const Json& about, const std::string& type, const std::string& reason, const std::string& message) {
  TRY_ASSIGN(const ObjectRef object, ref_of(about));
  const std::string now = rfc3339(cluster.clock().now());
  const std::string name_space = object.name_space.empty() ? "default" : object.name_space;
  const Json event{{"apiVersion", "v1"},
                   {"kind", "Event"},
                   {"metadata", {{"generateName", object.name + "."}, {"namespace", name_space}}},
                   {"involvedObject",
                    {{"apiVersion", object.resource->api_version},
                     {"kind", object.resource->kind},
                     {"namespace", object.name_space},
                     {"name", object.name},
                     {"uid", at(about, "metadata", "uid")}}},
                   {"type", type},
                   {"reason", reason},
                   {"message", message.substr(0, 1000)},
                   {"source", {{"component", field_manager}}},
                   {"count", 1},
                   {"firstTimestamp", now.substr(0, 19) + "Z"},
                   {"lastTimestamp", now.substr(0, 19) + "Z"}};
  TRY_ASSIGN(const auto outcome, outcome_of(cluster.send({"POST", resources::events.path(name_space), {}, canonical(event), json_type}), "record an event"));
  if (outcome.refusal) return to_error(*outcome.refusal, "record an event about " + object.str());
  return {};
}

}  // namespace mlopsctl::k8s
