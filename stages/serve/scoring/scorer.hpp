// What protocols ask of the model behind the server.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/result.hpp"
#include "stages/ml_api.hpp"
#include "stages/serve/message.hpp"

namespace mlopsctl::serve {

// A model that is loaded and was checked; immutable, shared by the requests it answers.
struct LiveModel {
  ml::Model model;
  Digest digest;        // sent with every answer as x-model-digest
  std::string name;     // the alias, or the folder's name: the model's name in protocols that have one
  std::string version;  // the alias's entry, "3"; of a folder "1"
};

// Why there are no probabilities.
struct NotScored {
  enum class Why {
    queue_full,  // 503 with Retry-After
    deadline,    // 504: it passed before the texts were scored
    stopping,    // 503: the server is going down
    failed       // 500: `what` says what the model said
  } why = Why::failed;
  std::string what;
  int retry_after_s = 1;
};

struct Scored {
  std::shared_ptr<const LiveModel> model;  // all texts of a request are scored by one model
  std::vector<float> probabilities;        // texts x labels, row-major, each row adding to 1
  std::vector<std::string> texts;          // what was submitted, given back
  std::chrono::nanoseconds waited{};       // before the first of them was begun
  std::chrono::nanoseconds scoring{};      // from there to the last
  size_t tokens = 0;                       // about; see ml::Classifier::tokens
  size_t batch_texts = 0;                  // of the largest batch that held some of them
};

// One call of the model, for metrics.
struct BatchNote {
  size_t requests = 0, texts = 0, tokens = 0;
  std::chrono::nanoseconds took{};
  bool shadow = false;
};

// How often the shadow model named the label that the live one named.
struct Agreement {
  std::string model;  // the shadow's name
  Digest digest;
  uint64_t compared = 0, agreed = 0;
  uint64_t skipped = 0;      // texts it did not see, because it had no time for them
  double mean_distance = 0;  // of their probabilities: half the sum of |p - q| over the labels
};

struct ScorerStats {
  size_t requests_waiting = 0, tokens_waiting = 0;  // now; the rest counts from the start on
  uint64_t batches = 0, texts = 0, tokens = 0;
  uint64_t queue_full = 0, late = 0, failed = 0;  // requests
  uint64_t swaps = 0, refused_models = 0;
  std::string refusal;  // why the last refused model was refused; empty: none was, or a good one came since
  std::optional<Agreement> shadow;
};

class Scorer {
 public:
  virtual ~Scorer() = default;
  // Never waits. `done` is called exactly once, with exactly one of its arguments set, and may keep what it is given by moving from it: on a
  // thread of the scorer, or on the caller's before submit() returns (where that is quicker, and where it is refused at once).
  using Done = std::function<void(Scored*, const NotScored*)>;
  virtual void submit(std::vector<std::string> texts, SteadyTime deadline, Done done) = 0;
  // The model that answers now; never null.
  virtual std::shared_ptr<const LiveModel> current() const = 0;
  virtual ScorerStats stats() const = 0;
  // From now on requests get NotScored::stopping; those that were accepted are still answered. Returns at once.
  virtual void stop() = 0;
};

}  // namespace mlopsctl::serve
