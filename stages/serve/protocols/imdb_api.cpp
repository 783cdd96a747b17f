// imdb-api: POST /predict {"text"} -> {"sentiment", "confidence"}; a blank text is refused with 400 {"detail": "Text cannot be empty"}.
// Its GET /health {"status": "ok"} is the server's own.
#include "stages/serve/protocols/fastapi_body.hpp"
#include "stages/serve/protocols/formats.hpp"
#include "stages/text/unicode.hpp"

namespace mlopsctl::serve::protocols {
namespace {

const Format format{"imdb-api", "POST /predict", &fastapi_refusal};

// As Python's str.strip() sees it.
bool is_blank(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto point = text::decode(text, at);
    if (!text::is_space(point.code)) return false;
    at += point.bytes;
  }
  return true;
}

void run(Exchange exchange) {
  auto asked = fastapi_text(exchange.request());
  if (asked.refusal) return std::move(exchange).answer(std::move(*asked.refusal));
  if (is_blank(asked.text)) return std::move(exchange).refuse(400, "Text cannot be empty");
  std::move(exchange).score({std::move(asked.text)}, [](const Answer& answer) {
    std::string body = "{\"sentiment\":";
    append_text(body, answer.label(0));
    body += ",\"confidence\":";
    append_number(body, answer.confidence(0));
    return json_response(body + "}");
  });
}

}  // namespace

std::vector<Route> imdb_api(const ContextPtr& context) {
  Json text = text_schema("a wonderful film");
  text["pattern"] = R"([^\s\x1c-\x1f\x85])";  // not blank
  Json made = operation("predict", "The sentiment of a text, and how sure the model is", object_schema({{"text", std::move(text)}}, {"text"}),
                        object_schema({{"sentiment", {{"type", "string"}}}, {"confidence", {{"type", "number"}}}}, {"sentiment", "confidence"}));
  use_fastapi_refusals(made);
  return {scoring_route(format, context, std::move(made), [](Exchange exchange, const auto&) { run(std::move(exchange)); })};
}

}  // namespace mlopsctl::serve::protocols
