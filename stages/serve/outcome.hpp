// What became of one request for predictions: told to metrics, the access log and the store.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/serve/message.hpp"
#include "stages/serve/scoring/scorer.hpp"

namespace mlopsctl::serve {

// Everything it points to is the caller's and gone after the call: observers copy what they keep.
struct Outcome {
  const Request& request;
  std::string_view route;  // the pattern, few values: "POST /v2/models/{model}/infer"
  std::string_view api;    // the wire format: "inference-v2"
  int status = 200;

  // The rest is empty where nothing was scored (status is not 200).
  std::shared_ptr<const LiveModel> model{};
  std::span<const std::string> texts{};    // as they came, not cleaned
  std::span<const int> labels{};           // of each text: index into model->model.labels()
  std::span<const float> probabilities{};  // texts x labels, row-major

  // Where the time went; their sum is what passed between the route's start and its answer.
  struct Times {
    std::chrono::nanoseconds parse{}, queue{}, score{}, write{};
  } times{};
  size_t tokens = 0;       // as the model's family counts them, 0: it does not
  size_t batch_texts = 0;  // how many texts were scored together with these, these included
};

// What POST /feedback calls a text of a request: the request's id (x-request-id) where it had one text, else "ID.0", "ID.1", ...
inline std::string prediction_id(std::string_view request_id, size_t texts, size_t place) {
  return texts == 1 ? std::string(request_id) : std::string(request_id) + "." + std::to_string(place);
}

// Called once for each request that reached a wire format, after its answer was handed over, on the thread that gave it: must not block.
using Observer = std::function<void(const Outcome&)>;

}  // namespace mlopsctl::serve
