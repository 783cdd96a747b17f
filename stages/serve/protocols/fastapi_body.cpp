#include "stages/serve/protocols/fastapi_body.hpp"

namespace mlopsctl::serve::protocols {
namespace {

constexpr size_t most_echoed = 65536;

// `where`: a JSON list. `input` is told back, unless it is huge; `context`: what comes after it, or "".
Response invalid(std::string_view type, std::string_view where, std::string_view message, const std::string& input, const std::string& context = "") {
  std::string body = "{\"detail\":[{\"type\":\"";
  body.append(type).append("\",\"loc\":").append(where).append(",\"msg\":\"").append(message).append("\",\"input\":");
  body.append(input.size() > most_echoed ? "null" : input).append(context).append("}]}");
  return json_response(std::move(body), 422);
}

}  // namespace

Response fastapi_refusal(int status, std::string_view detail) {
  std::string body = "{\"detail\":";
  append_text(body, detail);
  return json_response(body + "}", status);
}

FastapiText fastapi_text(const Request& request) {
  if (request.body.empty()) return {"", invalid("missing", R"(["body"])", "Field required", "null")};
  int status = 400;
  const auto body = read_object(request, status);
  if (!body && status == 422) {
    const std::string input = canonical(parse_json(request.body, "the body").value());
    return {"", invalid("model_attributes_type", R"(["body"])", "Input should be a valid dictionary or object to extract fields from", input)};
  }
  if (!body) {
    std::string context = ",\"ctx\":{\"error\":";
    append_text(context, body.error().message);
    return {"", invalid("json_invalid", R"(["body",0])", "JSON decode error", "{}", context + "}")};
  }
  const auto text = body->find("text");
  if (text == body->end()) return {"", invalid("missing", R"(["body","text"])", "Field required", canonical(*body))};
  if (!text->is_string()) return {"", invalid("string_type", R"(["body","text"])", "Input should be a valid string", canonical(*text))};
  return {text->get<std::string>()};
}

void use_fastapi_refusals(Json& operation) {
  for (const char* status : {"400", "500", "503", "504"})
    operation["responses"][status]["content"] = json_content(object_schema({{"detail", {{"type", "string"}}}}, {"detail"}));
  const Json place = {{"type", "array"}, {"items", {{"type", {"string", "integer"}}}}};
  const Json fault = object_schema({{"type", {{"type", "string"}}}, {"loc", place}, {"msg", {{"type", "string"}}}}, {"type", "loc", "msg"});
  operation["responses"]["422"]["content"] = json_content(object_schema({{"detail", {{"type", "array"}, {"items", fault}}}}, {"detail"}));
}

}  // namespace mlopsctl::serve::protocols
