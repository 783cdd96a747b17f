// gke-twitter: POST /sentiment_analysis {"id", "tweet_content"} -> {"db_update_status", "result"}; the verdict is stored with the tweet of that id,
// which /insert_tweet_data gave as text. db_update_status is the status that /update_tweet_sentiment would have answered with.
#include "stages/serve/problem.hpp"
#include "stages/serve/protocols/formats.hpp"

namespace mlopsctl::serve::protocols {
namespace {

const Format format{"gke-twitter", "POST /sentiment_analysis", &problem};

Response write(const std::string& label, bool stored) {
  std::string body = std::string("{\"db_update_status\":") + (stored ? "200" : "500") + ",\"result\":";
  append_text(body, label);
  return json_response(body + "}\n");  // Flask sorts the keys and ends its JSON so
}

void run(Exchange exchange) {
  int status = 400;
  const auto body = read_object(exchange.request(), status);
  if (!body) return std::move(exchange).refuse(status, body.error().message);
  const auto id = body->find("id");
  if (id == body->end()) return std::move(exchange).refuse(422, "\"id\" is missing");
  const auto number = whole_number(*id);
  if (!number && !id->is_string()) return std::move(exchange).refuse(422, "\"id\" is " + canonical(*id).substr(0, 40) + "; expected the id of a stored tweet");
  auto text = text_of(*body, "tweet_content");
  if (!text) return std::move(exchange).refuse(422, text.error().message);
  const auto& store = exchange.context().options.store_sentiment;
  if (!store) {
    std::move(exchange).score({std::move(*text)}, [](const Answer& answer) { return write(answer.label(0), false); });
    return;
  }
  std::move(exchange).score_then(
      {std::move(*text)}, [&store, tweet = number ? std::to_string(*number) : id->get<std::string>()](const Answer& answer, Reply reply) {
        store(tweet, answer.label(0), [reply = std::move(reply), label = answer.label(0)](bool stored) { reply(write(label, stored)); });
      });
}

}  // namespace

std::vector<Route> gke_twitter(const ContextPtr& context) {
  return {scoring_route(format, context,
                        operation("sentiment_analysis", "The sentiment of a stored tweet, stored with it",
                                  object_schema({{"id", {{"type", {"string", "integer"}}, {"minimum", -9007199254740992}, {"maximum", 9007199254740992}}},
                                                 {"tweet_content", text_schema("so happy today")}},
                                                {"id", "tweet_content"}),
                                  object_schema({{"result", {{"type", "string"}}}, {"db_update_status", {{"type", "integer"}, {"enum", {200, 500}}}}},
                                                {"result", "db_update_status"})),
                        [](Exchange exchange, const auto&) { run(std::move(exchange)); })};
}

}  // namespace mlopsctl::serve::protocols
