#include "table_helper.hpp"

#include "tests/support/places.hpp"

namespace mlopsctl::data {
namespace {

using testing::test_data;

#define SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << (path).string() << " is not here; set MLOPSCTL_TEST_DATA"

// Row counts and sums of field lengths as Python's csv module gives them.
struct Expected {
  std::string file;
  bool header, quotes;
  size_t records, columns;
};

TEST(RealFiles, HaveTheRowsThatPythonSees) {
  const std::vector<Expected> files = {{"airline/train.csv", true, true, 11726, 0},
                                       {"airline/val.csv", true, true, 1450, 0},
                                       {"airline/test.csv", true, true, 1464, 0},
                                       {"airline/Tweets.csv", true, true, 14640, 15},
                                       {"imdb/train.csv", true, true, 25000, 4},
                                       {"imdb/test.csv", true, true, 25000, 4},
                                       {"movie_reviews/kaggle_train_head.tsv", true, false, 40681, 4},
                                       {"sentiment140/first_10k_negative.csv", false, true, 10000, 6},
                                       {"imdb/unsup.txt.gz", false, false, 50000, 1}};
  SKIP_WITHOUT(test_data());
  for (const Expected& expected : files) {
    TableOptions options;
    options.header = expected.header;
    options.quotes = expected.quotes;
    if (expected.columns == 1) options.delimiter = '\x1f';
    const ReadTable table = read_file_as(test_data() / expected.file, options, expected.file);
    EXPECT_EQ(table.error, "") << expected.file;
    EXPECT_EQ(table.faults, Strings()) << expected.file;
    EXPECT_EQ(table.records.size(), expected.records) << expected.file;
    if (expected.columns != 0) { EXPECT_EQ(table.columns.size(), expected.columns) << expected.file; }
  }
}

}  // namespace
}  // namespace mlopsctl::data
