// A real model, and outcomes of requests that it answered.
#pragma once

#include <future>

#include "stages/serve/outcome.hpp"
#include "stages/serve/route.hpp"
#include "tests/support/model_folders.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::serve::store {

inline std::shared_ptr<const LiveModel> live_model() {
  static const std::shared_ptr<const LiveModel> live = [] {
    const mlopsctl::testing::TemporaryFolder folder;
    const auto rows = mlopsctl::testing::write_rows(folder / "rows", mlopsctl::testing::good_and_bad(60, 10));
    const auto path = mlopsctl::testing::train_model(folder / "out", rows);
    return std::make_shared<const LiveModel>(LiveModel{ml::Model::load(path, "feedback").value(), digest_of("model"), "feedback", "3"});
  }();
  return live;
}

// As a protocol tells observers of it.
inline void tell(const Observer& observer, const std::string& id, const std::vector<std::string>& texts) {
  const auto model = live_model();
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  static const CancelToken cancel;
  const std::vector<float> probabilities = model->model.score_raw(views, cancel).value();
  std::vector<int> labels;
  for (size_t i = 0; i < texts.size(); ++i) labels.push_back(ml::best(std::span(probabilities).subspan(2 * i, 2)));
  Request request;
  request.id = id;
  observer({.request = request, .route = "POST /", .api = "huggingface", .model = model, .texts = texts, .labels = labels, .probabilities = probabilities});
}

// Sends a request to the route that answers it.
inline Response ask(const std::vector<Route>& routes, const std::string& method, const std::string& path, const std::string& body = "",
                    const std::string& query = "") {
  Request request;
  request.method = method;
  request.path = path;
  request.query = query;
  request.body = body;
  request.client = "10.0.0.7";
  request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (const Route& route : routes) {
    if (route.method != method || route.path != path) continue;
    const auto answer = std::make_shared<std::promise<Response>>();
    route.run(request, {}, [answer](Response response) { answer->set_value(std::move(response)); });
    return answer->get_future().get();
  }
  throw std::runtime_error("no route for " + method + " " + path);
}

}  // namespace mlopsctl::serve::store
