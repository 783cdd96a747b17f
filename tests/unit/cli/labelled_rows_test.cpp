#include "cli/labelled_rows.hpp"

#include <gtest/gtest.h>

namespace mlopsctl::cli {
namespace {

std::string written(data::Format format) {
  const LabelledRows rows(format, {"text", "predicted", "confidence"});
  std::string out;
  rows.header(out);
  rows.row(out, {"a \"b\",\tc\nd", "positive", "0.900000"});
  return out;
}

TEST(LabelledRows, WritesCsv) { EXPECT_EQ(written(data::Format::csv), "text,predicted,confidence\n\"a \"\"b\"\",\tc\nd\",positive,0.900000\n"); }
TEST(LabelledRows, WritesTsv) { EXPECT_EQ(written(data::Format::tsv), "text\tpredicted\tconfidence\na \"b\",\\tc\\nd\tpositive\t0.900000\n"); }
TEST(LabelledRows, WritesJsonLines) {
  EXPECT_EQ(written(data::Format::json_lines), "{\"text\": \"a \\\"b\\\",\\tc\\nd\", \"predicted\": \"positive\", \"confidence\": 0.900000}\n");
}

TEST(LabelledRows, ChoosesTheFormatByNameUnlessTold) {
  EXPECT_EQ(table_format("auto", "a.tsv.gz"), data::Format::tsv);
  EXPECT_EQ(table_format("auto", "a.jsonl"), data::Format::json_lines);
  EXPECT_EQ(table_format("auto", "a.txt"), data::Format::csv);
  EXPECT_EQ(table_format("jsonl", "a.csv"), data::Format::json_lines);
}

}  // namespace
}  // namespace mlopsctl::cli
