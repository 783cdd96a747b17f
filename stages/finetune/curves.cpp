#include "stages/finetune/curves.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace mlopsctl::finetune {
namespace {

// The mean of the lines' `key`, of those that have a number; else null.
Json mean(const std::vector<Json>& lines, size_t begin, size_t end, const char* key) {
  double sum = 0, count = 0;
  for (size_t i = begin; i < end; ++i) {
    if (!lines[i][key].is_number()) continue;
    sum += lines[i][key].get<double>();
    ++count;
  }
  return count > 0 ? Json(sum / count) : Json();
}

}  // namespace

Json curves_of(const std::string& training_log, size_t most) {
  std::vector<Json> steps;
  Json epochs = Json::array();
  std::string_view rest = training_log;
  for (size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    if (auto line = parse_json(rest.substr(0, end), "training.jsonl"); line && line->is_object()) {
      if (line->contains("train_loss")) epochs.push_back(*std::move(line));
      else steps.push_back(*std::move(line));
    }
    rest.remove_prefix(end + 1);
  }
  Json points = Json::array();
  const size_t shown = std::min(most, steps.size());
  for (size_t i = 0; i < shown; ++i) {
    const size_t begin = i * steps.size() / shown, end = (i + 1) * steps.size() / shown;
    points.push_back({steps[end - 1]["step"], mean(steps, begin, end, "lr"), mean(steps, begin, end, "loss"), mean(steps, begin, end, "norm")});
  }
  return {{"steps", std::move(points)}, {"epochs", std::move(epochs)}};
}

}  // namespace mlopsctl::finetune
