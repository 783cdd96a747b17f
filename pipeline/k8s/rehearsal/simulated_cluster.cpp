#include "pipeline/k8s/rehearsal/simulated_cluster.hpp"

#include <algorithm>

#include "pipeline/base/digest.hpp"
#include "pipeline/k8s/objects.hpp"

namespace mlopsctl::k8s::simulated {

namespace {

constexpr Time call_takes{5};
constexpr Time longest_pause{2000};  // Leases are renewed as often

Reply ok(Json body, int status = 200) { return {status, {}, {}, {}, std::move(body)}; }

Reply refused(int status, const std::string& reason, const std::string& message) {
  Reply reply{status, canonical({{"kind", "Status"}, {"code", status}, {"reason", reason}, {"message", message}}), {}, {}};
  reply.refusal = read_refusal(status, reply.body);
  return reply;
}
Reply not_found(const std::string& path) { return refused(404, "NotFound", path + " not found"); }
Reply stale() { return refused(409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again"); }

// "a=b,c=d"
bool selected(const Json& labels, std::string_view selector) {
  while (!selector.empty()) {
    const std::string_view term = selector.substr(0, selector.find(','));
    selector.remove_prefix(std::min(term.size() + 1, selector.size()));
    const size_t equals = term.find('=');
    if (equals != std::string_view::npos && text_at(at(labels, term.substr(0, equals))) != term.substr(equals + 1)) return false;
  }
  return true;
}

// In the form of metadata.managedFields; lists as a whole.
Json fields_of(const Json& applied) {
  Json fields = Json::object();
  if (applied.is_object())
    for (const auto& [key, value] : applied.items()) fields["f:" + key] = fields_of(value);
  return fields;
}

// Without what changes when a Lease is renewed.
Json said_by(Json object) {
  if (!object.is_object()) return {};
  object["metadata"].erase("resourceVersion");
  if (object.contains("spec")) object["spec"].erase("renewTime");
  return object;
}

}  // namespace

TimePoint SimulatedCluster::SimulatedClock::now() const { return *from_rfc3339("2026-01-01T00:00:00Z") + world_.now; }

bool SimulatedCluster::SimulatedClock::pause(std::chrono::milliseconds time, const CancelToken& cancel) const {
  const Time quiet = world_.now - world_.moved;
  const size_t before = world_.look();
  if (time >= std::chrono::seconds(1)) {
    world_.pass(quiet < std::chrono::seconds(60) ? time : 5 * time);
  } else if (before != looked_) {
    world_.pass(time);  // they have written, or not seen this yet
  } else {
    // Who asks so often waits for something to happen; what they would see until then is what they see now.
    Time passed{};
    do world_.pass(time), passed += time;
    while (passed < longest_pause && world_.look() == before && !cancel.cancelled());
  }
  looked_ = before;
  return !cancel.cancelled();
}

Result<Reply> SimulatedCluster::send(const Call& call) {
  world.pass(call_takes);
  if (call.method != "GET" && !call.path.ends_with("/events")) ++writes;
  if (instead)
    if (auto other = instead(call)) return std::move(*other);
  if (call.method == "GET") return read(call);
  const auto before = world.objects.find(call.path);
  const Json said = before == world.objects.end() ? Json() : said_by(before->second.object);
  Reply reply = write(call);
  const auto after = world.objects.find(call.path);
  const bool made = call.method == "POST" && !call.path.ends_with("/events");
  if (written && !reply.refusal && (made || said != (after == world.objects.end() ? Json() : said_by(after->second.object)))) written(call);
  return reply;
}

Result<Reply> SimulatedCluster::stream(const Call& call, std::chrono::milliseconds, const std::function<Status(std::string_view bytes)>& take) {
  world.pass(call_takes);
  if (instead)
    if (auto other = instead(call)) return std::move(*other);
  for (const Pod& pod : world.pods)
    if (call.path.find("/" + pod.name + ":") != std::string::npos && world.answers(pod)) {
      TRY(take(world.metrics(pod)));
      return Reply{200, {}, {}, {}};
    }
  return refused(503, "ServiceUnavailable", "error trying to reach service: connection refused");
}

Reply SimulatedCluster::read(const Call& call) {
  if (const auto found = world.objects.find(call.path); found != world.objects.end()) return ok(found->second.object);
  if (call.path.ends_with("/log")) return {200, "", {}, {}};
  std::string selector, name_space = call.path.substr(0, call.path.rfind('/'));
  name_space.erase(0, name_space.rfind('/') + 1);
  for (const auto& [key, value] : call.query)
    if (key == "labelSelector") selector = value;
  Json items = Json::array();
  // The labels of both are those of the template; most lists leave most of them out.
  static const Json nothing;
  const auto asked_for = [&](const Set* set) { return selected(set == nullptr ? nothing : at(set->pods, "metadata", "labels"), selector); };
  if (call.path == resources::replica_sets.path(name_space))
    for (const Set& set : world.sets) {
      if (asked_for(&set)) items.push_back(world.shown(set, name_space));
    }
  else if (call.path == resources::pods.path(name_space))
    for (const Pod& pod : world.pods) {
      if (asked_for(world.set_of(pod))) items.push_back(world.shown(pod, name_space));
    }
  else if (call.path != resources::events.path(name_space)) return not_found(call.path);
  return ok({{"metadata", {{"resourceVersion", std::to_string(world.changes)}}}, {"items", std::move(items)}});
}

Reply SimulatedCluster::write(const Call& call) {
  if (call.method == "DELETE") return erase(call);
  Json body = Json::parse(call.body);
  if (call.method == "POST") {
    if (call.path.ends_with("/events")) return ok(body, 201);  // nobody reads them
    const std::string path = call.path + "/" + text_at(at(body, "metadata", "name"));
    if (world.objects.contains(path)) return refused(409, "AlreadyExists", path + " already exists");
    return store(path, std::move(body), 201);
  }
  if (call.content_type == "application/apply-patch+yaml") return apply(call.path, std::move(body));
  const auto found = world.objects.find(call.path);
  if (found == world.objects.end()) return not_found(call.path);
  if (call.method == "PATCH") {
    Json object = found->second.object;
    object.merge_patch(body);
    return store(call.path, std::move(object), 200);
  }
  if (at(body, "metadata", "resourceVersion") != at(found->second.object, "metadata", "resourceVersion")) return stale();
  return store(call.path, std::move(body), 200);
}

// Server-side apply by one manager. What another has written meanwhile stays: annotations, and a number of replicas that we do not name.
Reply SimulatedCluster::apply(const std::string& path, Json body) {
  const auto found = world.objects.find(path);
  const bool there = found != world.objects.end();
  if (const Json version = at(body, "metadata", "resourceVersion"); !version.is_null()) {
    if (!there || at(found->second.object, "metadata", "resourceVersion") != version) return stale();
    body["metadata"].erase("resourceVersion");
  }
  const Json applied = body;
  Json fields = fields_of(applied);
  fields.erase("f:apiVersion"), fields.erase("f:kind");
  for (const char* key : {"f:name", "f:namespace"}) fields["f:metadata"].erase(key);
  if (there) {
    const Json& before = found->second.object;
    for (const auto& [key, value] : at(before, "metadata", "annotations").items())
      if (at(at(found->second.applied, "metadata", "annotations"), key).is_null() && !body["metadata"]["annotations"].contains(key))
        body["metadata"]["annotations"][key] = value;
    if (at(body, "kind") == "Deployment" && at(body, "spec", "replicas").is_null()) body["spec"]["replicas"] = at(before, "spec", "replicas");
    body["status"] = at(before, "status");
  }
  body["metadata"]["managedFields"] =
      Json::array({{{"manager", field_manager}, {"operation", "Apply"}, {"apiVersion", at(body, "apiVersion")}, {"fieldsV1", std::move(fields)}}});
  const Reply reply = store(path, std::move(body), there ? 200 : 201);
  world.objects[path].applied = applied;
  return reply;
}

Reply SimulatedCluster::store(const std::string& path, Json object, int status) {
  Stored& stored = world.objects[path];
  Json& metadata = object["metadata"];
  const Json& before = stored.object;
  metadata["uid"] = before.is_null() ? Json("object-" + std::to_string(++world.changes)) : at(before, "metadata", "uid");
  metadata["generation"] = number_at(at(before, "metadata", "generation")) + (at(before, "spec") == at(object, "spec") ? 0 : 1);
  metadata["resourceVersion"] = std::to_string(++world.changes);
  stored.object = std::move(object);
  if (at(stored.object, "kind") == "Deployment") stored.pattern = digest_of(canonical(at(stored.object, "spec", "template"))).hex();
  if (at(stored.object, "kind") != "Lease") world.moved = world.now;
  return ok(stored.object, status);
}

Reply SimulatedCluster::erase(const Call& call) {
  const auto found = world.objects.find(call.path);
  if (found == world.objects.end()) return not_found(call.path);
  const Json body = Json::parse(call.body), &metadata = at(found->second.object, "metadata");
  for (const char* key : {"uid", "resourceVersion"})
    if (const Json& wanted = at(body, "preconditions", key); !wanted.is_null() && wanted != at(metadata, key)) return stale();
  world.objects.erase(found);
  return ok({{"kind", "Status"}, {"status", "Success"}});
}

}  // namespace mlopsctl::k8s::simulated
