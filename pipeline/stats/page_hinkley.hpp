// Watches values in [0, 1] one after the other for a rise of their mean (Page 1954, Hinkley 1971), set by how seldom it may alarm for nothing instead of
// by a threshold that somebody guessed.
#pragma once

#include <cstdint>

namespace mlopsctl::stats {

class PageHinkley {
 public:
  // While the mean is `mean` at most, the values till an alarm are run_length on average, or more, whatever their distribution: each step multiplies an
  // e-value (Shin, Ramdas & Rinaldo 2023, "E-detectors"). A rise by half of `change` or more is found; mean + change <= 1.
  PageHinkley(double mean, double change, double run_length);

  // True: the alarm is raised, and stays so.
  bool add(double value);

  bool alarmed() const { return alarmed_; }
  int64_t seen() const { return seen_; }
  int64_t since() const { return since_; }  // how many were seen before the rise seems to have begun
  double evidence() const;                  // 0..1 of what an alarm takes
  double delay() const;                     // about how many values it takes to find a rise by `change`

 private:
  double middle_, change_, rate_, limit_;
  double sum_ = 0;
  int64_t seen_ = 0, since_ = 0;
  bool alarmed_ = false;
};

}  // namespace mlopsctl::stats
