// A wire format's routes over a fake model, asked without sockets.
#pragma once

#include <gmock/gmock.h>

#include <future>

#include "stages/serve/protocols/protocols.hpp"
#include "stages/serve/router.hpp"
#include "stages/serve/scoring/batch_scorer.hpp"
#include "tests/support/fake_model.hpp"

namespace mlopsctl::serve::protocols {

// A text with "good" in it is positive with 0.8807971, any other negative.
class Contract : public ::testing::Test {
 protected:
  void use(std::vector<std::string> apis) {
    const ModelSource source{[] { return ::mlopsctl::testing::fake_place("airline", 3); },
                             [this](const ModelPlace&) { return ::mlopsctl::testing::fake_model(calls_, labels_); }};
    ScoringOptions scoring;
    scoring.watch = std::chrono::milliseconds(0);
    scoring.limits = limits_;
    scorer_ = make_scorer(scoring, source).value();
    options_.apis = std::move(apis);
    options_.observe = [this](const Outcome& outcome) {
      seen_.push_back(std::string(outcome.api) + " " + std::string(outcome.route) + " " + std::to_string(outcome.status) + " " +
                      std::to_string(outcome.texts.size()));
      observed_.set_value();
    };
    router_.emplace(Router::make(routes(options_, *scorer_).value()).value());
  }

  Response ask(const std::string& method, const std::string& path, const std::string& body = "", std::vector<Header> headers = {}) {
    Request request{method, path, "", std::move(headers), body, "tester", "request-1", "", deadline_};
    const Match match = router_->find(method, path);
    if (match.route == nullptr) throw std::runtime_error("no route " + method + " " + path);
    auto promise = std::make_shared<std::promise<Response>>();
    observed_ = {};
    match.route->run(request, match.parameters, [promise](Response response) { promise->set_value(std::move(response)); });
    Response response = promise->get_future().get();
    if (method == "POST") observed_.get_future().get();  // the request lives until then
    return response;
  }
  Response post(const std::string& path, const std::string& body, std::vector<Header> headers = {}) { return ask("POST", path, body, std::move(headers)); }

  static std::string header(const Response& response, std::string_view name) {
    for (const auto& each : response.headers)
      if (each.name == name) return each.value;
    return "";
  }
  // Status, media type and bytes in one line.
  static std::string line(const Response& response) { return std::to_string(response.status) + " " + response.content_type + " " + response.body; }
  static std::string problem_line(int status, const std::string& title, const std::string& detail) {
    return std::to_string(status) + " application/problem+json " +
           canonical({{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}});
  }

  ::mlopsctl::testing::FakeCalls calls_;
  std::vector<std::string> labels_{"negative", "positive"};
  Waiting::Limits limits_{};
  SteadyTime deadline_ = SteadyTime::max();
  Options options_;
  std::promise<void> observed_;
  std::vector<std::string> seen_;
  std::unique_ptr<BatchScorer> scorer_;
  std::optional<Router> router_;
};

}  // namespace mlopsctl::serve::protocols
