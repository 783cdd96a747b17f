#include "stages/serve/openapi.hpp"

#include <algorithm>

namespace mlopsctl::serve {

namespace {

constexpr std::string_view style = R"CSS(:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
section { border-top: 1px solid #8886; padding: .5rem 0; }
h2 { font-size: 1rem; margin: .5rem 0; }
h2 code { font-size: 1.05rem; }
pre { background: #8882; padding: .75rem; overflow-x: auto; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top; }
)CSS";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

// "POST /v2/models/{model}/infer" -> "post_v2_models_model_infer"
std::string id_of(const Route& route) {
  std::string id = lower(route.method);
  for (const char c : route.path) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) id += c;
    else if (id.back() != '_') id += '_';
  }
  while (id.back() == '_') id.pop_back();
  return id;
}

void add_parameters(Json& operation, std::string_view path) {
  Json& parameters = operation["parameters"];
  if (!parameters.is_array()) parameters = Json::array();
  for (size_t at = 0; (at = path.find('{', at)) != std::string_view::npos; ++at) {
    const std::string name(path.substr(at + 1, path.find('}', at) - at - 1));
    const bool there = std::any_of(parameters.begin(), parameters.end(), [&](const Json& each) { return each.value("name", "") == name; });
    if (!there) parameters.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}, {"minLength", 1}}}});
  }
  if (parameters.empty()) operation.erase("parameters");
}

Json problem_schema() {
  return {
      {"type", "object"},
      {"description", "RFC 9457"},
      {"required", {"type", "title", "status", "detail"}},
      {"properties", {{"type", {{"type", "string"}}}, {"title", {{"type", "string"}}}, {"status", {{"type", "integer"}}}, {"detail", {{"type", "string"}}}}}};
}

Json problem_response() {
  return {{"description", "What went wrong."}, {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
}

// The first example of a request body or a response, or null.
Json example_of(const Json& part) {
  if (!part.is_object() || !part.contains("content")) return nullptr;
  for (const auto& [type, media] : part["content"].items()) {
    if (media.contains("example")) return media["example"];
    if (media.contains("examples") && media["examples"].is_object() && !media["examples"].empty()) return media["examples"].begin()->value("value", Json());
  }
  return nullptr;
}

std::string as_words(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : pretty(value);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string section(const std::string& method, const std::string& path, const Json& operation) {
  std::string out = "<section><h2><code>" + escaped(method) + " " + escaped(path) + "</code> " + escaped(operation.value("summary", "")) + "</h2>\n";
  if (const std::string more = operation.value("description", ""); !more.empty()) out += "<p>" + escaped(more) + "</p>\n";
  if (const Json body = operation.contains("requestBody") ? example_of(operation["requestBody"]) : Json(); !body.is_null())
    out += "<p>Send:</p><pre>" + escaped(as_words(body)) + "</pre>\n";
  if (operation.contains("responses")) {
    out += "<table><tr><th scope=\"col\">Status</th><th scope=\"col\">Answer</th></tr>\n";
    for (const auto& [status, response] : operation["responses"].items()) {
      out += "<tr><td>" + escaped(status == "default" ? "else" : status) + "</td><td>" + escaped(response.value("description", ""));
      if (const Json body = example_of(response); !body.is_null()) out += "<pre>" + escaped(as_words(body)) + "</pre>";
      out += "</td></tr>\n";
    }
    out += "</table>\n";
  }
  return out + "</section>\n";
}

std::string page(const Json& document) {
  const std::string title = escaped(document["info"]["title"].get<std::string>());
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>API of " +
      title + "</title><link rel=\"stylesheet\" href=\"/docs.css\"></head><body><main>\n<h1>API of " + title +
      "</h1>\n"
      "<p>For programs: <a href=\"/openapi.json\">/openapi.json</a> (OpenAPI 3.1).";
  if (document.contains("security")) out += " A key is asked for: send <code>Authorization: Bearer KEY</code> or <code>X-API-Key: KEY</code>.";
  out += "</p>\n";
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(c - ('a' - 'A'));
      out += section(upper, path, operation);
    }
  return out + "</main></body></html>\n";
}

Route fixed(std::string path, std::string content_type, std::string body) {
  Route route;
  route.method = "GET";
  route.path = std::move(path);
  route.audience = Audience::anyone;
  Response response;
  response.content_type = std::move(content_type);
  response.headers = {{"content-security-policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                      {"referrer-policy", "no-referrer"},
                      {"cache-control", "no-cache"}};
  response.body = std::move(body);
  route.run = [response = std::move(response)](const Request&, const std::map<std::string, std::string>&, Reply reply) { reply(response); };
  return route;
}

}  // namespace

Json openapi_document(const std::vector<Route>& routes, const ApiInfo& info) {
  Json document = {{"openapi", "3.1.0"}, {"info", {{"title", info.title}, {"version", info.version}}}, {"paths", Json::object()}};
  document["components"]["schemas"]["Problem"] = problem_schema();
  if (info.keys) {
    document["components"]["securitySchemes"] = {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
                                                 {"key", {{"type", "apiKey"}, {"in", "header"}, {"name", "x-api-key"}}}};
    document["security"] = Json::array({{{"bearer", Json::array()}}, {{"key", Json::array()}}});
  }
  for (const auto& route : routes) {
    if (route.operation.empty()) continue;
    Json operation = route.operation;
    add_parameters(operation, route.path);
    if (!operation.contains("operationId")) operation["operationId"] = id_of(route);
    if (!operation["responses"].contains("default")) operation["responses"]["default"] = problem_response();
    if (info.keys && route.audience == Audience::anyone) operation["security"] = Json::array();
    document["paths"][route.path][lower(route.method)] = std::move(operation);
  }
  return document;
}

std::vector<Route> openapi_routes(const Json& document) {
  std::vector<Route> routes;
  routes.push_back(fixed("/openapi.json", "application/json", pretty(document)));
  routes.push_back(fixed("/docs", "text/html; charset=utf-8", page(document)));
  routes.push_back(fixed("/docs.css", "text/css; charset=utf-8", std::string(style)));
  return routes;
}

}  // namespace mlopsctl::serve
