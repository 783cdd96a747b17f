#include "stages/drift/pictures.hpp"

namespace mlopsctl::drift {
namespace {

std::vector<double> shares(const std::vector<int64_t>& counts, int64_t rows) {
  std::vector<double> result;
  for (const int64_t count : counts) result.push_back(static_cast<double>(count) / static_cast<double>(rows));
  return result;
}

// Bins that both leave empty are left out.
template <typename Last>
Json cumulative(const char* signal, const std::vector<int64_t>& before, const std::vector<int64_t>& now, const train::Profile& reference,
                const train::Profile& current, const Last& last_of) {
  Json at = Json::array(), first = Json::array(), second = Json::array();
  int64_t seen_before = 0, seen_now = 0;
  for (size_t bin = 0; bin < before.size() && bin < now.size(); ++bin) {
    if (before[bin] + now[bin] == 0) continue;
    seen_before += before[bin], seen_now += now[bin];
    at.push_back(last_of(bin));
    first.push_back(static_cast<double>(seen_before) / static_cast<double>(reference.rows));
    second.push_back(static_cast<double>(seen_now) / static_cast<double>(current.rows));
  }
  return {{"signal", signal}, {"at", std::move(at)}, {"before", std::move(first)}, {"now", std::move(second)}};
}

}  // namespace

Json distributions_json(const train::Profile& reference, const train::Profile& current) {
  return {{{"signal", "class_mix"},
           {"labels", reference.labels},
           {"before", shares(reference.predicted, reference.rows)},
           {"now", shares(current.predicted, current.rows)}},
          cumulative("text_length", reference.characters, current.characters, reference, current,
                     [](size_t bin) { return bin + 1 < train::length_bins() ? train::length_bin_start(bin + 1) - 1 : train::length_bin_start(bin); }),
          cumulative("confidence", reference.confidence, current.confidence, reference, current,
                     [](size_t bin) { return static_cast<double>(bin + 1) / static_cast<double>(train::kConfidenceBins); })};
}

Json power_json(const std::vector<Line>& lines, double alpha) {
  Json result = Json::array();
  for (const Line& line : lines) {
    if (!line.seen_from) continue;
    Json points = Json::array();
    for (const double chance : {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99})
      if (chance > alpha) points.push_back({line.seen_from(chance), chance});
    result.push_back({{"signal", line.signal}, {"threshold", line.threshold}, {"points", std::move(points)}});
  }
  return result;
}

}  // namespace mlopsctl::drift
