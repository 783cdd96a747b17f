// nlp-on-eks: POST / {"mytext"} -> the label as a bare JSON string; GET / a greeting.
#include "stages/serve/problem.hpp"
#include "stages/serve/protocols/formats.hpp"

namespace mlopsctl::serve::protocols {

Json nlp_on_eks_request() { return object_schema({{"mytext", text_schema("a moving film")}}, {"mytext"}); }
Json nlp_on_eks_answer() { return {{"type", "string"}, {"description", "The label."}}; }

void answer_nlp_on_eks(Exchange exchange, const Json& body) {
  auto text = text_of(body, "mytext");
  if (!text) return std::move(exchange).refuse(422, text.error().message);
  std::move(exchange).score({std::move(*text)}, [](const Answer& answer) {
    std::string label;
    append_text(label, answer.label(0));
    return json_response(std::move(label));
  });
}

Route nlp_on_eks_greeting(const ContextPtr&) {
  Route route;
  route.method = "GET";
  route.path = "/";
  route.audience = Audience::anyone;
  route.operation = {{"operationId", "greet"},
                     {"summary", "A greeting"},
                     {"tags", {"predictions"}},
                     {"responses", {{"200", {{"description", "How to ask."}, {"content", {{"text/plain", {{"schema", {{"type", "string"}}}}}}}}}}}};
  route.run = [](const Request&, const std::map<std::string, std::string>&, const Reply& reply) {
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = "Hello! Send POST / with {\"mytext\": \"...\"} to learn the label of a text.\n";
    reply(std::move(response));
  };
  return route;
}

}  // namespace mlopsctl::serve::protocols
