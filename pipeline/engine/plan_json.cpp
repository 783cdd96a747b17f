#include "pipeline/engine/plan_json.hpp"

namespace mlopsctl::engine {

Json to_json(const std::vector<Artifact>& artifacts) {
  Json list = Json::array();
  for (const auto& artifact : artifacts)
    list.push_back({{"name", artifact.name}, {"type", artifact.type}, {"digest", artifact.digest.str()}, {"size", artifact.size}});
  return list;
}

Json to_json(const std::vector<KeyPart>& parts) {
  Json list = Json::array();
  for (const auto& part : parts) list.push_back({{"name", part.name}, {"value", part.value}});
  return list;
}

Json to_json(const std::vector<Reason>& reasons) {
  Json list = Json::array();
  for (const auto& reason : reasons) list.push_back({{"what", reason.what}, {"old", reason.old_value}, {"new", reason.new_value}, {"text", to_string(reason)}});
  return list;
}

Result<Json> parse_own(std::string_view text, std::string_view what) {
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (json.is_discarded()) return stage_error(std::string(what) + " cannot be read: it is no JSON");
  return json;
}

std::vector<Artifact> artifacts_from_json(const Json& json) {
  std::vector<Artifact> artifacts;
  for (const auto& item : json)
    artifacts.push_back(
        {item.at("name").get<std::string>(), item.at("type").get<std::string>(), digest_from_json(item.at("digest")), item.at("size").get<uint64_t>()});
  return artifacts;
}

std::vector<KeyPart> parts_from_json(const Json& json) {
  std::vector<KeyPart> parts;
  for (const auto& item : json) parts.push_back({item.at("name").get<std::string>(), item.at("value").get<std::string>()});
  return parts;
}

std::vector<Reason> reasons_from_json(const Json& json) {
  std::vector<Reason> reasons;
  for (const auto& item : json) reasons.push_back({item.at("what").get<std::string>(), item.at("old").get<std::string>(), item.at("new").get<std::string>()});
  return reasons;
}

Digest digest_from_json(const Json& json) {
  auto digest = Digest::parse(json.get<std::string>());
  if (!digest) throw Json::other_error::create(501, digest.error().message, &json);
  return *digest;
}

}  // namespace mlopsctl::engine
