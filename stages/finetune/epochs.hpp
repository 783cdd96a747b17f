// Which epoch is best, which are kept, and when to stop.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stages/finetune/options.hpp"

namespace mlopsctl::finetune {

// What the validation rows say after an epoch.
struct Evaluation {
  int64_t epoch = 0;  // from 1
  double loss = 0, accuracy = 0, macro_f1 = 0;
  double by(Metric metric) const { return metric == Metric::loss ? loss : metric == Metric::macro_f1 ? macro_f1 : accuracy; }
};

// Judges epochs in their order. Better: a higher metric, or a lower loss; of equals the earlier. A loss that is not finite is worst.
class Epochs {
 public:
  explicit Epochs(const OptimizerOptions& options) : metric_(options.metric), top_(options.top), patience_(options.patience), min_delta_(options.min_delta) {}

  // True when this epoch is among the `top` best so far.
  bool add(const Evaluation& evaluation);
  bool should_stop() const { return patience_ && without_better_ >= *patience_; }
  // The best first, at most `top`.
  const std::vector<Evaluation>& best() const { return best_; }
  const std::vector<Evaluation>& all() const { return all_; }

 private:
  bool better(const Evaluation& a, const Evaluation& b, double by) const;

  Metric metric_;
  int64_t top_;
  std::optional<int64_t> patience_;
  double min_delta_;
  std::vector<Evaluation> all_, best_;
  std::optional<Evaluation> to_beat_;  // the last that was better by more than min_delta
  int64_t without_better_ = 0;
};

// From scores (rows x classes, row-major, any scale) by softmax; labels without rows count as absent from macro_f1.
Evaluation evaluate(const std::vector<float>& logits, const std::vector<int>& labels, size_t classes);

}  // namespace mlopsctl::finetune
