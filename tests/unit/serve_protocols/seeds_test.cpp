// The five reference systems' routes and errors, byte for byte.
#include "tests/unit/serve_protocols/contract.hpp"

namespace mlopsctl::serve::protocols {
namespace {

using ::testing::ElementsAre;

TEST_F(Contract, ImdbApi) {
  use({"imdb-api"});
  const Response good = post("/predict", R"({"text": "good film"})");
  EXPECT_EQ(line(good), R"(200 application/json {"sentiment":"positive","confidence":0.8807971})");
  EXPECT_EQ(header(good, "x-model-digest"), digest_of("airline 3").str());
  EXPECT_EQ(line(post("/predict", R"({"text": "dull", "more": 1})")), R"(200 application/json {"sentiment":"negative","confidence":0.8807971})");
  const std::string blank = R"(400 application/json {"detail":"Text cannot be empty"})";
  EXPECT_EQ(line(post("/predict", R"({"text": ""})")), blank);
  EXPECT_EQ(line(post("/predict", R"({"text": " \t\n\u00a0\u3000"})")), blank);
  EXPECT_EQ(line(post("/predict", R"({"text": "\u200b"})")).substr(0, 3), "200");  // a zero-width space is no space to str.strip()
  EXPECT_THAT(seen_, ElementsAre("imdb-api POST /predict 200 1", "imdb-api POST /predict 200 1", "imdb-api POST /predict 400 0", "imdb-api POST /predict 400 0",
                                 "imdb-api POST /predict 200 1"));
}

// As FastAPI 0.1xx with pydantic 2 answers; tests/e2e/serve asks one itself.
TEST_F(Contract, FastApiRefusals) {
  use({"imdb-api"});
  EXPECT_EQ(line(post("/predict", "")), R"(422 application/json {"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]})");
  EXPECT_EQ(line(post("/predict", R"({"txt":"x"})")),
            R"(422 application/json {"detail":[{"type":"missing","loc":["body","text"],"msg":"Field required","input":{"txt":"x"}}]})");
  EXPECT_EQ(line(post("/predict", R"({"text":5})")),
            R"(422 application/json {"detail":[{"type":"string_type","loc":["body","text"],"msg":"Input should be a valid string","input":5}]})");
  EXPECT_EQ(
      line(post("/predict", "[1]")),
      R"(422 application/json {"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[1]}]})");
  EXPECT_EQ(
      line(post("/predict", "{\"text\":\"\xFF\"}")),
      R"(422 application/json {"detail":[{"type":"json_invalid","loc":["body",0],"msg":"JSON decode error","input":{},"ctx":{"error":"the body is not UTF-8: byte 0xff at offset 9"}}]})");
  calls_.before = [](std::span<const std::string_view>) -> Status { return stage_error("out of memory"); };
  EXPECT_EQ(line(post("/predict", R"({"text":"x"})")), R"(500 application/json {"detail":"the model could not score this: out of memory"})");
}

TEST_F(Contract, Sentiment140K8s) {
  use({"sentiment140-k8s"});
  for (const char* path : {"/predict", "/classify"}) {
    EXPECT_EQ(line(post(path, R"({"text": "good day"})")), R"(200 application/json {"predicted class":"positive","confidence":0.8807971})");
    EXPECT_EQ(line(post(path, R"({"text": ""})")), R"(200 application/json {"predicted class":"negative","confidence":0.8807971})");
    EXPECT_EQ(line(post(path, "{}")), R"(422 application/json {"detail":[{"type":"missing","loc":["body","text"],"msg":"Field required","input":{}}]})");
  }
}

TEST_F(Contract, AirlineUlmfit) {
  use({"airline-ulmfit"});
  EXPECT_EQ(line(post("/predict", R"({"text": "good crew"})")), R"(200 application/json "positive")");
  EXPECT_EQ(line(post("/predict", R"({})")), problem_line(422, "Unprocessable Content", "\"text\" is missing"));
  EXPECT_EQ(line(post("/predict", R"({"text": ["good"]})")), problem_line(422, "Unprocessable Content", "\"text\" is a list; expected text"));
  EXPECT_EQ(line(post("/predict", "\"good\"")), problem_line(422, "Unprocessable Content", "the body is text; expected a JSON object"));
}

TEST_F(Contract, NlpOnEks) {
  labels_ = {"0", "1", "\xC3\xBC \"quoted\""};
  use({"nlp-on-eks"});
  EXPECT_EQ(line(post("/", R"({"mytext": "bad"})")), R"(200 application/json "0")");
  EXPECT_EQ(line(post("/", R"({"mytext": "good"})")), "200 application/json \"\xC3\xBC \\\"quoted\\\"\"");
  EXPECT_EQ(line(post("/", R"({"mytext": 1})")), problem_line(422, "Unprocessable Content", "\"mytext\" is a number; expected text"));
  EXPECT_EQ(line(ask("GET", "/")), "200 text/plain; charset=utf-8 Hello! Send POST / with {\"mytext\": \"...\"} to learn the label of a text.\n");
  // The Hugging Face shape stays beside it.
  EXPECT_EQ(post("/", R"({"inputs": "good", "parameters": {"top_k": 1}})").status, 200);
}

TEST_F(Contract, GkeTwitter) {
  std::string stored;
  options_.store_sentiment = [&](std::string id, std::string sentiment, std::function<void(bool)> done) {
    stored = id + " " + sentiment;
    std::thread([done = std::move(done), id] { done(id == "7"); }).detach();
  };
  use({"gke-twitter"});
  const Response known = post("/sentiment_analysis", R"({"id": 7, "tweet_content": "so good"})");
  EXPECT_EQ(line(known), "200 application/json {\"db_update_status\":200,\"result\":\"positive\"}\n");
  EXPECT_EQ(line(post("/sentiment_analysis", R"({"id": "7", "tweet_content": "so good"})")), line(known));
  EXPECT_EQ(header(known, "x-model-digest"), digest_of("airline 3").str());
  EXPECT_EQ(stored, "7 positive");
  EXPECT_EQ(line(post("/sentiment_analysis", R"({"id": 8, "tweet_content": "meh"})")),
            "200 application/json {\"db_update_status\":500,\"result\":\"negative\"}\n");
  EXPECT_EQ(line(post("/sentiment_analysis", R"({"tweet_content": "meh"})")), problem_line(422, "Unprocessable Content", "\"id\" is missing"));
  EXPECT_EQ(line(post("/sentiment_analysis", R"({"id": [8], "tweet_content": "meh"})")),
            problem_line(422, "Unprocessable Content", "\"id\" is [8]; expected the id of a stored tweet"));
  EXPECT_EQ(line(post("/sentiment_analysis", R"({"id": 8})")), problem_line(422, "Unprocessable Content", "\"tweet_content\" is missing"));
}

TEST_F(Contract, GkeTwitterWithoutAStore) {
  use({"gke-twitter"});
  EXPECT_EQ(line(post("/sentiment_analysis", R"({"id": 7, "tweet_content": "so good"})")),
            "200 application/json {\"db_update_status\":500,\"result\":\"positive\"}\n");
}

TEST_F(Contract, ApisThatCannotGoTogether) {
  use({});
  const auto both = routes({.apis = {"imdb-api", "airline-ulmfit"}}, *scorer_);
  ASSERT_FALSE(both.ok());
  EXPECT_EQ(both.error().message, "imdb-api and airline-ulmfit answer the same requests, POST /predict {\"text\"}, differently");
  const auto unknown = routes({.apis = {"imbd-api"}}, *scorer_);
  EXPECT_EQ(unknown.error().message, "there is no api \"imbd-api\"");
  EXPECT_EQ(unknown.error().hint, "did you mean imdb-api?");
  EXPECT_TRUE(Router::make(routes({.apis = {"gke-twitter", "nlp-on-eks", "imdb-api"}}, *scorer_).value()).ok());
}

}  // namespace
}  // namespace mlopsctl::serve::protocols
