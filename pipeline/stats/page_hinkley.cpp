#include "pipeline/stats/page_hinkley.hpp"

#include <algorithm>
#include <cmath>

namespace mlopsctl::stats {
namespace {

// The largest rate at which exp(rate * (value - middle)) is 1 on average, at most, for every distribution on [0, 1] of this mean; the worst is 0 or 1.
double fair_rate(double mean, double middle) {
  const auto average = [&](double rate) { return mean * std::exp(rate * (1 - middle)) + (1 - mean) * std::exp(-rate * middle); };
  double low = 0, high = 1;
  while (average(high) <= 1 && high < 1e6) low = high, high *= 2;
  for (int step = 0; step < 60; ++step) {
    const double between = (low + high) / 2;
    (average(between) <= 1 ? low : high) = between;
  }
  return low;
}

}  // namespace

PageHinkley::PageHinkley(double mean, double change, double run_length)
    : middle_(mean + change / 2), change_(change), rate_(fair_rate(mean, middle_)), limit_(std::log(run_length)) {}

bool PageHinkley::add(double value) {
  ++seen_;
  if (alarmed_) return true;
  sum_ += rate_ * (value - middle_);
  if (sum_ <= 0) sum_ = 0, since_ = seen_;
  return alarmed_ = sum_ >= limit_;
}

double PageHinkley::evidence() const { return alarmed_ ? 1 : std::min(1.0, sum_ / limit_); }
double PageHinkley::delay() const { return limit_ / (rate_ * change_ / 2); }

}  // namespace mlopsctl::stats
