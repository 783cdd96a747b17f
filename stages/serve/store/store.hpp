// Tweets, predictions and what people said of them, in SQLite or PostgreSQL: one schema, one set of prepared statements (sql_store.cpp).
//
// Every call blocks, and may take as long as the database does; none belongs in a thread that answers requests. A Store is one connection, used
// by one thread at a time; a connection that was lost is made anew by the next call. Errors of kind `cluster` mean that the database cannot be
// reached now; of kind `config`, that it is not one of ours (its schema is newer, say). Times are milliseconds since 1970, UTC.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/result.hpp"
#include "stages/serve/store/address.hpp"

namespace mlopsctl::serve::store {

struct Tweet {
  int64_t id = 0;
  std::string user_id;
  std::string tweet_content;
  int64_t created_at = 0;
  std::optional<std::string> sentiment;  // none: not analysed yet
};

struct TweetPage {
  std::vector<Tweet> tweets;  // by id, ascending
  int64_t total = 0;          // of all tweets there are
};

struct Prediction {
  std::string key;            // unique for ever: what makes delivering twice harmless
  std::string prediction_id;  // what the caller knows it by, see recorder.hpp
  int64_t created_at = 0;
  std::string route;
  std::string model;         // name and version: "feedback@3"
  std::string model_digest;  // "sha256:..."
  std::string text;          // as it may be kept: redacted already
  std::string label;
  double confidence = 0;
  std::string probabilities;              // JSON object, label -> probability
  std::optional<std::string> feedback{};  // the newest label that somebody gave it; only read, never written with it
};

class Store {
 public:
  virtual ~Store() = default;

  // Connects where it has to, brings an older schema up to date, and refuses a newer one. All other calls do so too.
  virtual Status ready() = 0;

  // The new tweet's id. Ids ascend in the order in which tweets become visible: who asks for those after the last seen one misses none.
  virtual Result<int64_t> add_tweet(std::string_view user_id, std::string_view content, int64_t now) = 0;
  virtual Result<bool> set_sentiment(int64_t id, std::string_view sentiment) = 0;  // false: there is no such tweet
  virtual Result<TweetPage> tweets(int64_t after, int64_t limit) = 0;

  // All or nothing, in one transaction; those whose key is there already are left as they are.
  virtual Status record(std::span<const Prediction> predictions) = 0;
  // In the order of (created_at, key), beginning after that of `after`; null: from the first.
  virtual Result<std::vector<Prediction>> predictions(const Prediction* after, int64_t limit) = 0;
  virtual Result<int64_t> prediction_count() = 0;
  // Removes at most `limit` predictions made before `time`, and the feedback on them; how many. Fewer than `limit`: none is left.
  virtual Result<int64_t> forget(int64_t time, int64_t limit) = 0;

  // What `source` (a key's name, an address) says the prediction should have been; it replaces what the same source said before.
  // False: no such prediction is kept.
  virtual Result<bool> add_feedback(std::string_view prediction_id, std::string_view source, std::string_view label, int64_t now) = 0;
};

// Connects to nothing yet. `cancel`, once set, ends waiting for PostgreSQL at once; it must outlive the store.
std::unique_ptr<Store> make_store(const Address& address, const CancelToken& cancel);

int64_t milliseconds_now();  // since 1970

// The text as both databases can hold it: NUL and whatever is not UTF-8 become U+FFFD.
std::string storable(std::string_view text);
// The same, cut to what an index can hold.
std::string storable_name(std::string_view text);

}  // namespace mlopsctl::serve::store
