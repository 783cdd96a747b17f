// sentiment140-k8s: POST /predict and POST /classify {"text"} -> {"predicted class", "confidence"}.
#include "stages/serve/protocols/fastapi_body.hpp"
#include "stages/serve/protocols/formats.hpp"

namespace mlopsctl::serve::protocols {
namespace {

const Format predict{"sentiment140-k8s", "POST /predict", &fastapi_refusal}, classify{"sentiment140-k8s", "POST /classify", &fastapi_refusal};

void run(Exchange exchange) {
  auto asked = fastapi_text(exchange.request());
  if (asked.refusal) return std::move(exchange).answer(std::move(*asked.refusal));
  std::move(exchange).score({std::move(asked.text)}, [](const Answer& answer) {
    std::string body = "{\"predicted class\":";
    append_text(body, answer.label(0));
    body += ",\"confidence\":";
    append_number(body, answer.confidence(0));
    return json_response(body + "}");
  });
}

}  // namespace

std::vector<Route> sentiment140_k8s(const ContextPtr& context) {
  std::vector<Route> routes;
  for (const Format* format : {&predict, &classify}) {
    Json made = operation(format == &predict ? "predict" : "classify_text", "The class of a text, and how sure the model is",
                          object_schema({{"text", text_schema("what a day!")}}, {"text"}),
                          object_schema({{"predicted class", {{"type", "string"}}}, {"confidence", {{"type", "number"}}}}, {"predicted class", "confidence"}));
    use_fastapi_refusals(made);
    routes.push_back(scoring_route(*format, context, std::move(made), [](Exchange exchange, const auto&) { run(std::move(exchange)); }));
  }
  return routes;
}

}  // namespace mlopsctl::serve::protocols
