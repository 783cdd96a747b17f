// OpenAPI 3.1 operations of the wire formats.
#include "stages/serve/protocols/exchange.hpp"

namespace mlopsctl::serve::protocols {

Json json_content(Json schema) { return {{"application/json", {{"schema", std::move(schema)}}}}; }

Json text_schema(std::string_view example) { return {{"type", "string"}, {"examples", {example}}}; }

Json object_schema(Json properties, std::vector<std::string> required) {
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}

void add_refusals(Json& operation, std::string_view media_type, const Json& schema, const std::vector<int>& statuses) {
  const auto words = [](int status) -> std::string {
    switch (status) {
      case 400:
        return "The body is not JSON, not UTF-8, or holds half a character.";
      case 404:
        return "There is no such model or version.";
      case 422:
        return "The JSON is not what this format asks for.";
      case 500:
        return "The model could not score the texts.";
      case 503:
        return "Too many texts wait already, or the server is going down.";
      default:
        return "The request's time was over before it was scored.";
    }
  };
  for (const int status : statuses)
    operation["responses"][std::to_string(status)] = {{"description", words(status)}, {"content", {{std::string(media_type), {{"schema", schema}}}}}};
}

Json operation(std::string_view id, std::string_view summary, Json request_schema, Json answer_schema) {
  Json made = {{"operationId", id},
               {"summary", summary},
               {"tags", {"predictions"}},
               {"requestBody", {{"required", true}, {"content", json_content(std::move(request_schema))}}},
               {"responses",
                {{"200",
                  {{"description", "The model's answer."},
                   {"headers", {{"x-model-digest", {{"description", "The digest of the model that answered."}, {"schema", {{"type", "string"}}}}}}},
                   {"content", json_content(std::move(answer_schema))}}}}}};
  const Json problem =
      object_schema({{"type", {{"type", "string"}}}, {"title", {{"type", "string"}}}, {"status", {{"type", "integer"}}}, {"detail", {{"type", "string"}}}},
                    {"type", "title", "status", "detail"});
  add_refusals(made, "application/problem+json", problem, {400, 422, 500, 503, 504});
  return made;
}

}  // namespace mlopsctl::serve::protocols
