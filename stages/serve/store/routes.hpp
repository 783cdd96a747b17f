// The store's routes: ours, and those of the system that keeps tweets.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stages/serve/route.hpp"
#include "stages/serve/store/workers.hpp"

namespace mlopsctl::serve::store {

// A tweet's id as routes say it; none: not the id of any tweet.
std::optional<int64_t> tweet_id(std::string_view text);

// GET /tweets, POST /feedback. `settle` waits, a moment at most, for predictions to reach the database; empty: none are on their way.
std::vector<Route> own_routes(Workers& workers, std::function<std::vector<std::string>()> labels, std::function<void()> settle);
// POST /insert_tweet_data, POST /update_tweet_sentiment, GET /home.
std::vector<Route> gke_twitter_routes(Workers& workers);

}  // namespace mlopsctl::serve::store
