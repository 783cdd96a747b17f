// Which labels do texts have that nobody has labelled? Both methods hold where only the mix of labels has changed, not what a label's texts look like.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::stats {

// Counts of labelled rows: confusion[given * classes + predicted].
struct LabelShift {
  std::vector<double> shares;       // the estimated share of each label; in [0, 1], adding to 1
  std::vector<Interval> intervals;  // of each share, by resampling both samples; empty: none were asked for
  // How often the model is right where the labels have these shares: its recall of each label, weighed. And the standard error over the resamples.
  double accuracy = 0, accuracy_error = 0;
  Interval accuracy_interval;
  double condition = 0;  // BBSE: condition number of the confusion matrix; large: the model does not tell some labels apart
  bool solvable = true;  // false: it is singular, and shares are those of the labelled rows
};
struct LabelShiftOptions {
  int resamples = 1000;  // 0: no intervals
  uint64_t seed = 0;
  double confidence = 0.95;
};

// Black box shift estimation (Lipton, Wang, Smola 2018, https://arxiv.org/abs/1802.03916): solves confusion x shares = predicted shares, negative shares
// set to 0. `predicted`: how often each label was predicted on the unlabelled rows.
LabelShift bbse(std::span<const int64_t> confusion, std::span<const int64_t> predicted, const LabelShiftOptions& options = {});

// Maximum likelihood by expectation maximisation (Saerens, Latinne, Decaestecker 2002; with calibrated probabilities Alexandari et al. 2020,
// https://arxiv.org/abs/1901.06852). `probabilities`: rows x classes of the unlabelled rows; `prior`: the shares of labels they were calibrated on.
std::vector<double> mlls(std::span<const float> probabilities, std::span<const double> prior, int most_steps = 1000, double tolerance = 1e-10);

}  // namespace mlopsctl::stats
