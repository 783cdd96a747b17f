// NB-SVM on IMDB against the same recipe in scikit-learn, as cross-validation within the training rows chose it:
// tests/oracle/expected/nb_svm_imdb.json.
#include <cmath>

#include <gtest/gtest.h>

#include "tests/support/oracle.hpp"
#include "tests/unit/train/train_support.hpp"

namespace mlopsctl::train {
namespace {

Texts without_breaks(Texts rows) {
  const std::string tag = "<br />";
  for (std::string& text : rows.texts)
    for (size_t at = text.find(tag); at != std::string::npos; at = text.find(tag, at)) text.replace(at, tag.size(), " ");
  return rows;
}

Json params_of(const Json& recipe) {
  const Json patterns = {{"marks", "punctuation"}, {"words_1", "words1"}, {"words_2", "words"}};
  const Json weighings = {{"binary", {{"weighting", "tf"}, {"binary", true}, {"norm", "none"}}},
                          {"binary_l2", {{"weighting", "tf"}, {"binary", true}, {"norm", "l2"}}},
                          {"tfidf", {{"weighting", "tfidf"}, {"binary", false}, {"norm", "l2"}, {"sublinear_tf", true}}}};
  Json params = weighings[recipe["weights"].get<std::string>()];
  params.update({{"ngrams", {1, recipe["max_n"]}},
                 {"token_pattern", patterns[recipe["tokens"].get<std::string>()]},
                 {"min_df", recipe["min_df"]},
                 {"c", recipe["C"]},
                 {"beta", recipe["beta"]},
                 {"tolerance", 1e-6}});
  return canonical_params("nb-svm", params);
}

TEST(NbSvmParity, AgreesWithScikitLearnOnImdb) {
  const auto data = test_data() / "imdb";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no test data in " << data << "; set MLOPSCTL_TEST_DATA";
  const std::filesystem::path oracle = testing::oracle_folder() / "nb_svm_imdb.json";
  if (!std::filesystem::exists(oracle)) GTEST_SKIP() << oracle << " is not made yet; tests/oracle/make.sh makes it";
  const Json expected = testing::oracle("nb_svm_imdb");
  const Json& wanted = expected["models"]["chosen"];
  const auto trained = train_family(without_breaks(read_texts(data / "train.csv", "text", "label")), params_of(wanted["recipe"]));
  EXPECT_EQ(trained->report.metrics.at("terms"), wanted["features"].get<double>());

  const Texts test = without_breaks(read_texts(data / "test.csv", "text", "label"));
  const auto scores = scores_of(*trained->report.classifier, test.texts);
  for (const Json& row : wanted["rows"]) EXPECT_NEAR(scores[2 * row[0].get<size_t>() + 1], row[1].get<double>(), 1e-3) << "row " << row[0];
  const double found = accuracy(answers(scores, trained->labels), test.labels);
  EXPECT_NEAR(found, wanted["accuracy"].get<double>(), 1e-12);
  EXPECT_GE(found, 0.917);
}

}  // namespace
}  // namespace mlopsctl::train
