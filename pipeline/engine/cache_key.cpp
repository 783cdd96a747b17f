#include "pipeline/engine/cache_key.hpp"

#include <algorithm>
#include <map>

namespace mlopsctl::engine {

namespace {

constexpr std::string_view format = "mlopsctl-key-1";

// {"a": {"b": 1}} -> a.b, but {"a.b": 1} -> ["a.b"]: two parameters never share a name.
std::string child(const std::string& parent, const std::string& key) {
  const bool ambiguous = key.empty() || key.find_first_of(".[\"") != std::string::npos;
  return ambiguous ? parent + "[" + Json(key).dump(-1, ' ', false, Json::error_handler_t::replace) + "]" : parent + "." + key;
}

void add_leaves(std::vector<KeyPart>& parts, const std::string& name, const Json& value) {
  if (!value.is_object() || value.empty()) {
    parts.push_back({name, canonical(value)});
    return;
  }
  for (const auto& [key, item] : value.items()) add_leaves(parts, child(name, key), item);
}

// The text of a parameter of type model is a name or a path; what counts is the model's digest, which is among the inputs.
void forget(Json& params, std::string_view path) {
  Json* place = &params;
  while (true) {
    const size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    Json* next = nullptr;
    if (place->is_object() && place->contains(key)) next = &(*place)[key];
    if (place->is_array() && !key.empty() && key.find_first_not_of("0123456789") == std::string::npos && key.size() < 7 && std::stoul(key) < place->size())
      next = &(*place)[std::stoul(key)];
    if (next == nullptr) return;
    if (dot == std::string_view::npos) {
      *next = "model";
      return;
    }
    place = next;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

std::vector<KeyPart> key_parts(const ResolvedStage& stage, const std::vector<std::optional<Digest>>& digests) {
  const spec::StageSpec& spec = *stage.spec;
  std::vector<KeyPart> parts;
  parts.reserve(16);
  parts.push_back({"key format", std::string(format)});
  parts.push_back({"stage kind", spec.kind});
  parts.push_back({"stage version", std::to_string(stage.stage->version())});
  if (std::string backend = stage.stage->backend(spec.params); !backend.empty()) parts.push_back({"backend", std::move(backend)});
  parts.push_back({"seed", std::to_string(spec.seed)});
  if (spec.models.empty()) {
    add_leaves(parts, "params", spec.params);
  } else {
    Json params = spec.params;
    for (const auto& model : spec.models) forget(params, model.field);
    add_leaves(parts, "params", params);
  }
  for (size_t i = 0; i < stage.inputs.size(); ++i) {
    if (!digests[i]) continue;
    const ResolvedInput& input = stage.inputs[i];
    const std::string name = "input." + input.shape.name;
    parts.push_back({name, digests[i]->str()});
    parts.push_back({name + " type", input.shape.type});
    if (input.external != nullptr && !input.external->options.is_null()) add_leaves(parts, name + " options", input.external->options);
  }
  return parts;
}

CacheKey key_of(const std::vector<KeyPart>& parts) {
  Sha256 hash;
  for (const auto& part : parts) hash.field(part.name, part.value);
  return {hash.finish()};
}

std::vector<Reason> compare(const std::vector<KeyPart>& before, const std::vector<KeyPart>& now, bool inputs_known) {
  const auto counts = [&](const KeyPart& part) { return inputs_known || !part.name.starts_with("input."); };
  std::map<std::string_view, const std::string*> old_values;
  for (const auto& part : before)
    if (counts(part)) old_values.emplace(part.name, &part.value);
  std::vector<Reason> reasons;
  for (const auto& part : now) {
    if (!counts(part)) continue;
    const auto found = old_values.find(part.name);
    if (found == old_values.end()) {
      reasons.push_back({part.name, "", part.value});
      continue;
    }
    if (*found->second != part.value) reasons.push_back({part.name, *found->second, part.value});
    old_values.erase(found);
  }
  for (const auto& part : before)
    if (old_values.contains(part.name)) reasons.push_back({part.name, part.value, ""});
  return reasons;
}

}  // namespace mlopsctl::engine
