// A frozen encoder's output, worked out once for each distinct text and kept on disk: the next epoch, the next learning rate and the next
// run find it there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/result.hpp"
#include "stages/finetune/network.hpp"
#include "stages/finetune/texts.hpp"

namespace mlopsctl::finetune {

class Features {
 public:
  size_t size() const { return row_of_.size(); }  // texts
  size_t width() const { return width_; }
  std::span<const float> of(size_t text) const;
  size_t distinct() const { return distinct_; }
  size_t computed() const { return computed_; }  // of the distinct ones; the others were found

 private:
  friend class FeatureMaker;
  struct Chunk {
    std::vector<float> values;                    // where they are not on disk,
    std::optional<weights::SafeTensors> on_disk;  // else this,
    std::span<const float> view;                  // and a view of either
  };
  std::vector<Chunk> chunks_;
  std::vector<uint32_t> row_of_;  // text -> distinct text
  size_t width_ = 0, distinct_ = 0, computed_ = 0;
};

struct FeatureOptions {
  std::string depends_on;                                                // all that the features depend on besides the token ids
  std::function<Result<std::filesystem::path>(const Digest& of)> memo;   // null: nothing is kept
  std::function<void(double fraction, std::string_view what)> progress;  // may be null
  int64_t batch_tokens = 4096;
};

// That a memo cannot be read or written is no error: the features are worked out, or held in memory.
Result<Features> features_of(Network& network, const TokenisedTexts& texts, int64_t hidden, const FeatureOptions& options, const CancelToken& cancel);

}  // namespace mlopsctl::finetune
