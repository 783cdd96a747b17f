// Waiting: the requests that were accepted and not yet scored, and how batches are formed of them. No threads here; the scorer locks.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "stages/serve/scoring/scorer.hpp"

namespace mlopsctl::serve {

// A request on its way. Texts that are in no batch yet are texts[next] and those after it.
struct Job {
  std::vector<std::string> texts;
  std::vector<uint32_t> tokens;  // of each text
  SteadyTime arrived, deadline;
  Scorer::Done done;

  std::shared_ptr<const LiveModel> model;  // null until its first texts are in a batch; then it scores them all
  std::vector<float> probabilities;
  SteadyTime begun;
  size_t next = 0, scored = 0, all_tokens = 0, batch_texts = 0;
  std::optional<NotScored> fault;  // whose first it was; what is left of it is not scored

  bool begun_any() const { return model != nullptr; }
};

// Texts of several requests, to be scored by one model in one call.
struct Batch {
  struct Part {
    std::shared_ptr<Job> job;
    size_t begin, end;  // of its texts
  };
  std::shared_ptr<const LiveModel> model;
  std::vector<Part> parts;
  size_t texts = 0, tokens = 0;
  // To be answered instead: their deadline passed before all of them was in a batch.
  std::vector<std::shared_ptr<Job>> late;
};

class Waiting {
 public:
  struct Limits {
    size_t batch_tokens = 2048;  // a batch is full with that many
    size_t queue_tokens = 65536, queue_requests = 4096;
    size_t workers = 1;  // that take batches
  };
  explicit Waiting(Limits limits) : limits_(limits) {}

  bool empty() const { return jobs_.empty(); }
  // Holds its tokens or requests; one more would be one too many.
  bool full() const { return tokens_ >= limits_.queue_tokens || jobs_.size() >= limits_.queue_requests; }
  size_t requests() const { return jobs_.size(); }
  size_t tokens() const { return tokens_; }

  void add(std::shared_ptr<Job> job);
  // The oldest requests' texts, until they have batch_tokens, or a worker's fair share of all that waits and is being scored (that one takes what
  // has gathered leaves the others with a text or two, and a batch of two costs much more than two in a larger one), or the next is bound to another model; at
  // least one text. A request that does not fit goes on behind the others, so that a long one holds nobody up. Requests that were not begun go to `current`.
  Batch form(SteadyTime now, const std::shared_ptr<const LiveModel>& current);
  // A batch with that many tokens was scored.
  void scored(size_t tokens) { scoring_ -= tokens; }

 private:
  Limits limits_;
  std::deque<std::shared_ptr<Job>> jobs_;
  static constexpr size_t least_share = 256;
  size_t tokens_ = 0;   // of texts in no batch
  size_t scoring_ = 0;  // of texts in batches that are being scored
};

}  // namespace mlopsctl::serve
