#include "stages/serve/web/card.hpp"

#include <gmock/gmock.h>

#include "stages/serve/web/web.hpp"
#include "tests/support/model_folders.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::serve::web {
namespace {

using mlopsctl::testing::TemporaryFolder;

class Card : public ::testing::Test {
 protected:
  static std::shared_ptr<const LiveModel> load(const std::filesystem::path& folder, const std::string& version) {
    return std::make_shared<LiveModel>(LiveModel{ml::Model::load(folder, "test").value(), digest_of(version), "goods", version});
  }
  Card() {
    const auto rows = mlopsctl::testing::write_rows(folder_ / "rows", mlopsctl::testing::good_and_bad(200, 10));
    live_ = load(mlopsctl::testing::train_model(folder_ / "model", rows), "1");
    web_ = make_web([this] { return live_; },
                    [this](const LiveModel& model) {
                      ++asked_;
                      return release_of(model.digest);
                    });
  }
  static Json release_of(const Digest& digest) {
    return {{"model", digest.str()},
            {"inputs",
             {{{"name", "judge.model"}, {"type", "model"}},
              {{"name", "judge"}, {"type", "evaluation"}, {"verdict", {{"outcome", "pass"}, {"summary", "good enough"}}}, {"metrics", {{"accuracy", 0.9}}}}}}};
  }
  // `texts` answers, of which `positive` are "pos".
  void serve(int texts, int positive) {
    Request request;
    std::vector<std::string> words(static_cast<size_t>(texts), "good");
    std::vector<int> labels;
    std::vector<float> probabilities;
    for (int i = 0; i < texts; ++i) {
      labels.push_back(i < positive ? 1 : 0);
      probabilities.insert(probabilities.end(), {i < positive ? 0.2f : 0.7f, i < positive ? 0.8f : 0.3f});
    }
    Outcome outcome{request, "POST /", "huggingface"};
    outcome.model = live_;
    outcome.texts = words;
    outcome.labels = labels;
    outcome.probabilities = probabilities;
    web_.observer(outcome);
  }
  Json card() {
    Json got;
    for (const Route& route : web_.routes)
      if (route.path == "/ui/model.json") {
        EXPECT_EQ(route.audience, Audience::users);
        route.run({}, {}, [&](const Response& response) {
          EXPECT_EQ(response.status, 200);
          got = parse_json(response.body, "card").value();
        });
      }
    return got;
  }

  TemporaryFolder folder_;
  std::shared_ptr<const LiveModel> live_;
  int asked_ = 0;
  Web web_;
};

TEST_F(Card, SaysWhatTheModelIsAndHowItWasJudged) {
  const Json got = card();
  EXPECT_EQ(got["name"], "goods");
  EXPECT_EQ(got["version"], "1");
  EXPECT_EQ(got["digest"], live_->digest.str());
  EXPECT_EQ(got["type"], "naive-bayes");
  EXPECT_EQ(got["labels"], (Json{"neg", "pos"}));
  ASSERT_EQ(got["evidence"].size(), 1u);  // the model itself is no evidence
  EXPECT_EQ(got["evidence"][0]["metrics"]["accuracy"], 0.9);
  EXPECT_EQ(got["served"], (Json{{"texts", 0}, {"classes", {{"neg", 0}, {"pos", 0}}}, {"confidence", Json(std::vector<int>(20, 0))}}));
  EXPECT_EQ(got["drift"], Json::array());
  EXPECT_EQ(got["reference"]["classes"].size(), 2u);
  card();
  EXPECT_EQ(asked_, 1);
}

TEST_F(Card, ShowsNoPathOfThisMachine) { EXPECT_THAT(canonical(card()), ::testing::Not(::testing::HasSubstr(folder_.path().string()))); }

TEST_F(Card, RaisesAnAlarmWhenAnswersDrift) {
  serve(99, 99);
  for (const Json& line : card()["drift"]) EXPECT_EQ(line["alarm"], false) << line;  // too few
  serve(1, 1);
  const Json got = card();
  EXPECT_EQ(got["served"]["texts"], 100);
  EXPECT_EQ(got["served"]["classes"], (Json{{"neg", 0}, {"pos", 100}}));
  EXPECT_EQ(got["served"]["confidence"][16], 100);
  ASSERT_EQ(got["drift"].size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(got["drift"][i]["signal"], (std::vector{"class_mix", "confidence", "imbalance"})[i]);
    EXPECT_EQ(got["drift"][i]["alarm"], true) << got["drift"][i];
  }
}

TEST_F(Card, KeepsTheNewestAnswersOnly) {
  serve(6000, 6000);
  serve(6000, 0);
  EXPECT_EQ(card()["served"]["classes"], (Json{{"neg", 6000}, {"pos", 4000}}));
  EXPECT_EQ(card()["served"]["texts"], Served::kWindow);
}

TEST_F(Card, BeginsAnewWithAnotherModel) {
  serve(10, 5);
  EXPECT_EQ(card()["served"]["texts"], 10);
  live_ = load(folder_ / "model/model", "2");
  EXPECT_EQ(card()["served"]["texts"], 0);
  EXPECT_EQ(card()["version"], "2");
  EXPECT_EQ(asked_, 2);
  serve(3, 0);
  EXPECT_EQ(card()["served"]["classes"], (Json{{"neg", 3}, {"pos", 0}}));
}

TEST_F(Card, SaysNothingOfAReleaseOfAnotherModel) {
  EXPECT_EQ(card_of(*live_, release_of(digest_of("another")), Served().window(*live_))["evidence"], Json::array());
  EXPECT_EQ(card_of(*live_, Json(), Served().window(*live_))["evidence"], Json::array());
}

}  // namespace
}  // namespace mlopsctl::serve::web
