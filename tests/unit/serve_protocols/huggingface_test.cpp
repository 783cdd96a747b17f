#include "tests/unit/serve_protocols/contract.hpp"

namespace mlopsctl::serve::protocols {
namespace {

TEST_F(Contract, HuggingFaceGivesAListForEachText) {
  use({});
  const std::string good = R"([{"label":"positive","score":0.8807971},{"label":"negative","score":0.11920292}])";
  const std::string bad = R"([{"label":"negative","score":0.8807971},{"label":"positive","score":0.11920292}])";
  EXPECT_EQ(line(post("/", R"({"inputs": "good"})")), "200 application/json [" + good + "]");
  EXPECT_EQ(line(post("/", R"({"inputs": ["good", "bad"]})")), "200 application/json [" + good + "," + bad + "]");
  EXPECT_EQ(line(post("/", R"({"inputs": ["bad"], "parameters": {"top_k": null}, "options": {"wait_for_model": true}})")),
            "200 application/json [" + bad + "]");
  EXPECT_EQ(line(post("/", R"({"inputs": "bad", "parameters": {"top_k": 1}})")), R"(200 application/json [[{"label":"negative","score":0.8807971}]])");
  EXPECT_EQ(line(post("/", R"({"inputs": "bad", "parameters": {"top_k": 99, "function_to_apply": "softmax"}})")), "200 application/json [" + bad + "]");
  EXPECT_EQ(line(post("/", R"({"inputs": []})")), "200 application/json []");
}

TEST_F(Contract, HuggingFaceRefusals) {
  options_.most_texts = 2;
  use({});
  const auto refused = [&](const std::string& body) { return line(post("/", body)); };
  const auto wrong = [](const std::string& detail) { return problem_line(422, "Unprocessable Content", detail); };
  EXPECT_EQ(refused("{}"), wrong("\"inputs\" is missing: expected a text or a list of texts"));
  EXPECT_EQ(refused(R"({"inputs": 5})"), wrong("\"inputs\" is neither a text nor a list of texts"));
  EXPECT_EQ(refused(R"({"inputs": ["a", null]})"), wrong("inputs[1] is not a text"));
  EXPECT_EQ(refused(R"({"inputs": "a", "parameters": {"top_k": 0}})"), wrong("parameters.top_k is 0; expected a number of at least 1, or null for all labels"));
  EXPECT_EQ(refused(R"({"inputs": "a", "parameters": {"top_k": -9223372036854775808}})"),
            wrong("parameters.top_k is -9223372036854775808; expected a number of at least 1, or null for all labels"));
  EXPECT_EQ(refused(R"({"inputs": "a", "parameters": 1})"), wrong("\"parameters\" is not an object"));
  EXPECT_EQ(refused(R"({"inputs": "a", "parameters": {"function_to_apply": "sigmoid"}})"),
            wrong("parameters.function_to_apply is \"sigmoid\"; this model gives calibrated probabilities: expected \"softmax\", or leave it out"));
  EXPECT_EQ(refused(R"({"inputs": ["a", "b", "c"]})"), wrong("expected at most 2 texts in a request, got 3"));
}

TEST_F(Contract, WhatTheScorerRefuses) {
  limits_.queue_tokens = 0;  // full from the start
  use({});
  const Response full = post("/", R"({"inputs": "a"})");
  EXPECT_EQ(line(full), problem_line(503, "Service Unavailable", "too many texts wait already; try again in 1 s"));
  EXPECT_EQ(header(full, "retry-after"), "1");
  scorer_->stop();
  EXPECT_EQ(line(post("/", R"({"inputs": "a"})")), problem_line(503, "Service Unavailable", "the server is going down"));
}

TEST_F(Contract, WhatIsLate) {
  deadline_ = SteadyTime();
  use({});
  EXPECT_EQ(line(post("/", R"({"inputs": "a"})")), problem_line(504, "Gateway Timeout", "the request's time was over before it was scored"));
}

}  // namespace
}  // namespace mlopsctl::serve::protocols
