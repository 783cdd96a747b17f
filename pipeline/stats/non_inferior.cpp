#include "pipeline/stats/non_inferior.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/binomial.hpp>

#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/paired.hpp"
#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::stats {
namespace {

constexpr int64_t most_exact = 200'000;
// The chance is smooth in the share where rows are many, and the shares that fit are few.
int shares_tried(int64_t rows) { return rows <= 500 ? 48 : 16; }
constexpr double far = 7;  // standard deviations

// For each count of rows for the second alone, the fewest for the first alone whose statistic is as large as `z`.
class Region {
 public:
  Region(int64_t rows, double at, double z) : rows_(rows), at_(at), z_(z * (1 - 1e-12) - 1e-12) {}

  // Counts must be asked for in rising order after each start().
  void start(int64_t second) {
    int64_t low = 0, high = rows_ - second + 1;
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (inside(middle, second)) high = middle;
      else low = middle + 1;
    }
    fewest_ = low;
  }
  int64_t fewest(int64_t second) {
    while (fewest_ <= rows_ - second && !inside(fewest_, second)) ++fewest_;
    return fewest_;
  }

 private:
  bool inside(int64_t first, int64_t second) const { return tango_z(first, second, rows_, at_) >= z_; }
  int64_t rows_;
  double at_, z_;
  int64_t fewest_ = 0;
};

// The chance of the region where the second alone is right on a share `second` of the rows, the first alone on `second` + at, or on all others.
double chance(Region& region, int64_t rows, double second, double at) {
  const double n = static_cast<double>(rows), middle = n * second, reach = far * std::sqrt(n * second * (1 - second)) + far;
  const int64_t from = std::max<int64_t>(0, static_cast<int64_t>(middle - reach)), to = std::min(rows, static_cast<int64_t>(middle + reach));
  const double first = second >= 1 ? 0 : std::clamp((second + at) / (1 - second), 0.0, 1.0);
  const boost::math::binomial counts(n, second);
  double sum = 0, mass = boost::math::pdf(counts, static_cast<double>(from));
  region.start(from);
  for (int64_t c = from; c <= to; ++c) {
    if (mass > 1e-14) {
      const int64_t fewest = region.fewest(c);
      if (fewest <= rows - c) sum += mass * (1 - binomial_at_most(fewest - 1, rows - c, first));
    }
    mass = second >= 1 ? 0 : mass * static_cast<double>(rows - c) / static_cast<double>(c + 1) * second / (1 - second);
  }
  return sum;
}

}  // namespace

double better_by_more_p(int64_t only_first, int64_t only_second, int64_t rows, double at, double doubt) {
  if (rows <= 0) return 1;
  const double z = tango_z(only_first, only_second, rows, at);
  if (rows > most_exact) return normal_tail(z);
  const double n = static_cast<double>(rows), c = static_cast<double>(only_second);
  // Clopper and Pearson's interval of the share for the second alone; of so small a share that its loss cannot be -at, nothing is claimed.
  const double lowest = std::max(0.0, -at);
  const double low = boost::math::binomial::find_lower_bound_on_p(n, c, doubt / 2), high = boost::math::binomial::find_upper_bound_on_p(n, c, doubt / 2);
  if (high < lowest) return std::min(1.0, doubt);
  const double from = std::asin(std::sqrt(std::max(low, lowest))), to = std::asin(std::sqrt(high));
  Region region(rows, at, z);
  double largest = 0;
  const int tried = shares_tried(rows);
  for (int i = 0; i < tried; ++i) largest = std::max(largest, chance(region, rows, std::pow(std::sin(from + (to - from) * i / (tried - 1)), 2), at));
  return std::min(1.0, largest + doubt);
}

}  // namespace mlopsctl::stats
