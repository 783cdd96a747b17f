// The Hugging Face text-classification pipeline: POST / {"inputs": "..." or ["...", ...], "parameters": {"top_k": 3}}
// -> [[{"label", "score"}, ...], ...], a list for each text, the likeliest label first; all labels unless top_k says how many.
// https://huggingface.co/docs/inference-providers/tasks/text-classification
#include <algorithm>
#include <numeric>

#include "stages/serve/problem.hpp"
#include "stages/serve/protocols/formats.hpp"

namespace mlopsctl::serve::protocols {
namespace {

const Format format{"huggingface", "POST /", &problem};

struct Asked {
  std::vector<std::string> texts;
  size_t top = SIZE_MAX;
};

Result<Asked> read(const Json& body) {
  Asked asked;
  const auto inputs = body.find("inputs");
  if (inputs == body.end()) return config_error("\"inputs\" is missing: expected a text or a list of texts");
  if (inputs->is_string()) {
    asked.texts.push_back(inputs->get<std::string>());
  } else {
    if (!inputs->is_array()) return config_error("\"inputs\" is neither a text nor a list of texts");
    for (size_t i = 0; i < inputs->size(); ++i) {
      if (!(*inputs)[i].is_string()) return config_error("inputs[" + std::to_string(i) + "] is not a text");
      asked.texts.push_back((*inputs)[i].get<std::string>());
    }
  }
  const Json parameters = body.value("parameters", Json());
  if (parameters.is_null()) return asked;
  if (!parameters.is_object()) return config_error("\"parameters\" is not an object");
  const Json top = parameters.value("top_k", Json());
  if (const auto number = whole_number(top); number && *number >= 1) asked.top = static_cast<size_t>(*number);
  else if (!top.is_null()) return config_error("parameters.top_k is " + canonical(top) + "; expected a number of at least 1, or null for all labels");
  const Json function = parameters.value("function_to_apply", Json());
  if (!function.is_null() && function != "softmax")
    return config_error("parameters.function_to_apply is " + canonical(function) +
                        "; this model gives calibrated probabilities: expected \"softmax\", or leave it out");
  return asked;
}

Response write(const Answer& answer, size_t top) {
  const size_t labels = answer.names().size();
  std::vector<size_t> order(labels);
  std::string body = "[";
  for (size_t text = 0; text < answer.labels.size(); ++text) {
    const auto row = answer.row(text);
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return row[a] > row[b]; });
    body += text == 0 ? "[" : ",[";
    for (size_t i = 0; i < std::min(top, labels); ++i) {
      body += i == 0 ? "{\"label\":" : ",{\"label\":";
      append_text(body, answer.names()[order[i]]);
      body += ",\"score\":";
      append_number(body, row[order[i]]);
      body += '}';
    }
    body += ']';
  }
  return json_response(body + "]");
}

void run(Exchange exchange, bool with_nlp_on_eks) {
  int status = 400;
  const auto body = read_object(exchange.request(), status);
  if (!body) return std::move(exchange).refuse(status, body.error().message);
  if (with_nlp_on_eks && body->contains("mytext")) return answer_nlp_on_eks(std::move(exchange), *body);
  auto asked = read(*body);
  if (!asked) return std::move(exchange).refuse(422, asked.error().message);
  std::move(exchange).score(std::move(asked->texts), [top = asked->top](const Answer& answer) { return write(answer, top); });
}

}  // namespace

std::vector<Route> huggingface(const ContextPtr& context, bool with_nlp_on_eks) {
  const Json text = text_schema("the flight was late again");
  Json request = object_schema({{"inputs", {{"anyOf", {text, {{"type", "array"}, {"items", text}, {"maxItems", context->options.most_texts}}}}}},
                                {"parameters",
                                 {{"type", {"object", "null"}},
                                  {"properties",
                                   {{"top_k", {{"type", {"integer", "null"}}, {"minimum", 1}, {"description", "How many labels of each text; null: all."}}},
                                    {"function_to_apply", {{"enum", {"softmax", nullptr}}}}}}}}},
                               {"inputs"});
  const Json label = object_schema({{"label", {{"type", "string"}}}, {"score", {{"type", "number"}, {"minimum", 0}, {"maximum", 1.0001}}}}, {"label", "score"});
  Json answer = {{"type", "array"}, {"items", {{"type", "array"}, {"items", label}}}};
  if (with_nlp_on_eks) {
    request = {{"anyOf", {std::move(request), nlp_on_eks_request()}}};
    answer = {{"anyOf", {std::move(answer), nlp_on_eks_answer()}}};
  }
  return {scoring_route(format, context,
                        operation("classify", "Labels and scores, as Hugging Face's pipeline gives them", std::move(request), std::move(answer)),
                        [with_nlp_on_eks](Exchange exchange, const auto&) { run(std::move(exchange), with_nlp_on_eks); })};
}

}  // namespace mlopsctl::serve::protocols
