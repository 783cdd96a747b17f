// The Scorer of the server.
//
// One bounded queue (waiting.hpp). Whichever thread is free takes what waits, up to a batch's budget of tokens, and never waits for more; each
// keeps to one core (ml::Classifier::share). Of a cheap model, short requests are scored on the caller's thread.
#pragma once

#include <memory>
#include <optional>

#include "stages/serve/scoring/model_source.hpp"
#include "stages/serve/scoring/waiting.hpp"

namespace mlopsctl::serve {

struct ScoringOptions {
  int workers = 0;  // threads that score; 0: one a core
  Waiting::Limits limits{};
  size_t inline_bytes = 16384;            // the most a request may have, all texts together, to be scored by a cheap model on the caller's thread
  std::chrono::milliseconds watch{1000};  // how often to look whether another model is to answer; 0: only when refresh() is called
  std::function<SteadyTime()> now = [] { return std::chrono::steady_clock::now(); };
  std::function<void(const BatchNote&)> on_batch{};  // called after each call of a model, on its thread: must not block; null: nobody counts
  std::function<void(const std::string&)> say{};     // sentences for people: a model was swapped, or refused; null: nobody listens
};

class BatchScorer : public Scorer {
 public:
  // ModelKeeper::refresh() of the live model and then the shadow; an Error of either leaves its old one in place.
  virtual Status refresh() = 0;
};

// Loads and checks the model (and the shadow, which only ever sees copies). An Error says why it cannot answer. The destructor answers what was
// accepted first.
Result<std::unique_ptr<BatchScorer>> make_scorer(ScoringOptions options, ModelSource live, std::optional<ModelSource> shadow = std::nullopt);

}  // namespace mlopsctl::serve
