#include "stages/data/rows.hpp"

#include "table_helper.hpp"

namespace mlopsctl::data {
namespace {

RowsInfo info() { return {{"neg", "pos"}, Json{{"steps", Json::array()}}, "train.csv"}; }

TEST(Rows, TravelThroughAFolder) {
  const Scratch scratch;
  Result<RowsWriter> writer = RowsWriter::create(scratch / "rows", info(), true, true);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->add("1", "good, \"really\"", "pos", {"GOOD, \"really\"", "g1"}).ok());
  ASSERT_TRUE(writer->add("2", "bad\nline", "neg", {"bad\nline", "g2"}).ok());
  ASSERT_TRUE(writer->add("3", "", "", {"???", ""}).ok());
  ASSERT_TRUE(writer->finish().ok());

  Result<Rows> rows = Rows::load(scratch / "rows");
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ(rows->text(0), "good, \"really\"");
  EXPECT_EQ(rows->raw(0), "GOOD, \"really\"");
  EXPECT_EQ(rows->raw(1), "bad\nline");
  EXPECT_EQ(rows->raw(2), "???");
  EXPECT_EQ(rows->label(0), 1);
  EXPECT_EQ(rows->label(1), 0);
  EXPECT_EQ(rows->label(2), -1);
  EXPECT_EQ(rows->group(1), "g2");
  EXPECT_EQ(rows->id(2), "3");
  EXPECT_EQ(rows->info().labels, (Strings{"neg", "pos"}));
  EXPECT_EQ(rows->info().origin, "train.csv");

  const Rows moved = std::move(*rows);
  EXPECT_EQ(moved.texts().size(), 3u);
  EXPECT_EQ(moved.text(1), "bad\nline");
}

TEST(Rows, KeepWeightsAndFurtherColumns) {
  const Scratch scratch;
  RowsInfo kept = info();
  kept.weighted = true;
  kept.columns = {"airline", "text"};
  Result<RowsWriter> writer = RowsWriter::create(scratch / "rows", kept, false, false);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->add("1", "x", "pos", {"", "", 100.0 / 3, {"delta", "its own"}}).ok());
  ASSERT_TRUE(writer->finish().ok());
  EXPECT_EQ(*read_file(scratch / "rows/rows.csv"), "id,text,label,weight,column.airline,column.text\n1,x,pos,33.333333333333336,delta,its own\n");
  const Result<Rows> rows = Rows::load(scratch / "rows");
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(rows->weight(0), 100.0 / 3);
  EXPECT_EQ(rows->column(0, 1), "its own");
  EXPECT_EQ(rows->text(0), "x");
  EXPECT_TRUE(rows->info().weighted);
  ASSERT_TRUE(write_file(scratch / "rows/rows.csv", "id,text,label,weight,column.airline,column.text\n1,x,pos,-1,delta,\n").ok());
  EXPECT_EQ(Rows::load(scratch / "rows").error().message, (scratch / "rows").string() + " is not a rows artifact: \"-1\" is no weight");
}

TEST(Rows, SameRowsSameBytes) {
  const Scratch scratch;
  for (const std::string_view name : {"a", "b"}) {
    Result<RowsWriter> writer = RowsWriter::create(scratch / name, info(), false, false);
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(writer->add("1", "x", "pos", {"y", "z"}).ok());
    ASSERT_TRUE(writer->finish().ok());
  }
  EXPECT_EQ(*read_file(scratch / "a/rows.csv"), "id,text,label\n1,x,pos\n");
  EXPECT_EQ(*read_file(scratch / "a/rows.json"), *read_file(scratch / "b/rows.json"));
}

TEST(Rows, LabelsAreCollectedWhereNoneAreGiven) {
  const Scratch scratch;
  Result<RowsWriter> writer = RowsWriter::create(scratch / "rows", {}, false, false);
  ASSERT_TRUE(writer.ok());
  for (const std::string_view label : {"z", "a", "z", ""}) ASSERT_TRUE(writer->add("1", "x", label).ok());
  ASSERT_TRUE(writer->finish().ok());
  const Result<Rows> rows = Rows::load(scratch / "rows");
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(rows->info().labels, (Strings{"a", "z"}));
  EXPECT_EQ(rows->label(0), 1);
}

TEST(Rows, UnknownLabelIsAnError) {
  const Scratch scratch;
  Result<RowsWriter> writer = RowsWriter::create(scratch / "rows", info(), false, false);
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(writer->add("7", "x", "neutral").error().message, "label \"neutral\" of row 7 is not in the list of labels");
}

TEST(Rows, FoldersThatAreNotRowsAreErrors) {
  const Scratch scratch;
  const std::string folder = (scratch / "rows").string();
  ASSERT_TRUE(make_folders(folder).ok());
  EXPECT_EQ(Rows::load(folder).error().message, folder + " is not a rows artifact: it has no rows.json");
  ASSERT_TRUE(write_file(folder + "/rows.json", "{}").ok());
  EXPECT_EQ(Rows::load(folder).error().message, folder + " is not a rows artifact: rows.json does not say \"format\": \"mlopsctl-rows-1\"");
  ASSERT_TRUE(write_file(folder + "/rows.json", R"({"format": "mlopsctl-rows-1", "labels": [], "recipe": {}, "origin": "", "rows": 2})").ok());
  ASSERT_TRUE(write_file(folder + "/rows.csv", "id,text,label\n1,x,\n").ok());
  EXPECT_EQ(Rows::load(folder).error().message, folder + " is not a rows artifact: rows.json and rows.csv disagree on the number of rows (1 found)");
}

}  // namespace
}  // namespace mlopsctl::data
