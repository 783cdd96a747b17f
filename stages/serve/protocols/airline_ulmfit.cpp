// airline-ulmfit: POST /predict {"text"} -> the label as a bare JSON string.
#include "stages/serve/problem.hpp"
#include "stages/serve/protocols/formats.hpp"

namespace mlopsctl::serve::protocols {
namespace {

const Format format{"airline-ulmfit", "POST /predict", &problem};

void run(Exchange exchange) {
  int status = 400;
  const auto body = read_object(exchange.request(), status);
  if (!body) return std::move(exchange).refuse(status, body.error().message);
  auto text = text_of(*body, "text");
  if (!text) return std::move(exchange).refuse(422, text.error().message);
  std::move(exchange).score({std::move(*text)}, [](const Answer& answer) {
    std::string label;
    append_text(label, answer.label(0));
    return json_response(std::move(label));
  });
}

}  // namespace

std::vector<Route> airline_ulmfit(const ContextPtr& context) {
  return {scoring_route(format, context,
                        operation("predict", "The label of a text", object_schema({{"text", text_schema("thanks for the upgrade!")}}, {"text"}),
                                  {{"type", "string"}, {"description", "The label."}}),
                        [](Exchange exchange, const auto&) { run(std::move(exchange)); })};
}

}  // namespace mlopsctl::serve::protocols
