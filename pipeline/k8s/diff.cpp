#include "pipeline/k8s/diff.hpp"

#include <algorithm>
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
  std::vector<Live> all;
  for (size_t first = 0; first < manifests.manifests.size(); first += most_at_once) {
    std::vector<Ask> asks;
    for (size_t i = first; i < std::min(manifests.manifests.size(), first + most_at_once); ++i) {
      TRY_ASSIGN(const ObjectRef object, ref_of(manifests.manifests[i].object));
      asks.push_back(to_get(object));
    }
    auto outcomes = ask_all(cluster, asks);
    for (size_t k = 0; k < asks.size(); ++k) {
      TRY_ASSIGN(auto outcome, std::move(outcomes[k]));
      Live live;
      TRY_ASSIGN(live.object, found_by(asks[k], std::move(outcome)));
      live.as_applied = live.object && is_as_applied(*live.object, manifests.manifests[first + k].object);
      all.push_back(std::move(live));
    }
  }
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
