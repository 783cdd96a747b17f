#include "stages/finetune/features.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace mlopsctl::finetune {
namespace {

constexpr size_t texts_in_chunk = 16'384;
static_assert(sizeof(int32_t) == sizeof(float));

std::string_view bytes_of(std::span<const int32_t> ids) { return {reinterpret_cast<const char*>(ids.data()), ids.size_bytes()}; }

}  // namespace

// Which texts are the same, and the chunks of those that are not.
class FeatureMaker {
 public:
  FeatureMaker(Network& network, const TokenisedTexts& texts, int64_t hidden, const FeatureOptions& options, const CancelToken& cancel)
      : network_(network), texts_(texts), options_(options), cancel_(cancel) {
    made_.width_ = static_cast<size_t>(hidden);
    std::unordered_map<std::string_view, uint32_t> seen;
    for (uint32_t text = 0; text < texts.size(); ++text) {
      const auto [place, is_new] = seen.emplace(bytes_of(texts.text(text)), static_cast<uint32_t>(first_.size()));
      if (is_new) first_.push_back(text);
      made_.row_of_.push_back(place->second);
    }
    made_.distinct_ = first_.size();
  }

  Result<Features> run() {
    for (size_t begin = 0; begin < first_.size(); begin += texts_in_chunk) {
      const auto chunk = std::span(first_).subspan(begin, std::min(texts_in_chunk, first_.size() - begin));
      std::filesystem::path memo;
      if (options_.memo) {
        auto file = options_.memo(key_of(chunk));
        if (file) memo = *file;
      }
      if (!memo.empty() && open(memo, chunk.size())) continue;
      TRY(work_out(chunk, begin));
      if (!memo.empty()) keep(memo);
    }
    return std::move(made_);
  }

 private:
  Digest key_of(std::span<const uint32_t> chunk) const {
    Sha256 hash;
    hash.field("format", "mlopsctl-features-1").field("depends on", options_.depends_on);
    for (const uint32_t text : chunk) hash.field("text", bytes_of(texts_.text(text)));
    return hash.finish();
  }

  bool open(const std::filesystem::path& memo, size_t rows) {
    std::error_code ignored;
    if (!std::filesystem::exists(memo, ignored)) return false;
    auto file = weights::SafeTensors::open(memo, "remembered features");
    if (!file) return false;
    const weights::Tensor* tensor = file->find("features");
    const std::vector<int64_t> shape{static_cast<int64_t>(rows), static_cast<int64_t>(made_.width_)};
    if (tensor == nullptr || tensor->dtype != weights::Dtype::f32 || tensor->shape != shape) return false;
    if (reinterpret_cast<uintptr_t>(tensor->bytes.data()) % alignof(float) != 0) return false;
    const std::span<const float> view(reinterpret_cast<const float*>(tensor->bytes.data()), rows * made_.width_);
    made_.chunks_.push_back({{}, std::move(*file), view});
    return true;
  }

  Status work_out(std::span<const uint32_t> chunk, size_t done) {
    std::vector<int32_t> lengths;
    for (const uint32_t text : chunk) lengths.push_back(texts_.lengths[text]);
    std::vector<float> values(chunk.size() * made_.width_);
    size_t here = 0;
    for (const Group& group : sorted_groups(lengths, {options_.batch_tokens, 0})) {
      if (cancel_.cancelled()) return cancelled_while("working out the encoder's features");
      if (options_.progress)
        options_.progress(static_cast<double>(done + here) / static_cast<double>(first_.size()),
                          "features of " + std::to_string(done + here) + "/" + std::to_string(first_.size()) + " texts");
      Group of_texts;
      for (const uint32_t at : group) of_texts.push_back(chunk[at]);
      TRY_ASSIGN(const std::vector<float> rows, network_.features(batch_of(texts_, of_texts)));
      if (rows.size() != group.size() * made_.width_) return stage_error("the encoder's features have another size than its config.json says");
      for (size_t i = 0; i < group.size(); ++i)
        std::memcpy(values.data() + group[i] * made_.width_, rows.data() + i * made_.width_, made_.width_ * sizeof(float));
      here += group.size();
    }
    made_.computed_ += chunk.size();
    made_.chunks_.push_back({std::move(values), {}, {}});
    made_.chunks_.back().view = made_.chunks_.back().values;
    return {};
  }

  // From memory to disk, from where it is mapped; what cannot be written stays in memory.
  void keep(const std::filesystem::path& memo) {
    Features::Chunk& chunk = made_.chunks_.back();
    const size_t rows = chunk.view.size() / made_.width_;
    weights::SafeTensorsWriter writer;
    writer.add<float>("features", {static_cast<int64_t>(rows), static_cast<int64_t>(made_.width_)}, chunk.view);
    if (!writer.save(memo)) return;
    Features::Chunk in_memory = std::move(chunk);
    in_memory.view = in_memory.values;
    made_.chunks_.pop_back();
    if (!open(memo, rows)) made_.chunks_.push_back(std::move(in_memory));
  }

  Network& network_;
  const TokenisedTexts& texts_;
  const FeatureOptions& options_;
  const CancelToken& cancel_;
  std::vector<uint32_t> first_;  // distinct text -> the first text that is it
  Features made_;
};

std::span<const float> Features::of(size_t text) const {
  const size_t row = row_of_[text];
  return chunks_[row / texts_in_chunk].view.subspan(row % texts_in_chunk * width_, width_);
}

Result<Features> features_of(Network& network, const TokenisedTexts& texts, int64_t hidden, const FeatureOptions& options, const CancelToken& cancel) {
  return FeatureMaker(network, texts, hidden, options, cancel).run();
}

}  // namespace mlopsctl::finetune
