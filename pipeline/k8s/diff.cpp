#include "pipeline/k8s/diff.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "pipeline/base/parallel.hpp"
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

Result<ObjectDiff> diff_one(Cluster& cluster, const Manifest& manifest, bool force, const std::set<std::string>& to_come) {
  ObjectDiff each;
  each.object = manifest.identity();
  TRY_ASSIGN(const ObjectRef object, ref_of(manifest.object));
  TRY_ASSIGN(const auto live, get(cluster, object));
  TRY_ASSIGN(auto dry, apply(cluster, manifest.object, {.dry_run = true, .force = force}));
  if (dry.refusal && !of_missing_namespace(*dry.refusal, to_come, object.name_space)) {
    each.kind = ObjectDiff::Kind::refused;
    each.refusal = std::move(dry.refusal);
  } else if (!live) {
    each.kind = ObjectDiff::Kind::create;
  } else {
    each.version = text_at(at(*live, "metadata", "resourceVersion"));
    each.settled = *live == dry.object;
    each.changes = changes_between(*live, dry.object);
    if (!each.changes.empty()) each.kind = ObjectDiff::Kind::change;
  }
  return each;
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

Result<ClusterDiff> diff(Cluster& cluster, const ManifestSet& manifests, bool force) {
  const size_t count = manifests.manifests.size();
  std::vector<Result<ObjectDiff>> each(count, ObjectDiff());
  std::set<std::string> to_come;  // namespaces that this set creates
  for (size_t i = 0; i < count; ++i) {
    if (manifests.manifests[i].kind != "Namespace") continue;
    each[i] = diff_one(cluster, manifests.manifests[i], force, to_come);
    if (each[i] && each[i]->kind == ObjectDiff::Kind::create) to_come.insert(manifests.manifests[i].name);
  }

  // The server takes its time for each, but not for one alone.
  std::vector<std::unique_ptr<Cluster>> more;
  for (size_t i = 1; i < std::min<size_t>(4, count / 8); ++i)
    if (auto next = cluster.another()) more.push_back(std::move(next));
  const size_t workers = more.size() + 1;
  const auto work = [&](Cluster& mine, size_t first) {
    for (size_t i = first; i < count; i += workers)
      if (manifests.manifests[i].kind != "Namespace") each[i] = diff_one(mine, manifests.manifests[i], force, to_come);
  };
  in_parallel(workers, workers, [&](size_t i) { work(i == 0 ? cluster : *more[i - 1], i); });

  ClusterDiff found;
  for (auto& one : each) {
    if (!one) return std::move(one).error();
    found.objects.push_back(std::move(*one));
  }
  return found;
}

}  // namespace mlopsctl::k8s
