#include "stages/serve/plain_scorer.hpp"

namespace mlopsctl::serve {

namespace {

class PlainScorer final : public Scorer {
 public:
  explicit PlainScorer(std::shared_ptr<const LiveModel> model) : model_(std::move(model)) {}

  void submit(std::vector<std::string> texts, SteadyTime, Done done) override {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    auto values = model_->model.score_raw(views, cancel_);
    if (!values.ok()) {
      const NotScored fault{NotScored::Why::failed, values.error().message};
      return done(nullptr, &fault);
    }
    Scored scored;
    scored.model = model_;
    scored.probabilities = std::move(values).value();
    scored.texts = std::move(texts);
    done(&scored, nullptr);
  }

  std::shared_ptr<const LiveModel> current() const override { return model_; }
  ScorerStats stats() const override { return {}; }
  void stop() override {}

 private:
  std::shared_ptr<const LiveModel> model_;
  CancelToken cancel_;
};

}  // namespace

std::unique_ptr<Scorer> plain_scorer(std::shared_ptr<const LiveModel> model) { return std::make_unique<PlainScorer>(std::move(model)); }

}  // namespace mlopsctl::serve
