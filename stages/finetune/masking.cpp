#include "stages/finetune/masking.hpp"

#include <algorithm>

#include "pipeline/base/random.hpp"

namespace mlopsctl::finetune {

void mask(Batch& batch, const MaskIds& ids, uint64_t seed) {
  Random random(seed);
  batch.positions.clear();
  batch.labels.clear();
  std::vector<int32_t> candidates;
  for (size_t text = 0; text < batch.texts(); ++text) {
    candidates.clear();
    for (int32_t at = batch.starts[text]; at < batch.starts[text + 1]; ++at) {
      const int32_t id = batch.ids[static_cast<size_t>(at)];
      if (id != ids.cls && id != ids.sep) candidates.push_back(at);
    }
    if (candidates.empty()) continue;
    random.shuffle(candidates);
    candidates.resize(std::max<size_t>(1, (candidates.size() * 15 + 50) / 100));
    std::sort(candidates.begin(), candidates.end());
    for (const int32_t at : candidates) {
      int32_t& id = batch.ids[static_cast<size_t>(at)];
      batch.positions.push_back(at);
      batch.labels.push_back(id);
      const uint64_t lot = random.below(10);
      if (lot < 8) id = ids.mask;
      else if (lot == 8) id = static_cast<int32_t>(random.below(static_cast<uint64_t>(ids.vocabulary)));
    }
  }
}

}  // namespace mlopsctl::finetune
