// The linear families against scikit-learn on real data: tests/oracle/expected/linear_svc_<set>.json.
#include <cmath>
#include <map>

#include <gmock/gmock.h>

#include "tests/support/oracle.hpp"
#include "tests/unit/train/train_support.hpp"

namespace mlopsctl::train {
namespace {

struct Split {
  Texts train, test;
};

Split read_split(const std::string& set) {
  const auto data = test_data();
  if (set == "airline")
    return {read_texts(data / "airline/train.csv", "text", "airline_sentiment"), read_texts(data / "airline/test.csv", "text", "airline_sentiment")};
  if (set == "imdb") return {read_texts(data / "imdb/train.csv", "text", "label"), read_texts(data / "imdb/test.csv", "text", "label")};
  const Texts all = read_texts(data / "movie_reviews/kaggle_train_head.tsv", "Phrase", "Sentiment", false);
  Split split;
  for (size_t i = 0; i < all.texts.size(); ++i) {
    Texts& side = i % 3 == 2 ? split.test : split.train;
    side.texts.push_back(all.texts[i]);
    side.labels.push_back(all.labels[i]);
  }
  return split;
}

std::string digest_of_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() && &line == &lines.front() ? "" : "\n") + line;
  return digest_of(text).hex();
}

double log_sigmoid(double z) { return z >= 0 ? -std::log1p(std::exp(-z)) : z - std::log1p(std::exp(z)); }

class Parity : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(test_data() / "airline")) GTEST_SKIP() << "no test data in " << test_data() << "; set MLOPSCTL_TEST_DATA";
    expected_ = testing::oracle("linear_svc_" + GetParam());
    split_ = read_split(GetParam());
    ASSERT_EQ(split_.train.texts.size(), expected_["train_rows"].get<size_t>());
    ASSERT_EQ(split_.test.texts.size(), expected_["test_rows"].get<size_t>());
  }

  // Trains, scores the test rows and compares with scikit-learn's model `name`.
  void check(const std::string& name, const Json& params) {
    const auto trained = train_family(split_.train, params);
    const auto scores = scores_of(*trained->report.classifier, split_.test.texts);
    const size_t classes = trained->labels.size();
    const Json* wanted = nullptr;
    for (const Json& model : expected_["models"])
      if (model["name"] == name) wanted = &model;
    ASSERT_NE(wanted, nullptr) << name;
    double largest = 0;
    for (const Json& row : (*wanted)["rows"]) {
      const size_t first = row[0].get<size_t>() * classes;
      const bool single = row.size() == 2;  // two classes: one value for the second
      for (size_t k = 1; k < row.size(); ++k) {
        const double value = params["type"] == "logistic" ? log_sigmoid(row[k].get<double>()) : row[k].get<double>();
        largest = std::max(largest, std::abs(value - scores[first + (single ? 1 : k - 1)]));
      }
    }
    EXPECT_LT(largest, 1e-3) << name;
    RecordProperty(name + "_largest_difference", std::to_string(largest));
    const auto predicted = answers(scores, trained->labels);
    EXPECT_NEAR(accuracy(predicted, split_.test.labels), (*wanted)["accuracy"].get<double>(), 1e-12) << name;
    EXPECT_EQ(digest_of_lines(predicted), (*wanted)["predicted_sha256"]) << name;
  }

  Json expected_;
  Split split_;
};

TEST_P(Parity, LinearSvmDual) { check("svc_dual_tight", canonical_params("linear-svm", {{"ngrams", {1, 2}}, {"tolerance", 1e-8}})); }
TEST_P(Parity, LinearSvmPrimal) { check("svc_primal_tight", canonical_params("linear-svm", {{"ngrams", {1, 2}}, {"solver", "primal"}, {"tolerance", 1e-8}})); }
TEST_P(Parity, NaiveBayes) { check("multinomial_nb", canonical_params("naive-bayes")); }
TEST_P(Parity, Logistic) { check("logistic_ovr_tight", canonical_params("logistic", {{"ngrams", {1, 2}}, {"tolerance", 1e-8}})); }

INSTANTIATE_TEST_SUITE_P(RealData, Parity, ::testing::Values("airline", "kaggle", "imdb"), [](const auto& set) { return set.param; });

}  // namespace
}  // namespace mlopsctl::train
