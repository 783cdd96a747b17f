#include "pipeline/engine/cache_key.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace mlopsctl::engine {

namespace {

constexpr std::string_view format = "mlopsctl-key-1";

// {"a": {"b": 1}} -> a.b, but {"a.b": 1} -> ["a.b"]: two parameters never share a name.
void append_child(std::string& name, const std::string& key) {
  const bool ambiguous = key.empty() || key.find_first_of(".[\"") != std::string::npos;
  if (!ambiguous) {
    name += '.';
    name += key;
    return;
  }
  name += '[';
  append_canonical(name, key);
  name += ']';
}

// Calls take(name, value) for each leaf of `value`; `text` is scratch.
template <typename Take>
void each_leaf(std::string& name, const Json& value, std::string& text, Take& take) {
  if (!value.is_object() || value.empty()) {
    text.clear();
    append_canonical(text, value);
    take(std::string_view(name), std::string_view(text));
    return;
  }
  const auto& object = value.get_ref<const Json::object_t&>();
  const size_t length = name.size();
  for (const auto& [key, item] : object) {
    append_child(name, key);
    each_leaf(name, item, text, take);
    name.resize(length);
  }
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

namespace {

// Calls take(name, value) for each part, in their order.
template <typename Take>
void each_part(const ResolvedStage& stage, const std::vector<std::optional<Digest>>& digests, Take take) {
  const spec::StageSpec& spec = *stage.spec;
  std::string name, text;
  take("key format", format);
  take("stage kind", std::string_view(spec.kind));
  take("stage version", std::string_view(std::to_string(stage.stage->version())));
  if (const std::string backend = stage.stage->backend(spec.params); !backend.empty()) take("backend", std::string_view(backend));
  take("seed", std::string_view(std::to_string(spec.seed)));
  name = "params";
  if (spec.models.empty()) {
    each_leaf(name, spec.params, text, take);
  } else {
    Json params = spec.params;
    for (const auto& model : spec.models) forget(params, model.field);
    each_leaf(name, params, text, take);
  }
  for (size_t i = 0; i < stage.inputs.size(); ++i) {
    if (!digests[i]) continue;
    const ResolvedInput& input = stage.inputs[i];
    name = "input." + input.shape.name;
    const size_t length = name.size();
    take(std::string_view(name), std::string_view(digests[i]->str()));
    name += " type";
    take(std::string_view(name), std::string_view(input.shape.type));
    name.resize(length);
    if (input.external == nullptr || input.external->options.is_null()) continue;
    name += " options";
    each_leaf(name, input.external->options, text, take);
  }
}

// What Sha256::field would hash, gathered so that it is hashed in one go.
void append_field(std::string& text, std::string_view name, std::string_view value) {
  char size[24];
  text += name;
  text += '\0';
  text.append(size, std::to_chars(size, size + sizeof size, value.size()).ptr);
  text += ':';
  text += value;
}

}  // namespace

std::vector<KeyPart> key_parts(const ResolvedStage& stage, const std::vector<std::optional<Digest>>& digests) {
  std::vector<KeyPart> parts;
  parts.reserve(32);
  each_part(stage, digests, [&](std::string_view name, std::string_view value) { parts.push_back({std::string(name), std::string(value)}); });
  return parts;
}

CacheKey key_of(const ResolvedStage& stage, const std::vector<std::optional<Digest>>& digests) {
  std::string text;
  text.reserve(4096);
  each_part(stage, digests, [&](std::string_view name, std::string_view value) { append_field(text, name, value); });
  return {digest_of(text)};
}

Result<std::vector<StageInput>> given_inputs(const ResolvedStage& stage, const std::vector<KeyPart>& parts, const Store& store) {
  std::vector<StageInput> inputs;
  for (const auto& part : parts) {
    for (const auto& input : stage.inputs) {
      if (part.name != "input." + input.shape.name) continue;
      StageInput given;
      static_cast<InputShape&>(given) = input.shape;
      TRY_ASSIGN(given.digest, Digest::parse(part.value));
      given.path = input.path.empty() ? store.path_of(given.digest) : input.path;
      if (input.external != nullptr) given.options = input.external->options;
      given.origin = input.origin;
      inputs.push_back(std::move(given));
    }
  }
  return inputs;
}

CacheKey key_of(const std::vector<KeyPart>& parts) {
  std::string text;
  for (const auto& part : parts) append_field(text, part.name, part.value);
  return {digest_of(text)};
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
