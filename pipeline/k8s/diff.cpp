#include "pipeline/k8s/diff.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "pipeline/k8s/rollout/manifests.hpp"

namespace mlopsctl::k8s {

namespace {

// What the server keeps in metadata for itself.
constexpr std::string_view own_metadata[] = {"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"};

std::string name_of_item(const Json& item) { return text_at(at(item, "name")); }

// Whether all items of both lists are objects with names, each once: then order is not what matters.
bool named(const Json& items) {
  std::set<std::string> names;
  return std::all_of(items.begin(), items.end(), [&](const Json& item) { return !name_of_item(item).empty() && names.insert(name_of_item(item)).second; });
}

class Comparison {
 public:
  std::vector<FieldChange> changes;

  void compare(const std::string& path, const Json& before, const Json& after) {
    if (before == after) return;
    if (before.is_object() && after.is_object()) return objects(path, before, after);
    if (before.is_array() && after.is_array()) return lists(path, before, after);
    changes.push_back({path, before, after});
  }

 private:
  static std::string key_path(const std::string& path, const std::string& key) {
    const bool plain = std::all_of(key.begin(), key.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; });
    return path + (plain ? "." + key : "[" + key + "]");
  }
  void objects(const std::string& path, const Json& before, const Json& after) {
    std::set<std::string> keys;
    for (const auto& [key, unused] : before.items()) keys.insert(key);
    for (const auto& [key, unused] : after.items()) keys.insert(key);
    for (const auto& key : keys) compare(key_path(path, key), at(before, key), at(after, key));
  }
  void lists(const std::string& path, const Json& before, const Json& after) {
    static const Json nothing;
    if (named(before) && named(after)) {
      const auto find = [](const Json& items, const std::string& name) -> const Json& {
        for (const Json& item : items)
          if (name_of_item(item) == name) return item;
        return nothing;
      };
      for (const Json& item : before) compare(path + "[" + name_of_item(item) + "]", item, find(after, name_of_item(item)));
      for (const Json& item : after)
        if (find(before, name_of_item(item)).is_null()) compare(path + "[" + name_of_item(item) + "]", nothing, item);
      return;
    }
    for (size_t i = 0; i < std::max(before.size(), after.size()); ++i)
      compare(path + "[" + std::to_string(i) + "]", i < before.size() ? before[i] : nothing, i < after.size() ? after[i] : nothing);
  }
};

Json written_part(Json object) {
  object.erase("status");
  if (object.contains("metadata") && object["metadata"].is_object())
    for (const auto key : own_metadata) object["metadata"].erase(std::string(key));
  return object;
}

bool of_missing_namespace(const Refusal& refusal, const std::set<std::string>& to_come, const std::string& name_space) {
  return refusal.not_found() && to_come.contains(name_space);
}

ObjectDiff compared(const Manifest& manifest, Live live, Outcome dry, const std::set<std::string>& to_come) {
  ObjectDiff each;
  each.object = manifest.identity();
  if (dry.refusal && !of_missing_namespace(*dry.refusal, to_come, manifest.name_space)) {
    each.kind = ObjectDiff::Kind::refused;
    each.refusal = std::move(dry.refusal);
  } else if (!live.object) {
    each.kind = ObjectDiff::Kind::create;
  } else {
    each.version = text_at(at(*live.object, "metadata", "resourceVersion"));
    each.settled = *live.object == dry.object;
    each.changes = changes_between(*live.object, dry.object);
    if (!each.changes.empty()) each.kind = ObjectDiff::Kind::change;
  }
  if (manifest.kind == "Deployment") {
    if (live.object) each.live = std::move(*live.object);
    each.wanted = std::move(dry.object);
  }
  return each;
}

bool is_as_applied(const Json& live, const Json& manifest) {
  Json applied = applied_part(live);
  if (!applied.is_object()) return false;
  if (at(applied, "metadata", "namespace").is_null()) applied["metadata"].erase("namespace");
  return applied == manifest;
}

// So many are asked about at once, and in memory.
constexpr size_t most_at_once = 64;
// From so many of a kind on, a list costs less than to ask for each.
constexpr size_t worth_a_list = 20;

// What all of these carry, as a label selector; empty: nothing.
std::string labels_in_common(const std::vector<Manifest>& manifests, const std::vector<size_t>& which) {
  std::string selector;
  const Json& labels = at(manifests[which.front()].object, "metadata", "labels");
  for (const auto& [name, value] : labels.items())
    if (value.is_string() &&
        std::ranges::all_of(which, [&, &label = name, &same = value](size_t i) { return at(manifests[i].object, "metadata", "labels", label) == same; }))
      selector += (selector.empty() ? "" : ",") + name + "=" + value.get<std::string>();
  return selector;
}

// Finds what is many of a kind and has labels in common. What no list holds may be there all the same: changed, or not for us to list.
Status look_up_by_lists(Cluster& cluster, const std::vector<Manifest>& manifests, std::vector<Live>& live) {
  std::map<std::pair<const Resource*, std::string>, std::vector<size_t>> groups;
  for (size_t i = 0; i < manifests.size(); ++i) {
    TRY_ASSIGN(const Resource* resource, find_resource(manifests[i].api_version, manifests[i].kind));
    groups[{resource, manifests[i].name_space}].push_back(i);
  }
  for (const auto& [group, which] : groups) {
    const auto& [resource, name_space] = group;
    const std::string selector = which.size() < worth_a_list ? "" : labels_in_common(manifests, which);
    if (selector.empty()) continue;
    std::map<std::string_view, size_t> places;
    for (const size_t i : which) places.emplace(manifests[i].name, i);
    TRY(try_list(cluster, *resource, {name_space, selector, ""}, [&](Json& object) {
      if (const auto place = places.find(text_at(at(object, "metadata", "name"))); place != places.end()) live[place->second].object = std::move(object);
    }));
  }
  return {};
}

}  // namespace

std::vector<FieldChange> changes_between(const Json& before, const Json& after) {
  Comparison comparison;
  comparison.compare("", written_part(before), written_part(after));
  if (at(after, "kind") == "Secret" || at(before, "kind") == "Secret")
    for (FieldChange& change : comparison.changes)
      if (change.path.starts_with(".data") || change.path.starts_with(".stringData")) {
        if (!change.before.is_null()) change.before = "(secret)";
        if (!change.after.is_null()) change.after = "(another secret)";
      }
  return std::move(comparison.changes);
}

std::string_view to_string(ObjectDiff::Kind kind) {
  switch (kind) {
    case ObjectDiff::Kind::same:
      return "same";
    case ObjectDiff::Kind::create:
      return "create";
    case ObjectDiff::Kind::change:
      return "change";
    case ObjectDiff::Kind::refused:
      return "refused";
  }
  return "";
}

bool ClusterDiff::same() const {
  // Nothing compared is not the same.
  return !objects.empty() && std::all_of(objects.begin(), objects.end(), [](const ObjectDiff& each) { return each.kind == ObjectDiff::Kind::same; });
}

Result<std::vector<Live>> look_up(Cluster& cluster, const ManifestSet& manifests) {
  const std::vector<Manifest>& wanted = manifests.manifests;
  std::vector<Live> all(wanted.size());
  TRY(look_up_by_lists(cluster, wanted, all));
  std::vector<size_t> asked;
  for (size_t i = 0; i < all.size(); ++i)
    if (!all[i].object) asked.push_back(i);
  for (size_t first = 0; first < asked.size(); first += most_at_once) {
    const size_t end = std::min(asked.size(), first + most_at_once);
    std::vector<Ask> asks;
    for (size_t k = first; k < end; ++k) {
      TRY_ASSIGN(const ObjectRef object, ref_of(wanted[asked[k]].object));
      asks.push_back(to_get(object));
    }
    auto outcomes = ask_all(cluster, asks);
    for (size_t k = first; k < end; ++k) {
      TRY_ASSIGN(auto outcome, std::move(outcomes[k - first]));
      TRY_ASSIGN(all[asked[k]].object, found_by(asks[k - first], std::move(outcome)));
    }
  }
  for (size_t i = 0; i < all.size(); ++i) all[i].as_applied = all[i].object && is_as_applied(*all[i].object, wanted[i].object);
  return all;
}

Result<ClusterDiff> diff(Cluster& cluster, const ManifestSet& manifests, bool force, std::vector<Live> live) {
  const std::vector<Manifest>& all = manifests.manifests;
  ClusterDiff found;
  found.objects.resize(all.size());
  std::vector<size_t> asked;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!live[i].as_applied) {
      asked.push_back(i);
      continue;
    }
    Outcome same;
    same.object = *live[i].object;
    found.objects[i] = compared(all[i], std::move(live[i]), std::move(same), {});
  }
  std::stable_partition(asked.begin(), asked.end(), [&](size_t i) { return all[i].kind == "Namespace"; });
  std::set<std::string> to_come;  // namespaces that this set creates
  for (size_t first = 0; first < asked.size(); first += most_at_once) {
    const size_t end = std::min(asked.size(), first + most_at_once);
    std::vector<Ask> asks;
    for (size_t k = first; k < end; ++k) {
      TRY_ASSIGN(Ask dry, to_apply(all[asked[k]].object, {.dry_run = true, .force = force}));
      asks.push_back(std::move(dry));
    }
    auto outcomes = ask_all(cluster, asks);
    for (size_t k = first; k < end; ++k) {
      TRY_ASSIGN(auto dry, std::move(outcomes[k - first]));
      const Manifest& manifest = all[asked[k]];
      ObjectDiff each = compared(manifest, std::move(live[asked[k]]), std::move(dry), to_come);
      if (manifest.kind == "Namespace" && each.kind == ObjectDiff::Kind::create) to_come.insert(manifest.name);
      found.objects[asked[k]] = std::move(each);
    }
  }
  return found;
}

Result<ClusterDiff> diff(Cluster& cluster, const ManifestSet& manifests, bool force) {
  TRY_ASSIGN(auto live, look_up(cluster, manifests));
  return diff(cluster, manifests, force, std::move(live));
}

}  // namespace mlopsctl::k8s
