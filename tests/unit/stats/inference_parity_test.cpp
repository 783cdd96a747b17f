// Against SciPy and NumPy: tests/oracle/expected/inference.json. Statistics to 1e-10, p-values and what is searched for to 1e-8.
#include <cmath>

#include <gtest/gtest.h>

#include "pipeline/base/json.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/detectable.hpp"
#include "pipeline/stats/e_value.hpp"
#include "pipeline/stats/label_shift.hpp"
#include "pipeline/stats/multiple.hpp"
#include "pipeline/stats/non_inferior.hpp"
#include "pipeline/stats/paired.hpp"
#include "pipeline/stats/proportion.hpp"
#include "pipeline/stats/two_sample.hpp"
#include "tests/support/oracle.hpp"

namespace mlopsctl::stats {
namespace {

const Json& cases(const char* name) {
  static const Json json = testing::oracle("inference");
  EXPECT_FALSE(json[name].empty()) << name;
  return json[name];
}
template <typename T>
std::vector<T> numbers(const Json& json) {
  std::vector<T> all;
  for (const Json& each : json) {
    if (each.is_array()) {
      const auto inner = numbers<T>(each);
      all.insert(all.end(), inner.begin(), inner.end());
    } else {
      all.push_back(each.get<T>());
    }
  }
  return all;
}
void expect_p(double found, double wanted, const Json& of) { EXPECT_NEAR(found, wanted, 1e-8 * std::max(wanted, 1e-8)) << of; }

TEST(InferenceParity, Wilson) {
  for (const Json& each : cases("wilson")) {
    const Interval found = wilson(each["successes"], each["trials"], each["confidence"]);
    EXPECT_NEAR(found.low, each["low"].get<double>(), 1e-10) << each;
    EXPECT_NEAR(found.high, each["high"].get<double>(), 1e-10) << each;
  }
}

TEST(InferenceParity, McNemar) {
  for (const Json& each : cases("mcnemar")) {
    const McNemar found = mcnemar_exact(each["only_first"], each["only_second"]);
    expect_p(found.two_sided, each["two_sided"], each);
    expect_p(found.first_worse, each["first_worse"], each);
  }
}

TEST(InferenceParity, Tango) {
  for (const Json& each : cases("tango")) {
    EXPECT_NEAR(tango_z(each["only_first"], each["only_second"], each["rows"], each["at"]), each["z"].get<double>(), 1e-8) << each;
    const Interval found = tango(each["only_first"], each["only_second"], each["rows"]);
    EXPECT_NEAR(found.low, each["low"].get<double>(), 1e-8) << each;
    EXPECT_NEAR(found.high, each["high"].get<double>(), 1e-8) << each;
  }
}

TEST(InferenceParity, ExactTango) {
  for (const Json& each : cases("exact_tango"))
    EXPECT_NEAR(better_by_more_p(each["only_first"], each["only_second"], each["rows"], each["at"]), each["p"].get<double>(), 1e-8) << each;
}

TEST(InferenceParity, BenjaminiHochberg) {
  for (const Json& each : cases("benjamini_hochberg")) {
    const auto found = benjamini_hochberg(numbers<double>(each["p"])), wanted = numbers<double>(each["adjusted"]);
    for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 1e-12) << each;
  }
}

TEST(InferenceParity, PowerOfMcNemar) {
  for (const Json& each : cases("power"))
    EXPECT_NEAR(mcnemar_power(each["rows"], each["discordant"], each["difference"], each["alpha"]), each["power"].get<double>(), 1e-10) << each;
}

TEST(InferenceParity, EValues) {
  for (const Json& each : cases("e_values"))
    EXPECT_NEAR(log_e_value_better(each["wins"], each["losses"], each["ties"], each["border"]), each["log"].get<double>(), 1e-9) << each;
}

TEST(InferenceParity, BiasCorrectedBootstrap) {
  for (const Json& each : cases("bca")) {
    const Interval found = bca(each["estimate"], numbers<double>(each["replicates"]), numbers<double>(each["jackknife"]));
    EXPECT_NEAR(found.low, each["low"].get<double>(), 1e-10);
    EXPECT_NEAR(found.high, each["high"].get<double>(), 1e-10);
  }
}

TEST(InferenceParity, SmallestDetectableShiftOfCategories) {
  for (const Json& each : cases("detectable"))
    EXPECT_NEAR(detectable_categories(each["first"], each["second"], each["degrees"], each["alpha"]), each["distance"].get<double>(), 1e-10) << each;
}

TEST(InferenceParity, LabelShift) {
  for (const Json& each : cases("label_shift")) {
    const auto confusion = numbers<int64_t>(each["confusion"]), predicted = numbers<int64_t>(each["predicted"]);
    const LabelShift found = bbse(confusion, predicted);
    const auto shares = numbers<double>(each["shares"]);
    ASSERT_TRUE(found.solvable);
    for (size_t k = 0; k < shares.size(); ++k) {
      EXPECT_NEAR(found.shares[k], shares[k], 1e-10);
      EXPECT_LE(found.intervals[k].low, found.shares[k]);
      EXPECT_GE(found.intervals[k].high, found.shares[k]);
    }
    const auto likeliest = mlls(numbers<float>(each["probabilities"]), numbers<double>(each["prior"]), 100'000, 1e-14);
    const auto wanted = numbers<double>(each["mlls"]);
    for (size_t k = 0; k < wanted.size(); ++k) EXPECT_NEAR(likeliest[k], wanted[k], 1e-8);
  }
}

TEST(InferenceParity, Categories) {
  for (const Json& each : cases("categories")) {
    const auto found = compare_categories(numbers<int64_t>(each["first"]), numbers<int64_t>(each["second"]));
    EXPECT_NEAR(found.statistic, each["statistic"].get<double>(), 1e-10 * std::max(1.0, found.statistic)) << each;
    expect_p(found.p, each["p"], each);
  }
}

TEST(InferenceParity, KolmogorovSmirnov) {
  for (const Json& each : cases("kolmogorov_smirnov")) {
    const auto found = compare_distributions(numbers<int64_t>(each["first"]), numbers<int64_t>(each["second"]));
    EXPECT_NEAR(found.statistic, each["statistic"].get<double>(), 1e-10);
    EXPECT_NEAR(found.p, each["p"].get<double>(), 1e-8);
  }
}

}  // namespace
}  // namespace mlopsctl::stats
