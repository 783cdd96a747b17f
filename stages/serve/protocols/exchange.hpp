// What all wire formats share: from a request's texts to its answer, or its refusal in the format's own words.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stages/serve/protocols/protocols.hpp"

namespace mlopsctl::serve::protocols {

struct Context {
  Options options;
  Scorer& scorer;
};
using ContextPtr = std::shared_ptr<const Context>;

// How a format says no. `detail` says what was found and what was expected.
using Refuse = Response (*)(int status, std::string_view detail);

// A wire format on one of its routes; lives as long as the program.
struct Format {
  std::string_view api, route;  // as in Outcome
  Refuse refuse;
};

// What the format's writer is given.
struct Answer {
  const Scored& scored;
  std::span<const int> labels;  // of each text: the index of its label
  const std::vector<std::string>& names() const { return scored.model->model.labels(); }
  const std::string& label(size_t text) const { return names()[static_cast<size_t>(labels[text])]; }
  float confidence(size_t text) const { return row(text)[static_cast<size_t>(labels[text])]; }
  std::span<const float> row(size_t text) const { return std::span(scored.probabilities).subspan(text * names().size(), names().size()); }
};
using Write = std::function<Response(const Answer&)>;
// For formats that have more to do before they answer: calls `reply` once.
using WriteLater = std::function<void(const Answer&, Reply reply)>;

// One request on its way through a format. Made when the format begins to read it.
class Exchange {
 public:
  Exchange(ContextPtr context, const Format& format, const Request& request, Reply reply)
      : context_(std::move(context)), format_(&format), request_(&request), reply_(std::move(reply)), start_(std::chrono::steady_clock::now()) {}

  const Context& context() const { return *context_; }
  const Request& request() const { return *request_; }
  // Each ends the exchange: the answer is given once, with x-model-digest where a model gave it, and the observer is told.
  void score(std::vector<std::string> texts, Write write) &&;
  void score_then(std::vector<std::string> texts, WriteLater write) &&;
  void refuse(int status, std::string_view detail) &&;
  void answer(Response response) &&;

 private:
  // Calls the reply, now or later; returns the status as far as it is known.
  using Deliver = std::function<int(const Answer&, const Reply&)>;
  void submit(std::vector<std::string> texts, Deliver deliver) &&;
  void not_scored(const NotScored& fault, SteadyTime submitted) const;
  void scored(const Scored& scored, SteadyTime submitted, const Deliver& deliver) const;

  ContextPtr context_;
  const Format* format_;
  const Request* request_;  // lives as long as reply_
  Reply reply_;
  SteadyTime start_;
};

// The body as JSON: an object. Else an Error whose message is for the client: it names an offset where the body is no UTF-8, a lone surrogate, or
// what is no JSON. `status` is set to 400 or, for JSON that is no object, 422.
Result<Json> read_object(const Request& request, int& status);
// The key's text. Errors (422) say what is there instead.
Result<std::string> text_of(const Json& object, const char* key);

// A whole number, also where it is written as 3.0; none: it is something else, or beyond 2^53.
std::optional<int64_t> whole_number(const Json& value);

// JSON text, as written by hand where the order of keys is part of the format.
void append_text(std::string& out, std::string_view text);
void append_number(std::string& out, float value);  // the shortest that reads back as the same f32; always with a point or an exponent
Response json_response(std::string body, int status = 200);

// OpenAPI.
Json text_schema(std::string_view example);
Json object_schema(Json properties, std::vector<std::string> required);
// An operation with these schemas of the request and the answer, and the statuses that every scoring route may give as problem details.
Json operation(std::string_view id, std::string_view summary, Json request_schema, Json answer_schema);
Json json_content(Json schema);
// Statuses of refusals, with the schema of a format's own.
void add_refusals(Json& operation, std::string_view media_type, const Json& schema, const std::vector<int>& statuses);

// One of the Format's routes: parses nothing, gives `run` the exchange.
Route scoring_route(const Format& format, ContextPtr context, Json operation, std::function<void(Exchange, const std::map<std::string, std::string>&)> run);

}  // namespace mlopsctl::serve::protocols
