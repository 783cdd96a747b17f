// What the live model has answered lately: the newest answers of one model, counted by label and by confidence, for its card.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>

#include "stages/serve/outcome.hpp"
#include "stages/train/profile.hpp"

namespace mlopsctl::serve::web {

// Thread-safe. Forgets everything when another model answers.
class Served {
 public:
  static constexpr size_t kWindow = 10000;  // answers

  void observe(const Outcome& outcome);
  // Predicted labels and confidence of the window; lengths and unknown words are left empty. Nothing yet of `model`: no rows.
  train::Profile window(const LiveModel& model) const;

 private:
  struct Answer {
    uint16_t label, bin;
  };
  mutable std::mutex mutex_;
  Digest model_;
  std::deque<Answer> answers_;
};

}  // namespace mlopsctl::serve::web
