// The wire formats of the server, as routes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/serve/outcome.hpp"
#include "stages/serve/route.hpp"

namespace mlopsctl::serve::protocols {

struct Options {
  // Besides the Open Inference Protocol and the Hugging Face pipeline's, which are always there.
  std::vector<std::string> apis;
  Observer observe{};  // told of each request; null: nobody listens
  // Stores a tweet's sentiment and says whether it could, once, from any thread; must not block. null: there is no store.
  std::function<void(std::string id, std::string sentiment, std::function<void(bool)> done)> store_sentiment{};
  std::function<bool()> ready{};  // for probes; null: always
  size_t most_texts = 1024;       // of a request
};

// The names for --api and `api:`.
const std::vector<std::string>& api_names();

// Keeps `scorer`, which outlives the routes' use. An Error names an unknown api, or two that answer the same requests differently.
Result<std::vector<Route>> routes(Options options, Scorer& scorer);

}  // namespace mlopsctl::serve::protocols
