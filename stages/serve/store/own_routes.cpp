#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/list_of.hpp"
#include "stages/serve/problem.hpp"
#include "stages/serve/store/routes.hpp"

namespace mlopsctl::serve::store {

namespace {

constexpr int64_t usual_page = 100, longest_page = 1000;

std::optional<int64_t> integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The value of `name` in "a=1&b=2"; none: it is not there.
std::optional<std::string_view> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) return pair.substr(name.size() + 1);
  }
  return std::nullopt;
}

// What a store's error is to the caller. Its words are for the log of the server's owner, not for callers.
Response unavailable() {
  Response response = problem(503, "the store cannot be reached now");
  response.headers.push_back({"retry-after", "1"});
  return response;
}

Response json(const Json& body) {
  Response response;
  response.body = canonical(body);
  return response;
}

Json to_json(const TweetPage& page) {
  Json tweets = Json::array();
  for (const Tweet& tweet : page.tweets)
    tweets.push_back({{"id", std::to_string(tweet.id)},
                      {"user_id", tweet.user_id},
                      {"tweet_content", tweet.tweet_content},
                      {"created_at", rfc3339(TimePoint(std::chrono::milliseconds(tweet.created_at)))},
                      {"sentiment", tweet.sentiment ? Json(*tweet.sentiment) : Json()}});
  return {{"tweets", std::move(tweets)}, {"total", page.total}};
}

Json tweets_operation() {
  const Json text = {{"type", "string"}};
  const Json tweet = {{"type", "object"},
                      {"required", {"id", "user_id", "tweet_content", "created_at", "sentiment"}},
                      {"properties",
                       {{"id", text},
                        {"user_id", text},
                        {"tweet_content", text},
                        {"created_at", {{"type", "string"}, {"format", "date-time"}}},
                        {"sentiment", {{"type", {"string", "null"}}}}}}};
  const auto number = [](const char* name, const char* description, Json schema) {
    return Json{{"name", name}, {"in", "query"}, {"required", false}, {"description", description}, {"schema", std::move(schema)}};
  };
  return {{"summary", "The tweets that are kept, in the order in which they came"},
          {"parameters",
           {number("limit", "how many at most", {{"type", "integer"}, {"minimum", 1}, {"maximum", longest_page}, {"default", usual_page}}),
            number("after", "only those that came after the tweet with this id", {{"type", "integer"}, {"minimum", 0}, {"default", 0}})}},
          {"responses",
           {{"200",
             {{"description", "A page of tweets"},
              {"content",
               {{"application/json",
                 {{"schema",
                   {{"type", "object"},
                    {"required", {"tweets", "total"}},
                    {"properties", {{"tweets", {{"type", "array"}, {"items", tweet}}}, {"total", {{"type", "integer"}}}}}}}}}}}}},
            {"400", {{"description", "A parameter cannot be read"}}},
            {"503", {{"description", "The store cannot be reached"}}}}}};
}

Json feedback_operation(const std::vector<std::string>& labels) {
  Json label = {{"type", "string"}, {"minLength", 1}};
  if (!labels.empty()) label["enum"] = labels;
  return {{"summary", "Say what a prediction should have been"},
          {"requestBody",
           {{"required", true},
            {"content",
             {{"application/json",
               {{"schema",
                 {{"type", "object"},
                  {"required", {"prediction_id", "label"}},
                  {"properties",
                   {{"prediction_id",
                     {{"type", "string"}, {"minLength", 1}, {"description", "x-request-id of the answer; with .N for the Nth text of several, from 0"}}},
                    {"label", std::move(label)}}}}}}}}}}},
          {"responses",
           {{"201", {{"description", "Kept; it replaces what the same caller said before"}}},
            {"400", {{"description", "The body cannot be read, or the label is none of the model's"}}},
            {"404", {{"description", "No such prediction was recorded"}}},
            {"503", {{"description", "The store cannot be reached"}}}}}};
}

// The text of a key of the body; none: it is not there, or not text, and `reply` has been told.
std::optional<std::string> text_of(const Json& body, const char* key, const Reply& reply) {
  const auto found = body.is_object() ? body.find(key) : body.end();
  if (body.is_object() && found != body.end() && found->is_string() && !found->get_ref<const std::string&>().empty()) return found->get<std::string>();
  reply(problem(400, "the body must be an object with the texts \"prediction_id\" and \"label\"; \"" + std::string(key) + "\" is missing, empty or no text"));
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> tweet_id(std::string_view text) {
  const auto id = integer(text);
  return id && *id > 0 && text.front() != '0' ? id : std::nullopt;
}

std::vector<Route> own_routes(Workers& workers, std::function<std::vector<std::string>()> labels, std::function<void()> settle) {
  Route tweets;
  tweets.method = "GET";
  tweets.path = "/tweets";
  tweets.operation = tweets_operation();
  tweets.run = [&workers](const Request& request, const std::map<std::string, std::string>&, Reply reply) {
    const auto read = [&](std::string_view name, int64_t otherwise, int64_t least, int64_t most) -> std::optional<int64_t> {
      const auto text = parameter(request.query, name);
      if (!text) return otherwise;
      const auto value = integer(*text);
      return value && *value >= least && *value <= most ? value : std::nullopt;
    };
    const auto limit = read("limit", usual_page, 1, longest_page), after = read("after", 0, 0, std::numeric_limits<int64_t>::max());
    if (!limit) return reply(problem(400, "limit must be a whole number from 1 to " + std::to_string(longest_page)));
    if (!after) return reply(problem(400, "after must be the id of a tweet, a whole number"));
    workers.submit({request.deadline,
                    [reply, limit = *limit, after = *after](Store& store) -> Status {
                      TRY_ASSIGN(const TweetPage page, store.tweets(after, limit));
                      reply(json(to_json(page)));
                      return {};
                    },
                    [reply](const Error&) { reply(unavailable()); }});
  };

  Route feedback;
  feedback.method = "POST";
  feedback.path = "/feedback";
  feedback.operation = feedback_operation(labels ? labels() : std::vector<std::string>());
  feedback.run = [&workers, labels = std::move(labels), settle = std::move(settle)](const Request& request, const std::map<std::string, std::string>&,
                                                                                    Reply reply) {
    const auto body = parse_json(request.body, "the body");
    if (!body) return reply(problem(400, body.error().message));
    const auto id = text_of(*body, "prediction_id", reply);
    if (!id) return;
    const auto label = text_of(*body, "label", reply);
    if (!label) return;
    if (labels) {
      const auto known = labels();
      if (std::find(known.begin(), known.end(), *label) == known.end())
        return reply(problem(400, "the model has no label \"" + *label + "\"; it has " + list_of(known)));
    }
    workers.submit({request.deadline,
                    [reply, settle, id = *id, label = *label, source = request.client](Store& store) -> Status {
                      const int64_t now = milliseconds_now();
                      TRY_ASSIGN(bool kept, store.add_feedback(id, source, label, now));
                      if (!kept && settle) {  // its prediction may be on its way
                        settle();
                        TRY_ASSIGN(kept, store.add_feedback(id, source, label, now));
                      }
                      Response response = kept ? json({{"prediction_id", id}, {"label", label}}) : problem(404, "no prediction \"" + id + "\" was recorded");
                      if (kept) response.status = 201;
                      reply(std::move(response));
                      return {};
                    },
                    [reply](const Error&) { reply(unavailable()); }});
  };
  std::vector<Route> routes;
  routes.push_back(std::move(tweets));
  routes.push_back(std::move(feedback));
  return routes;
}

}  // namespace mlopsctl::serve::store
