// Keeper: all that the server has of a store: the recorder of predictions, and threads that answer the routes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "stages/serve/outcome.hpp"
#include "stages/serve/route.hpp"
#include "stages/serve/store/recorder.hpp"

namespace mlopsctl::serve::store {

struct KeeperOptions {
  Address address;  // see resolve_address()
  bool record = false;
  RecorderOptions recorder;
  bool gke_twitter = false;                            // POST /insert_tweet_data, POST /update_tweet_sentiment and GET /home, as that system has them
  std::function<std::vector<std::string>()> labels{};  // of the model that answers now: what feedback may say; empty: anything
  std::function<void(const std::string&)> say{};       // warnings, from any thread
};

class Keeper {
 public:
  // A database that cannot be reached now is a warning: predictions wait in the spool. One that is not ours, or newer, is an error.
  static Result<std::unique_ptr<Keeper>> start(KeeperOptions options);
  ~Keeper();

  // What these return refers to the keeper, which must outlive every use of them.
  std::vector<Route> routes();
  Observer observer();  // empty where nothing is recorded
  // For POST /sentiment_analysis: stores the sentiment of the tweet, then calls done(whether there is such a tweet and it was stored), from
  // any thread. Never blocks.
  std::function<void(std::string id, std::string sentiment, std::function<void(bool)> done)> sentiment_sink();

  RecorderState state() const;

 private:
  struct Impl;
  explicit Keeper(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mlopsctl::serve::store
