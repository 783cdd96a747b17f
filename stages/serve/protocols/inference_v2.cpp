// The Open Inference Protocol, version 2, over REST: health, metadata and inference, as KServe and Triton clients speak it.
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
#include "stages/serve/protocols/formats.hpp"
#include "stages/serve/protocols/inference_tensors.hpp"

namespace mlopsctl::serve::protocols {
namespace {

Response refusal(int status, std::string_view detail) {
  std::string body = "{\"error\":";
  append_text(body, detail);
  return json_response(body + "}", status);
}

const Format infer{"inference-v2", "POST /v2/models/{model}/infer", &refusal},
    infer_version{"inference-v2", "POST /v2/models/{model}/versions/{version}/infer", &refusal};

using Parameters = std::map<std::string, std::string>;

// Why the model that was asked for is not the one that answers; "": it is.
std::string other_model(const LiveModel& live, const Parameters& asked) {
  if (const auto name = asked.find("model"); name != asked.end() && name->second != live.name)
    return "there is no model \"" + name->second + "\"; this server has \"" + live.name + "\"";
  if (const auto version = asked.find("version"); version != asked.end() && version->second != live.version)
    return "there is no version \"" + version->second + "\" of " + live.name + "; this server has \"" + live.version + "\"";
  return "";
}

void run(Exchange exchange, const Parameters& parameters) {
  if (const auto other = other_model(*exchange.context().scorer.current(), parameters); !other.empty()) return std::move(exchange).refuse(404, other);
  auto asked = read_inference(exchange.request());
  if (!asked) return std::move(exchange).refuse(400, asked.error().message);
  auto texts = std::move(asked->texts);
  std::move(exchange).score(std::move(texts), [asked = std::move(*asked)](const Answer& answer) { return write_inference(asked, answer); });
}

Json refusal_schema() { return object_schema({{"error", {{"type", "string"}}}}, {"error"}); }

Json tensor(Json extra, std::vector<std::string> required) {
  Json properties = {
      {"name", {{"type", "string"}}}, {"datatype", {{"type", "string"}}}, {"shape", {{"type", "array"}, {"items", {{"type", "integer"}, {"minimum", -1}}}}}};
  properties.update(extra);
  return object_schema(std::move(properties), std::move(required));
}

Json path_parameters(std::string_view path, const LiveModel& live) {
  Json list = Json::array();
  const auto add = [&](const std::string& name, const std::string& value) {
    if (path.find("{" + name + "}") == std::string_view::npos) return;
    list.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}, {"minLength", 1}}}, {"example", value}});
  };
  add("model", live.name);
  add("version", live.version);
  return list;
}

Json infer_operation(const Format& format, size_t most_texts, const LiveModel& live) {
  Json input = tensor({{"name", {{"const", "text"}}},
                       {"datatype", {{"const", "BYTES"}}},
                       {"shape", {{"type", "array"}, {"items", {{"type", "integer"}, {"minimum", 0}, {"maximum", 1'000'000}}}, {"minItems", 1}}},
                       {"data", {{"type", "array"}, {"items", {{"type", {"string", "array"}}}}, {"maxItems", most_texts}}}},
                      {"name", "datatype", "shape", "data"});
  const Json output = object_schema({{"name", {{"enum", {"label", "confidence", "probabilities"}}}}}, {"name"});
  Json request = object_schema({{"id", {{"type", {"string", "null"}}}},
                                {"inputs", {{"type", "array"}, {"items", input}, {"minItems", 1}, {"maxItems", 1}}},
                                {"outputs", {{"type", {"array", "null"}}, {"items", output}}}},
                               {"inputs"});
  const Json answer = object_schema({{"model_name", {{"type", "string"}}},
                                     {"model_version", {{"type", "string"}}},
                                     {"id", {{"type", "string"}}},
                                     {"outputs", {{"type", "array"}, {"items", tensor({{"data", {{"type", "array"}}}}, {"name", "datatype", "shape"})}}}},
                                    {"model_name", "outputs"});
  const bool version = &format == &infer_version;
  Json made = operation(version ? "infer_version" : "infer", "Labels and probabilities, by the Open Inference Protocol", std::move(request), answer);
  made["parameters"] = path_parameters(format.route, live);
  add_refusals(made, "application/json", refusal_schema(), {400, 404, 422, 500, 503, 504});
  return made;
}

// A GET route about the model that answers. `make` may give a refusal.
Route about(const ContextPtr& context, std::string path, std::string_view id, std::string_view summary, Json answer,
            std::function<Response(const Context&, const LiveModel&)> make, bool probe = false) {
  Route route;
  route.method = "GET";
  route.path = std::move(path);
  route.audience = probe ? Audience::anyone : Audience::users;
  route.operation = {{"operationId", id},
                     {"summary", summary},
                     {"tags", {"models"}},
                     {"responses", {{"200", {{"description", "The answer."}, {"content", json_content(std::move(answer))}}}}}};
  if (Json parameters = path_parameters(route.path, *context->scorer.current()); !parameters.empty()) {
    route.operation["parameters"] = std::move(parameters);
    add_refusals(route.operation, "application/json", refusal_schema(), {404});
  }
  route.run = [context, make = std::move(make)](const Request&, const Parameters& parameters, const Reply& reply) {
    const auto live = context->scorer.current();
    if (const auto other = other_model(*live, parameters); !other.empty()) return reply(refusal(404, other));
    Response response = make(*context, *live);
    response.headers.push_back({"x-model-digest", live->digest.str()});
    reply(std::move(response));
  };
  return route;
}

Response server_metadata(const Context&, const LiveModel&) {
  return json_response(canonical({{"name", "mlopsctl"}, {"version", MLOPSCTL_VERSION}, {"extensions", {"binary_tensor_data"}}}));
}

Response model_metadata(const Context&, const LiveModel& live) {
  return json_response(canonical({{"name", live.name},
                                  {"versions", {live.version}},
                                  {"platform", "mlopsctl_" + live.model.description().value("type", "")},
                                  {"inputs", input_tensors()},
                                  {"outputs", output_tensors(live.model.labels().size())}}));
}

Response model_ready(const Context& context, const LiveModel& live) {
  const bool ready = !context.options.ready || context.options.ready();
  return json_response(canonical({{"name", live.name}, {"ready", ready}}), ready ? 200 : 503);
}

Response server_ready(const Context& context, const LiveModel&) {
  const bool ready = !context.options.ready || context.options.ready();
  return json_response(canonical({{"ready", ready}}), ready ? 200 : 503);
}

}  // namespace

std::vector<Route> inference_v2(const ContextPtr& context) {
  const Json text = {{"type", "string"}}, yes = {{"type", "boolean"}};
  const Json tensors = {{"type", "array"}, {"items", tensor(Json::object(), {"name", "datatype", "shape"})}};
  const Json metadata =
      object_schema({{"name", text}, {"versions", {{"type", "array"}, {"items", text}}}, {"platform", text}, {"inputs", tensors}, {"outputs", tensors}},
                    {"name", "platform", "inputs", "outputs"});
  std::vector<Route> routes;
  routes.push_back(
      about(context, "/v2", "server_metadata", "What server this is",
            object_schema({{"name", text}, {"version", text}, {"extensions", {{"type", "array"}, {"items", text}}}}, {"name", "version", "extensions"}),
            &server_metadata));
  routes.push_back(about(
      context, "/v2/health/live", "server_live", "Whether the server lives", object_schema({{"live", yes}}, {"live"}),
      [](const Context&, const LiveModel&) {
        return json_response(canonical({{"live", true}}));
      },
      true));
  routes.push_back(
      about(context, "/v2/health/ready", "server_ready", "Whether the server takes requests", object_schema({{"ready", yes}}, {"ready"}), &server_ready, true));
  routes.back().operation["responses"]["503"] = routes.back().operation["responses"]["200"];
  for (const bool version : {false, true}) {
    const std::string path = version ? "/v2/models/{model}/versions/{version}" : "/v2/models/{model}", suffix = version ? "_version" : "";
    routes.push_back(about(context, path, "model_metadata" + suffix, "What goes into the model and comes out", metadata, &model_metadata));
    routes.push_back(about(context, path + "/ready", "model_ready" + suffix, "Whether the model takes requests",
                           object_schema({{"name", text}, {"ready", yes}}, {"name", "ready"}), &model_ready, true));
    routes.back().operation["responses"]["503"] = routes.back().operation["responses"]["200"];
    const Format& format = version ? infer_version : infer;
    routes.push_back(scoring_route(format, context, infer_operation(format, context->options.most_texts, *context->scorer.current()),
                                   [](Exchange exchange, const Parameters& parameters) { run(std::move(exchange), parameters); }));
  }
  return routes;
}

}  // namespace mlopsctl::serve::protocols
