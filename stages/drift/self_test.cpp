#include "stages/drift/self_test.hpp"

#include <algorithm>
#include <numeric>

#include "pipeline/base/parallel.hpp"
#include "pipeline/base/random.hpp"

namespace mlopsctl::drift {

train::Profile profile_of(const Seen& seen, std::span<const uint32_t> rows, std::string source) {
  std::vector<std::string_view> texts;
  std::vector<float> unknown;
  std::vector<int> given;
  train::Content content{seen.content.of, {}};
  for (const uint32_t row : rows) {
    texts.push_back(seen.texts[row]);
    if (!seen.unknown.empty()) unknown.push_back(seen.unknown[row]);
    if (!seen.given.empty()) given.push_back(seen.given[row]);
    const auto vector = seen.content.vectors.begin() + static_cast<std::ptrdiff_t>(row * train::kContentWidth);
    if (!seen.content.vectors.empty()) content.vectors.insert(content.vectors.end(), vector, vector + train::kContentWidth);
  }
  return train::measure_profile(std::move(source), seen.labels, texts, probabilities_of(seen, rows), unknown, given, train::kept_content(content));
}

std::vector<float> probabilities_of(const Seen& seen, std::span<const uint32_t> rows) {
  const size_t classes = seen.labels.size();
  std::vector<float> all;
  all.reserve(rows.size() * classes);
  for (const uint32_t row : rows) {
    const auto begin = seen.probabilities.begin() + static_cast<std::ptrdiff_t>(row * classes);
    all.insert(all.end(), begin, begin + static_cast<std::ptrdiff_t>(classes));
  }
  return all;
}

SelfTest self_test(const Seen& seen, int64_t window, int trials, const Thresholds& thresholds, uint64_t seed) {
  std::vector<std::vector<Line>> reports(static_cast<size_t>(trials));
  in_parallel(reports.size(), processors(), [&](size_t trial) {
    std::vector<uint32_t> rows(seen.texts.size());
    std::iota(rows.begin(), rows.end(), uint32_t{0});
    Random(seed + trial).shuffle(rows);
    const std::span<const uint32_t> dealt(rows);
    const auto now = dealt.last(static_cast<size_t>(window)), before = dealt.first(rows.size() - static_cast<size_t>(window));
    const train::Profile reference = profile_of(seen, before, "reference"), current = profile_of(seen, now, "window");
    stats::LabelShiftOptions options;
    options.resamples = 200;
    reports[trial] = compare(reference, current, thresholds, outlook(reference, current, probabilities_of(seen, now), options));
  });

  SelfTest result;
  result.trials = trials;
  for (const auto& lines : reports) {
    bool alarm = false, significant = false;
    for (const Line& line : lines) {
      auto signal = std::find_if(result.signals.begin(), result.signals.end(), [&](const SelfTest::Signal& each) { return each.name == line.signal; });
      if (signal == result.signals.end()) signal = result.signals.insert(signal, {line.signal, 0, 0, 0});
      const bool seen_by_p = line.adjusted_p && *line.adjusted_p <= thresholds.alpha;
      signal->alarms += line.alarm;
      signal->significant += seen_by_p;
      signal->detectable += line.detectable.value_or(0) / trials;
      alarm |= line.alarm && line.adjusted_p;
      significant |= seen_by_p;
    }
    result.alarms += alarm;
    result.significant += significant;
  }
  return result;
}

}  // namespace mlopsctl::drift
