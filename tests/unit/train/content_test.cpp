#include "stages/train/content.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

namespace mlopsctl::train {
namespace {

class Words : public ml::Classifier {
 public:
  ml::ScoreKind score_kind() const override { return ml::ScoreKind::margin; }
  Result<std::vector<double>> scores(std::span<const std::string_view>, const CancelToken&, std::vector<float>*) const override {
    return std::vector<double>();
  }
};

// Its embeddings are a text's length and its negative, and a hundred numbers that are always 0.
class Encoder : public Words {
 public:
  Result<std::vector<float>> embeddings(std::span<const std::string_view> texts, const CancelToken&) const override {
    std::vector<float> all;
    for (const std::string_view text : texts) {
      all.push_back(static_cast<float>(text.size()));
      all.push_back(-static_cast<float>(text.size()));
      all.resize(all.size() + 100);
    }
    return all;
  }
};

std::span<const int8_t> row(const Content& content, size_t at) { return std::span(content.vectors).subspan(at * kContentWidth, kContentWidth); }
double length(std::span<const int8_t> vector) { return std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0)); }

TEST(Content, IsOfTheWordsWhereThereAreNoEmbeddings) {
  const std::vector<std::string_view> texts{"late again", " again\tlate ", "late late again again", "something else", "  "};
  const auto content = content_of(Words(), texts, CancelToken());
  ASSERT_TRUE(content);
  EXPECT_EQ(content->of, "words");
  ASSERT_EQ(content->rows(), texts.size());
  EXPECT_TRUE(std::ranges::equal(row(*content, 0), row(*content, 1))) << "neither order nor white space counts";
  EXPECT_TRUE(std::ranges::equal(row(*content, 0), row(*content, 2))) << "nor length";
  EXPECT_FALSE(std::ranges::equal(row(*content, 0), row(*content, 3)));
  EXPECT_NEAR(length(row(*content, 0)), 127, 1);
  EXPECT_EQ(length(row(*content, 4)), 0) << "no word";
}

TEST(Content, IsOfTheEmbeddingsWhereThereAreSome) {
  const std::vector<std::string_view> texts{"a", "bbb"};
  const auto content = content_of(Encoder(), texts, CancelToken());
  ASSERT_TRUE(content);
  EXPECT_EQ(content->of, "embeddings");
  ASSERT_EQ(content->rows(), 2U);
  EXPECT_TRUE(std::ranges::equal(row(*content, 0), row(*content, 1))) << "the direction counts, not the length";
}

TEST(Content, IsKeptInBoundedSizeEvenlyOverAllRows) {
  EXPECT_THAT(content_rows(3), ::testing::ElementsAre(0, 1, 2));
  const auto rows = content_rows(1'000'001);
  EXPECT_EQ(rows.size(), kContentRows);
  EXPECT_EQ(rows[1], 2000U);
  std::vector<std::string> words;
  for (int i = 0; i < 1200; ++i) words.push_back("word" + std::to_string(i));
  const std::vector<std::string_view> texts(words.begin(), words.end());
  const auto all = content_of(Words(), texts, CancelToken()), kept = kept_content_of(Words(), texts, CancelToken());
  ASSERT_TRUE(all && kept);
  EXPECT_EQ(kept_content(*all).vectors, kept->vectors);
  EXPECT_LT(to_json(*kept).dump().size(), 45'000U) << "what a model's description grows by, at most";
}

TEST(Content, SurvivesJson) {
  const std::vector<std::string_view> texts{"late again", "something else"};
  const auto content = content_of(Words(), texts, CancelToken());
  const Content back = content_from_json(to_json(*content));
  EXPECT_EQ(back.of, "words");
  EXPECT_EQ(back.vectors, content->vectors);
  EXPECT_EQ(to_json(Content()), nullptr);
  for (const Json& none : {Json(), Json{{"of", "words"}, {"width", 7}, {"vectors", "AAAA"}}, Json{{"of", "words"}, {"width", 64}, {"vectors", "AAAA"}},
                           Json{{"of", "words"}, {"width", 64}, {"vectors", "?"}}})
    EXPECT_EQ(content_from_json(none).rows(), 0U) << none;
}

}  // namespace
}  // namespace mlopsctl::train
