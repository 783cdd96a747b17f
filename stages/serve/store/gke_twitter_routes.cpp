// The routes of the tweets' collection as the system "gke-twitter" has them: keys, statuses and texts are its own.
#include "stages/serve/store/routes.hpp"

namespace mlopsctl::serve::store {

namespace {

Response answer(int status, const char* key, const std::string& text) {
  Response response;
  response.status = status;
  response.body = canonical({{key, text}}) + "\n";  // Flask ends its JSON so
  return response;
}

Response refused() { return answer(500, "result", "internal server error"); }

// The value of a key; null, and `reply` has been told as that system tells it, where there is none.
const Json* value_of(const Json& body, const char* key, const Reply& reply) {
  if (body.is_object())
    if (const auto found = body.find(key); found != body.end()) return &*found;
  reply(answer(500, "error", "'" + std::string(key) + "'"));
  return nullptr;
}

Result<Json> body_of(const Request& request, const Reply& reply) {
  auto body = parse_json(request.body, "the body");
  if (!body) reply(answer(500, "error", "400 Bad Request: The browser (or proxy) sent a request that this server could not understand."));
  return body;
}

void insert(Workers& workers, const Request& request, const Reply& reply) {
  const auto body = body_of(request, reply);
  if (!body) return;
  const Json* const user = value_of(*body, "user_id", reply);
  if (user == nullptr) return;
  const Json* const content = value_of(*body, "tweet_content", reply);
  if (content == nullptr) return;
  if (!user->is_string() || !content->is_string()) return reply(refused());
  workers.submit({request.deadline,
                  [reply, user = user->get<std::string>(), content = content->get<std::string>()](Store& store) -> Status {
                    TRY_ASSIGN(const int64_t id, store.add_tweet(user, content, milliseconds_now()));
                    reply(answer(200, "result", std::to_string(id)));
                    return {};
                  },
                  [reply](const Error&) { reply(refused()); }});
}

void update(Workers& workers, const Request& request, const Reply& reply) {
  const auto body = body_of(request, reply);
  if (!body) return;
  const Json* const id = value_of(*body, "u_id", reply);
  if (id == nullptr) return;
  const Json* const sentiment = value_of(*body, "sentiment_value", reply);
  if (sentiment == nullptr) return;
  if (!sentiment->is_string()) return reply(answer(500, "error", "sentiment_value must be a text"));
  const auto number = id->is_string()           ? tweet_id(id->get_ref<const std::string&>())
                      : id->is_number_integer() ? std::optional(id->get<int64_t>())
                                                : std::nullopt;
  if (!number) return reply(answer(500, "result", "Record not found"));
  workers.submit({request.deadline,
                  [reply, id = *number, sentiment = sentiment->get<std::string>()](Store& store) -> Status {
                    TRY_ASSIGN(const bool found, store.set_sentiment(id, sentiment));
                    reply(found ? answer(200, "result", "Data updated successfully") : answer(500, "result", "Record not found"));
                    return {};
                  },
                  [reply](const Error&) { reply(answer(500, "error", "the store cannot be reached")); }});
}

Json operation(const char* summary, const char* first, const char* second, const char* result) {
  const Json text = {{"type", "string"}};
  const auto answer_with = [&](const char* description, const char* key) {
    return Json{{"description", description}, {"content", {{"application/json", {{"schema", {{"type", "object"}, {"properties", {{key, text}}}}}}}}}};
  };
  return {{"summary", summary},
          {"requestBody",
           {{"required", true},
            {"content",
             {{"application/json", {{"schema", {{"type", "object"}, {"required", {first, second}}, {"properties", {{first, text}, {second, text}}}}}}}}}}},
          {"responses", {{"200", answer_with(result, "result")}, {"500", answer_with("Refused, or the store cannot be reached", "error")}}}};
}

Route post(const char* path, Json operation, void (*run)(Workers&, const Request&, const Reply&), Workers& workers) {
  Route route;
  route.method = "POST";
  route.path = path;
  route.operation = std::move(operation);
  route.run = [run, &workers](const Request& request, const std::map<std::string, std::string>&, Reply reply) { run(workers, request, reply); };
  return route;
}

}  // namespace

std::vector<Route> gke_twitter_routes(Workers& workers) {
  std::vector<Route> routes;
  routes.push_back(post("/insert_tweet_data", operation("Keep a tweet", "user_id", "tweet_content", "The tweet's id"), insert, workers));
  routes.push_back(post("/update_tweet_sentiment", operation("Keep the sentiment of a tweet", "u_id", "sentiment_value", "Done"), update, workers));
  Route home;
  home.method = "GET";
  home.path = "/home";
  home.operation = {{"summary", "A greeting"}, {"responses", {{"200", {{"description", "A greeting"}, {"content", {{"text/html", Json::object()}}}}}}}};
  home.run = [](const Request&, const std::map<std::string, std::string>&, Reply reply) {
    Response response;
    response.content_type = "text/html; charset=utf-8";
    response.body = "Hello World!!";
    reply(std::move(response));
  };
  routes.push_back(std::move(home));
  return routes;
}

}  // namespace mlopsctl::serve::store
