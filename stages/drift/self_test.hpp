// How often would the drift rules alarm on the user's own rows when nothing has changed? The rows are dealt again and again into a reference and a window.
#pragma once

#include <string>
#include <vector>

#include "stages/drift/signals.hpp"

namespace mlopsctl::drift {

// Rows as a model sees them. The texts belong to the caller.
struct Seen {
  std::vector<std::string> labels;  // the model's
  std::vector<std::string_view> texts;
  std::vector<float> probabilities;  // texts x labels
  std::vector<float> unknown;        // may be empty
  std::vector<int> given;            // may be empty; -1: none
  train::Content content{};          // of every text, or none
};
train::Profile profile_of(const Seen& seen, std::span<const uint32_t> rows, std::string source);
// Of the rows given, row after row.
std::vector<float> probabilities_of(const Seen& seen, std::span<const uint32_t> rows);

struct SelfTest {
  struct Signal {
    std::string name;
    int alarms = 0;       // as the report would raise them
    int significant = 0;  // by p alone, whatever the size of the change
    double detectable = 0;
  };
  int trials = 0, alarms = 0, significant = 0;  // trials with at least one, of the signals that have a test
  std::vector<Signal> signals;
};
// `window`: rows of the window; the others are the reference. 0 < window < rows.
SelfTest self_test(const Seen& seen, int64_t window, int trials, const Thresholds& thresholds, uint64_t seed);

}  // namespace mlopsctl::drift
