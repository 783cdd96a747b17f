// Models for the server's tests: instant, plain to see through, and held up or broken where a test wants it.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

#include "stages/serve/scoring/model_source.hpp"

namespace mlopsctl::testing {

// What a test does to a model, and what it sees of it. Outlives the model.
struct FakeCalls {
  std::function<Status(std::span<const std::string_view>)> before{};  // on the scoring thread; an Error is the model's
  double sharpness = 2;                                               // scores are plus and minus this; not a number: a broken model
  bool cheap = false;

  std::vector<std::vector<std::string>> batches() const {
    const std::lock_guard lock(mutex);
    return seen;
  }
  mutable std::mutex mutex;
  std::vector<std::vector<std::string>> seen;
};

// A text with "good" in it belongs to the last label, any other to the first. As many tokens as bytes.
class FakeClassifier final : public ml::Classifier {
 public:
  FakeClassifier(FakeCalls& calls, size_t labels) : calls_(calls), labels_(labels) {}
  ml::ScoreKind score_kind() const override { return ml::ScoreKind::log_probability; }
  Result<std::vector<double>> scores(std::span<const std::string_view> texts, const CancelToken&, std::vector<float>*) const override {
    {
      const std::lock_guard lock(calls_.mutex);
      calls_.seen.emplace_back(texts.begin(), texts.end());
    }
    if (calls_.before) TRY(calls_.before(texts));
    std::vector<double> all(texts.size() * labels_, 0);
    for (size_t i = 0; i < texts.size(); ++i) all[i * labels_ + (texts[i].find("good") == std::string_view::npos ? 0 : labels_ - 1)] = calls_.sharpness;
    return all;
  }
  size_t tokens(std::string_view text) const override { return text.size(); }
  bool cheap() const override { return calls_.cheap; }

 private:
  FakeCalls& calls_;
  size_t labels_;
};

inline Json fake_description(const std::vector<std::string>& labels) {
  return {{"format", "mlopsctl-model-1"},
          {"type", "fake"},
          {"labels", labels},
          {"recipe", Json::object()},
          {"params", Json::object()},
          {"family", Json::object()},
          {"calibration", {{"method", "none"}}},
          {"profile", nullptr}};
}

inline serve::ModelPlace fake_place(const std::string& name, int version) {
  const std::string stamp = name + " " + std::to_string(version);
  return {"", digest_of(stamp), name, std::to_string(version), "alias " + name + ", version " + std::to_string(version), stamp};
}

inline Result<ml::Model> fake_model(FakeCalls& calls, const std::vector<std::string>& labels = {"negative", "positive"}) {
  return ml::Model::of(fake_description(labels), std::make_unique<FakeClassifier>(calls, labels.size()), "fake");
}

}  // namespace mlopsctl::testing
