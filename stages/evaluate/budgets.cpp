#include "stages/evaluate/budgets.hpp"

#include <algorithm>
#include <chrono>

#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"
#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::evaluate {
namespace {

constexpr double quantile = 0.95, confidence = 0.95;
constexpr size_t measurements = 200, warm_up = 20;
constexpr std::chrono::seconds patience{10};

}  // namespace

spec::Field budgets_field() {
  using spec::number, spec::object, spec::optional;
  return optional("budgets",
                  object({
                      optional("latency_ms", number(0, {}, "20"), "Milliseconds that 95 of 100 texts, one at a time, may take on this machine."),
                      optional("size_mb", number(0, {}, "100"), "Size of the model's folder, in units of 1,000,000 bytes."),
                  }),
                  "What the model may cost.");
}

Budgets budgets_of(const Json& budgets) {
  Budgets result;
  if (!budgets.is_object()) return result;
  if (budgets["latency_ms"].is_number()) result.latency_ms = budgets["latency_ms"].get<double>();
  if (budgets["size_mb"].is_number()) result.size_mb = budgets["size_mb"].get<double>();
  return result;
}

engine::Check judge_latency(std::vector<double> milliseconds, double budget) {
  std::sort(milliseconds.begin(), milliseconds.end());
  const auto rows = static_cast<int64_t>(milliseconds.size());
  const auto at = [&](int64_t rank) { return milliseconds[static_cast<size_t>(std::clamp<int64_t>(rank, 0, rows - 1))]; };
  // How many of so many lie below the quantile is binomial.
  int64_t low = 0, high = rows;
  while (low < rows && stats::binomial_at_most(low, rows, quantile) <= (1 - confidence) / 2) ++low;
  while (high > 0 && 1 - stats::binomial_at_most(high - 1, rows, quantile) <= (1 - confidence) / 2) --high;
  const double measured = at(static_cast<int64_t>(quantile * static_cast<double>(rows))), from = at(low - 1);
  const bool bounded = high < rows;  // else there are too few
  const double to = at(high);
  engine::Check check;
  check.name = "latency, 95 of 100 texts <= " + brief(budget) + " ms";
  check.measured = measured;
  check.threshold = budget;
  check.outcome = bounded && to <= budget ? engine::Outcome::pass : low > 0 && from > budget ? engine::Outcome::fail : engine::Outcome::inconclusive;
  check.detail = "95 of 100 texts take " + shown(measured, "%.3g") + " ms at most, one at a time (95 % interval " + shown(from, "%.3g") + " to " +
                 (bounded ? shown(to, "%.3g") : "more") + ", " + count_of(rows, "measurement") + "), the budget " + brief(budget);
  check.evidence = {{"test", "order statistics"},
                    {"estimate", measured},
                    {"interval", {from, bounded ? Json(to) : Json()}},
                    {"confidence", confidence},
                    {"p", nullptr},
                    {"alpha", 1 - confidence},
                    {"rows", rows},
                    {"power", nullptr}};
  return check;
}

engine::Check judge_size(double megabytes, double budget) {
  engine::Check check;
  check.name = "size <= " + brief(budget) + " MB";
  check.measured = megabytes;
  check.threshold = budget;
  check.outcome = megabytes <= budget ? engine::Outcome::pass : engine::Outcome::fail;
  check.detail = "the model takes " + shown(megabytes, "%.3f") + " MB, the budget " + brief(budget);
  return check;
}

Result<std::vector<double>> measure_latency(const ml::Model& model, const std::vector<std::string_view>& texts, const CancelToken& cancel) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> milliseconds;
  const auto begun = Clock::now();
  for (size_t i = 0; milliseconds.size() < measurements; ++i) {
    const std::string_view text = texts[i % texts.size()];
    const auto start = Clock::now();
    TRY(model.score_raw(std::span(&text, 1), cancel));
    const auto end = Clock::now();
    if (i >= warm_up) milliseconds.push_back(std::chrono::duration<double, std::milli>(end - start).count());
    if (!milliseconds.empty() && end - begun > patience) break;
  }
  return milliseconds;
}

double megabytes_of(const std::filesystem::path& folder) {
  double bytes = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored))
    if (entry.is_regular_file(ignored)) bytes += static_cast<double>(entry.file_size(ignored));
  return bytes / 1e6;
}

}  // namespace mlopsctl::evaluate
