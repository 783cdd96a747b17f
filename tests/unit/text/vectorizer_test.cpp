#include "stages/text/vectorizer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "pipeline/base/digest.hpp"
#include "stages/data/table.hpp"
#include "tests/support/oracle.hpp"

namespace mlopsctl::text {
namespace {

using testing::oracle;
using testing::test_data;

using Strings = std::vector<std::string>;

std::vector<std::string_view> views(const Strings& texts) { return {texts.begin(), texts.end()}; }

TEST(Analyze, GivesScikitLearnsTerms) {
  const Json cases = oracle("tokens").at("cases");
  ASSERT_GT(cases.size(), 600u);
  for (const Json& item : cases) {
    const auto text = item.at("text").get<std::string>();
    EXPECT_EQ(analyze({{"ngrams", {1, 1}}}, text), item.at("ngrams_1_1").get<Strings>()) << canonical(item.at("text"));
    EXPECT_EQ(analyze({{"ngrams", {1, 2}}}, text), item.at("ngrams_1_2").get<Strings>()) << canonical(item.at("text"));
  }
}

TEST(Analyze, OtherPatterns) {
  EXPECT_EQ(analyze({{"token_pattern", "words1"}}, "A b, isn't I"), (Strings{"a", "b", "isn", "t", "i"}));
  EXPECT_EQ(analyze({{"token_pattern", "punctuation"}}, "No!! I don't 😀."), (Strings{"no", "!", "!", "i", "don", "'", "t", "😀", "."}));
  EXPECT_EQ(analyze({{"lowercase", false}}, "Ab CD"), (Strings{"Ab", "CD"}));
  EXPECT_EQ(analyze({{"stop_words", "english"}, {"ngrams", {1, 2}}}, "the plot of the film"), (Strings{"plot", "film", "plot film"}));
  EXPECT_EQ(analyze({{"ngrams", {2, 3}}}, "aa bb cc"), (Strings{"aa bb", "bb cc", "aa bb cc"}));
}

// --- against scikit-learn on real data

Strings column_of(const std::filesystem::path& path, std::string_view name, bool quotes) {
  data::TableOptions options;
  options.quotes = quotes;
  Result<data::TableReader> reader = data::TableReader::open(path, options, path.string());
  EXPECT_TRUE(reader.ok());
  const size_t column = *reader->column(name);
  Strings texts;
  data::Record record;
  data::BadRecord bad;
  while (true) {
    const Result<data::Next> next = reader->next(record, bad);
    EXPECT_TRUE(next.ok() && *next != data::Next::bad);
    if (!next.ok() || *next != data::Next::record) return texts;
    texts.emplace_back(record.fields[column]);
  }
}

struct Split {
  Strings train, test;
};

Split read_split(const std::string& name) {
  if (name == "airline") return {column_of(test_data() / "airline/train.csv", "text", true), column_of(test_data() / "airline/test.csv", "text", true)};
  if (name == "imdb") return {column_of(test_data() / "imdb/train.csv", "text", true), column_of(test_data() / "imdb/test.csv", "text", true)};
  Split split;
  const Strings all = column_of(test_data() / "movie_reviews/kaggle_train_head.tsv", "Phrase", false);
  for (size_t i = 0; i < all.size(); ++i) (i % 3 == 2 ? split.test : split.train).push_back(all[i]);
  return split;
}

Json params_of(const Json& config) {
  Json params = {{"weighting", config.at("weighting")}};
  for (const auto& option : config.at("options").items()) params[option.key() == "ngram_range" ? "ngrams" : option.key()] = option.value();
  return params;
}

std::string vocabulary_digest(const Vectorizer& vectorizer) {
  Sha256 hash;
  for (size_t i = 0; i < vectorizer.size(); ++i) {
    if (i > 0) hash.update("\n");
    hash.update(vectorizer.term(i));
  }
  return hash.finish().hex();
}

void expect_rows(const Json& config, const Vectorizer& vectorizer, const SparseRows& rows) {
  double sum = 0;
  for (const float value : rows.values) sum += value;
  const auto expected_sum = config.at("test_sum").get<double>();
  EXPECT_EQ(rows.columns.size(), config.at("test_nnz").get<size_t>());
  EXPECT_NEAR(sum, expected_sum, 1e-6 * expected_sum);
  for (const Json& expected : config.at("rows")) {
    const auto row = expected.at("row").get<size_t>();
    std::map<std::string_view, double> found;
    double total = 0, squares = 0;
    for (auto at = static_cast<size_t>(rows.offsets[row]); at < static_cast<size_t>(rows.offsets[row + 1]); ++at) {
      const double value = rows.values[at];
      found[vectorizer.term(static_cast<size_t>(rows.columns[at]))] = value;
      total += value;
      squares += value * value;
    }
    EXPECT_EQ(found.size(), expected.at("nnz").get<size_t>()) << row;
    EXPECT_NEAR(total, expected.at("sum").get<double>(), 1e-6 * std::max(1.0, total)) << row;
    EXPECT_NEAR(std::sqrt(squares), expected.at("l2").get<double>(), 1e-6) << row;
    for (const Json& largest : expected.at("largest"))
      EXPECT_NEAR(found[largest[0].get_ref<const std::string&>()], largest[1].get<double>(), 1e-6) << row << largest;
  }
}

class VectorizerOracle : public ::testing::TestWithParam<std::string> {};

TEST_P(VectorizerOracle, GivesScikitLearnsRows) {
  if (!std::filesystem::exists(test_data())) GTEST_SKIP() << test_data().string() << " is not here; set MLOPSCTL_TEST_DATA";
  const Split split = read_split(GetParam());
  const CancelToken cancel;
  const Json configs = oracle("vectorizer_" + GetParam()).at("configs");
  ASSERT_FALSE(configs.empty());
  for (const Json& config : configs) {
    SCOPED_TRACE(config.at("name").get<std::string>());
    Result<Vectorizer> vectorizer = Vectorizer::make(params_of(config));
    ASSERT_TRUE(vectorizer.ok()) << vectorizer.error().message;
    const Result<SparseRows> train = vectorizer->fit_transform(views(split.train), cancel);
    ASSERT_TRUE(train.ok()) << train.error().message;
    EXPECT_EQ(vectorizer->size(), config.at("vocabulary_size").get<size_t>());
    EXPECT_EQ(vocabulary_digest(*vectorizer), config.at("vocabulary_sha256").get<std::string>());
    expect_rows(config, *vectorizer, vectorizer->transform(views(split.test)));

    // Training rows are what transform() makes of the training texts.
    const SparseRows again = vectorizer->transform(views(split.train));
    EXPECT_EQ(train->offsets, again.offsets);
    EXPECT_EQ(train->columns, again.columns);
    EXPECT_EQ(train->values, again.values);
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, VectorizerOracle, ::testing::Values("airline", "kaggle", "imdb"), [](const auto& set) { return set.param; });

// --- by hand

SparseRows fit(const Json& params, const Strings& texts, Vectorizer* made = nullptr) {
  Result<Vectorizer> vectorizer = Vectorizer::make(params);
  EXPECT_TRUE(vectorizer.ok());
  Result<SparseRows> rows = vectorizer->fit_transform(views(texts), CancelToken());
  EXPECT_TRUE(rows.ok()) << rows.error().message;
  if (made != nullptr) *made = std::move(*vectorizer);
  return std::move(*rows);
}

Strings terms(const Vectorizer& vectorizer) {
  Strings all;
  for (size_t i = 0; i < vectorizer.size(); ++i) all.emplace_back(vectorizer.term(i));
  return all;
}

TEST(Vectorizer, TermsAreInByteOrder) {
  Result<Vectorizer> vectorizer = Vectorizer::make({{"ngrams", {1, 3}}, {"token_pattern", "punctuation"}, {"weighting", "counts"}});
  const Strings texts = {"go going go_ go 1 go! éa go", "go go go", "going ! go", "! ! é"};
  ASSERT_TRUE(vectorizer->fit_transform(views(texts), CancelToken()).ok());
  const Strings found = terms(*vectorizer);
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
  std::set<std::string> expected;
  for (const std::string& text : texts)
    for (const std::string& term : analyze(vectorizer->params(), text)) expected.insert(term);
  EXPECT_EQ(found, Strings(expected.begin(), expected.end()));
}

TEST(Vectorizer, WeightsByHand) {
  Result<Vectorizer> made = Vectorizer::make(Json::object());
  const SparseRows rows = fit(Json::object(), {"aa aa bb", "bb"}, &*made);
  EXPECT_EQ(terms(*made), (Strings{"aa", "bb"}));
  const double aa = 2 * (std::log(3.0 / 2.0) + 1), bb = 1, norm = std::sqrt(aa * aa + bb * bb);
  EXPECT_EQ(rows.columns, (std::vector<int32_t>{0, 1, 1}));
  EXPECT_FLOAT_EQ(rows.values[0], static_cast<float>(aa / norm));
  EXPECT_FLOAT_EQ(rows.values[1], static_cast<float>(bb / norm));
  EXPECT_FLOAT_EQ(rows.values[2], 1.0f);
  EXPECT_EQ(fit({{"weighting", "counts"}}, {"aa aa bb"}).values, (std::vector<float>{2, 1}));
  EXPECT_EQ(fit({{"weighting", "counts"}, {"binary", true}}, {"aa aa bb"}).values, (std::vector<float>{1, 1}));
  EXPECT_EQ(fit({{"weighting", "tf"}, {"norm", "l1"}}, {"aa aa aa bb"}).values, (std::vector<float>{0.75, 0.25}));
  EXPECT_EQ(fit({{"weighting", "tf"}, {"norm", "none"}}, {"aa aa aa bb"}).values, (std::vector<float>{3, 1}));
}

TEST(Vectorizer, LimitsLeaveTermsOut) {
  const Strings texts = {"aa bb cc", "aa bb", "aa dd dd dd", "aa"};
  const auto kept = [&](Json params) {
    Result<Vectorizer> made = Vectorizer::make(params);
    fit(params, texts, &*made);
    return terms(*made);
  };
  EXPECT_EQ(kept({{"min_df", 2}}), (Strings{"aa", "bb"}));
  EXPECT_EQ(kept({{"min_df", 0.5}}), (Strings{"aa", "bb"}));
  EXPECT_EQ(kept({{"max_df", 0.5}}), (Strings{"bb", "cc", "dd"}));
  EXPECT_EQ(kept({{"max_df", 1}}), (Strings{"cc", "dd"}));
  EXPECT_EQ(kept({{"max_features", 2}}), (Strings{"aa", "dd"}));
  EXPECT_EQ(kept({{"max_features", 2}, {"binary", true}}), (Strings{"aa", "bb"}));
  EXPECT_EQ(kept({{"max_features", 3}}), (Strings{"aa", "bb", "dd"}));
  EXPECT_EQ(kept({{"ngrams", {2, 2}}, {"max_features", 1}}), (Strings{"aa bb"}));
}

TEST(Vectorizer, UnknownWordsAreCounted) {
  Result<Vectorizer> made = Vectorizer::make({{"ngrams", {1, 2}}});
  fit({{"ngrams", {1, 2}}}, {"aa bb", "bb cc"}, &*made);
  const Strings texts = {"aa xx bb yy", "", "bb cc aa"};
  std::vector<float> unknown;
  const SparseRows rows = made->transform(views(texts), &unknown);
  EXPECT_EQ(unknown, (std::vector<float>{0.5f, 0.0f, 0.0f}));
  EXPECT_EQ(rows.offsets, (std::vector<int64_t>{0, 2, 2, 6}));
}

TEST(Vectorizer, SurvivesItsFiles) {
  const Json params = {{"ngrams", {1, 2}}, {"min_df", 2}};
  const Strings texts = {"aa bb cc aa bb", "aa bb dd", "cc dd aa", "dd ee aa bb"};
  Result<Vectorizer> made = Vectorizer::make(params);
  const SparseRows rows = fit(params, texts, &*made);
  const std::string path = ::testing::TempDir() + "/mlopsctl-vocab.txt";
  ASSERT_TRUE(made->save_vocabulary(path).ok());
  const Result<Vectorizer> loaded = Vectorizer::load(params, path, made->idf());
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(terms(*loaded), terms(*made));
  const SparseRows again = loaded->transform(views(texts));
  EXPECT_EQ(again.columns, rows.columns);
  EXPECT_EQ(again.values, rows.values);
  EXPECT_EQ(Vectorizer::load(params, path, {1.0}).error().message, path + " has 5 terms, but there are 1 idf values");

  ASSERT_TRUE(write_file(path, "aa\ncc\nbb\n").ok());
  const Error unsorted = Vectorizer::load(params, path, {1, 1, 1}).error();
  EXPECT_EQ(unsorted.message, "this term is not greater than the one before it, expected byte order");
  EXPECT_EQ(unsorted.span->line, 3);
  ASSERT_TRUE(write_file(path, "aa\naa bb cc\n").ok());
  EXPECT_EQ(Vectorizer::load(params, path, {1, 1}).error().message, "found a term that is not 1 to 2 words");
  ASSERT_TRUE(write_file(path, "\naa\n").ok());
  EXPECT_EQ(Vectorizer::load(params, path, {1, 1}).error().message, "found a term that is not 1 to 2 words");
  ASSERT_TRUE(write_file(path, "").ok());
  EXPECT_EQ(Vectorizer::load(params, path, {}).error().message, path + " is empty, expected one term per line");
  std::filesystem::remove(path);
}

TEST(Vectorizer, SaysWhatIsMissing) {
  const auto fault = [](const Json& params, const Strings& texts) {
    Result<Vectorizer> vectorizer = Vectorizer::make(params);
    if (!vectorizer.ok()) return vectorizer.error().message;
    return vectorizer->fit_transform(views(texts), CancelToken()).error().message;
  };
  EXPECT_EQ(fault(Json::object(), {"a !", ""}), "the texts hold no terms: no words are left in 2 rows");
  EXPECT_EQ(fault(Json::object(), {}), "the texts hold no terms: no words are left in 0 rows");
  EXPECT_EQ(fault({{"min_df", 2}}, {"aa bb", "cc"}), "none of 3 terms is left after min_df and max_df");
  EXPECT_EQ(fault({{"min_df", 3}, {"max_df", 0.5}}, {"aa", "bb"}), "max_df leaves fewer documents than min_df asks for");
  EXPECT_EQ(fault({{"ngrams", {2, 1}}}, {}), "found ngrams [2, 1], expected [shortest, longest] from 1 to 8");
  CancelToken cancelled;
  cancelled.cancel();
  Result<Vectorizer> vectorizer = Vectorizer::make(Json::object());
  EXPECT_EQ(vectorizer->fit_transform(views({"aa"}), cancelled).error().kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace mlopsctl::text
