// Each family on rows small enough to check by hand, and what all of them promise.
#include <cmath>

#include <gmock/gmock.h>

#include "pipeline/base/files.hpp"
#include "tests/unit/train/train_support.hpp"

namespace mlopsctl::train {
namespace {

const Texts kTwo{{"good good film", "good plot", "bad film", "bad bad plot"}, {"pos", "pos", "neg", "neg"}};

Texts three_classes() {
  Texts rows;
  const char* words[] = {"lovely", "plain", "awful"};
  const char* labels[] = {"c_good", "b_so_so", "a_bad"};
  for (int i = 0; i < 60; ++i) {
    rows.texts.push_back(std::string(words[i % 3]) + " word" + std::to_string(i % 7) + " other" + std::to_string(i % 5) + (i % 11 == 0 ? " lovely" : ""));
    rows.labels.emplace_back(labels[i % 3]);
  }
  return rows;
}

// scikit-learn's user guide, 1.9.2: log((count + alpha) / (total + alpha n)).
TEST(NaiveBayes, IsWhatOneComputesByHand) {
  const auto trained = train_family(kTwo, canonical_params("naive-bayes"));
  const auto scores = scores_of(*trained->report.classifier, {"good", "plot unseen", ""});
  // neg: bad 3, film 1, plot 1; pos: film 1, good 3, plot 1; four terms.
  EXPECT_NEAR(scores[0], std::log(0.5) + std::log(1.0 / 9), 1e-6);
  EXPECT_NEAR(scores[1], std::log(0.5) + std::log(4.0 / 9), 1e-6);
  EXPECT_NEAR(scores[2], std::log(0.5) + std::log(2.0 / 9), 1e-6);
  EXPECT_NEAR(scores[4], std::log(0.5), 1e-12);
  EXPECT_EQ(trained->report.metrics.at("train_accuracy"), 1);
  EXPECT_EQ(trained->report.metrics.at("terms"), 4);
}

TEST(NbSvm, WithBetaZeroFollowsTheLogCountRatioAlone) {
  const auto trained = train_family(kTwo, canonical_params("nb-svm", {{"ngrams", {1, 1}}, {"norm", "none"}, {"beta", 0}}));
  const auto scores = scores_of(*trained->report.classifier, {"good", "bad", "film", "plot"});
  // Rows that hold: bad 0/2, film 1/1, good 2/0, plot 1/1 (pos/neg), plus 1; both sums are 8. r(good) = ln 3, r(bad) = -ln 3, r(film) = 0.
  const double bias = scores[2 * 2 + 1];
  EXPECT_NEAR(scores[1] - bias, -(scores[3] - bias), 1e-6);
  EXPECT_GT(scores[1], bias);
  EXPECT_NEAR(scores[7], bias, 1e-12);
}

TEST(NbSvm, TakesThePresenceOfATermNotItsWeight) {
  const auto counted = train_family(kTwo, canonical_params("nb-svm", {{"ngrams", {1, 1}}, {"norm", "none"}, {"beta", 0}}));
  Texts repeated = kTwo;
  repeated.texts[0] = "good good good good film";
  const auto again = train_family(repeated, canonical_params("nb-svm", {{"ngrams", {1, 1}}, {"norm", "none"}, {"beta", 0}}));
  EXPECT_EQ(scores_of(*counted->report.classifier, kTwo.texts), scores_of(*again->report.classifier, kTwo.texts));
}

TEST(LinearSvm, WeighsRareClassesWhereAsked) {
  Texts rows;
  for (int i = 0; i < 40; ++i) rows.texts.emplace_back(i % 8 == 0 ? "rare shared" : "shared common"), rows.labels.emplace_back(i % 8 == 0 ? "b" : "a");
  const auto plain = train_family(rows, canonical_params("linear-svm", {{"c", 0.01}}));
  const auto balanced = train_family(rows, canonical_params("linear-svm", {{"c", 0.01}, {"class_weight", "balanced"}}));
  const std::vector<std::string> unclear{"shared"};
  EXPECT_GT(scores_of(*balanced->report.classifier, unclear)[1], scores_of(*plain->report.classifier, unclear)[1]);
}

TEST(LinearSvm, RefusesWhatCannotBeSolved) {
  const Status checked = trainer("linear-svm").check(canonical_params("linear-svm", {{"loss", "hinge"}, {"solver", "primal"}}), nullptr);
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().message, "the primal solver cannot fit the hinge loss");
  EXPECT_EQ(checked.error().field, "model.solver");
  EXPECT_TRUE(trainer("linear-svm").check(canonical_params("linear-svm", {{"loss", "hinge"}}), nullptr).ok());
}

TEST(Families, WarnWhereTheSolverStopsEarly) {
  Texts rows = three_classes();
  const auto trained = train_family(rows, canonical_params("linear-svm", {{"c", 1e6}, {"tolerance", 1e-15}, {"loss", "hinge"}}));
  ASSERT_FALSE(trained->report.warnings.empty());
  EXPECT_THAT(trained->report.warnings[0], ::testing::StartsWith("the solver stopped before it reached tolerance 1e-15 for label \""));
}

class EveryFamily : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryFamily, LoadsWhatItSaved) {
  for (const Texts& rows : {kTwo, three_classes()}) {
    const auto trained = train_family(rows, canonical_params(GetParam(), {{"ngrams", {1, 2}}}));
    auto loaded = trainer(GetParam()).load(trained->folder.path(), trained->description);
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    const std::vector<std::string> texts{"good bad film", "lovely word3", "", "entirely different"};
    std::vector<float> unknown, unknown_again;
    const auto scores = scores_of(*trained->report.classifier, texts, &unknown);
    EXPECT_EQ(scores, scores_of(**loaded, texts, &unknown_again));
    EXPECT_EQ(unknown, unknown_again);
    EXPECT_EQ(unknown.size(), texts.size());
    EXPECT_EQ((*loaded)->score_kind(), trained->report.classifier->score_kind());
    EXPECT_EQ(scores.size(), texts.size() * trained->labels.size());
  }
}

TEST_P(EveryFamily, LearnsItsRows) {
  const Texts rows = three_classes();
  const auto trained = train_family(rows, canonical_params(GetParam()));
  const auto predicted = answers(scores_of(*trained->report.classifier, rows.texts), trained->labels);
  EXPECT_GT(accuracy(predicted, rows.labels), 0.95);
  EXPECT_NEAR(trained->report.metrics.at("train_accuracy"), accuracy(predicted, rows.labels), 1e-12);
}

TEST_P(EveryFamily, WritesTheSameBytesForTheSameSeed) {
  const Texts rows = three_classes();
  const auto first = train_family(rows, canonical_params(GetParam()), 7), second = train_family(rows, canonical_params(GetParam()), 7);
  for (const char* file : {"weights.safetensors", "vocab.txt"})
    EXPECT_EQ(read_file(first->folder / file).value(), read_file(second->folder / file).value()) << file;
  EXPECT_EQ(first->report.family, second->report.family);
}

TEST_P(EveryFamily, RefusesADamagedFolder) {
  const auto trained = train_family(kTwo, canonical_params(GetParam()));
  const auto fault = [&] { return trainer(GetParam()).load(trained->folder.path(), trained->description).error().message; };
  Json shorter = trained->description;
  shorter["labels"] = {"a", "b", "c"};
  EXPECT_THAT(trainer(GetParam()).load(trained->folder.path(), shorter).error().message,
              ::testing::MatchesRegex("weights.safetensors: [12] columns do not fit 3 labels"));
  const std::string vocabulary = read_file(trained->folder / "vocab.txt").value();
  trained->folder.write("vocab.txt", vocabulary + "zzz\n");
  EXPECT_NE(fault(), "");
  trained->folder.write("weights.safetensors", "short");
  EXPECT_EQ(fault(), "weights.safetensors: not a safetensors file: it has 5 bytes, fewer than the 8 of the header length");
}

INSTANTIATE_TEST_SUITE_P(All, EveryFamily, ::testing::Values("linear-svm", "logistic", "naive-bayes", "nb-svm"), [](const auto& family) {
  std::string name = family.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace mlopsctl::train
