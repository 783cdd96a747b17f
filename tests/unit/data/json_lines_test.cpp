#include "table_helper.hpp"

namespace mlopsctl::data {
namespace {

TEST(JsonLines, ColumnsAreTheKeysOfTheFirstObject) {
  const ReadTable table = read_text(
      "{\"text\": \"hi\", \"label\": 1}\n\n{\"label\": null, \"more\": 2, \"text\": \"a\\nb é \\ud83d\\ude00\"}\r\n{\"text\": \"c\"}", {}, "data.jsonl");
  EXPECT_EQ(table.error, "");
  EXPECT_EQ(table.columns, (Strings{"label", "text"}));
  EXPECT_EQ(table.records, (Records{{"1", "hi"}, {"", "a\nb é 😀"}, {"", "c"}}));
  EXPECT_EQ(table.lines, (std::vector<int64_t>{1, 3, 4}));
}

TEST(JsonLines, ValuesBecomeText) {
  const ReadTable table = read_text("{\"a\": true, \"b\": 1.5, \"c\": [1, {\"z\": 1, \"y\": null}], \"d\": -12345678901}\n", {}, "data.ndjson");
  EXPECT_EQ(table.records, (Records{{"true", "1.5", "[1,{\"y\":null,\"z\":1}]", "-12345678901"}}));
}

TEST(JsonLines, FaultsNameLineAndColumn) {
  const ReadTable table = read_text("{\"a\": 1}\n{\"a\": }\n[1]\n{\"a\": 1, \"a\": 2}\n{\"a\": \"\\u0000\"}\n{\"a\": 2}\n", {}, "data.jsonl");
  ASSERT_EQ(table.faults.size(), 4u);
  EXPECT_EQ(table.faults[0].substr(0, 44), "data.jsonl:2:7: not valid JSON: syntax error");
  EXPECT_EQ(table.faults[1], "data.jsonl:3:1: found a list, expected a JSON object");
  EXPECT_EQ(table.faults[2], "data.jsonl:4:1: key \"a\" appears twice in one object");
  EXPECT_EQ(table.faults[3], "data.jsonl:5:8: found a NUL character, expected text");
  EXPECT_EQ(table.raws[0], "{\"a\": }");
  EXPECT_EQ(table.records, (Records{{"1"}, {"2"}}));
}

TEST(JsonLines, ATextIsNoListAndNoObject) {
  const Scratch scratch;
  ASSERT_TRUE(
      write_file(scratch / "d.jsonl", "{\"text\": {\"a\": 1}, \"tags\": [1]}\n{\"text\": \"fine\", \"tags\": []}\n{\"tags\": 1, \"text\": [\"b\"]}\n").ok());
  Result<TableReader> reader = TableReader::open(scratch / "d.jsonl", {}, "d.jsonl");
  ASSERT_TRUE(reader.ok());
  reader->expect({.scalars = {*reader->column("text")}, .texts = {}});
  Record record;
  BadRecord bad;
  ASSERT_EQ(*reader->next(record, bad), Next::bad);
  EXPECT_EQ(described(bad.fault), "d.jsonl:1:10: found an object in \"text\", expected a text");
  ASSERT_EQ(*reader->next(record, bad), Next::record);
  EXPECT_EQ(record.number, 1);
  EXPECT_EQ(record.line, 2);
  ASSERT_EQ(*reader->next(record, bad), Next::bad);
  EXPECT_EQ(described(bad.fault), "d.jsonl:3:21: found a list in \"text\", expected a text");
}

TEST(JsonLines, WhatIsExpectedOfAnObjectAndHandedOutWhole) {
  const Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "d.jsonl",
                         "{\"text\": \"a\", \"n\": 1.10}\n{\"n\": 2}\n{\"text\": null}\n"
                         "{\"text\": \"b\", \"m\": 1}\n {\"text\": \"c\", \"label\": 1}\n{\"text\": 7 }\n")
                  .ok());
  Result<TableReader> reader = TableReader::open(scratch / "d.jsonl", {}, "d.jsonl");
  ASSERT_TRUE(reader.ok());
  reader->expect({.scalars = {}, .texts = {*reader->column("text")}, .no_other_keys = true, .absent = {"label"}});
  std::vector<std::string> objects, faults;
  Record record;
  BadRecord bad;
  for (Next next = *reader->next(record, bad); next != Next::end; next = *reader->next(record, bad)) {
    if (next == Next::record) objects.emplace_back(record.object);
    else faults.push_back(described(bad.fault));
  }
  EXPECT_EQ(objects, (Strings{"{\"text\": \"a\", \"n\": 1.10}", "{\"text\": 7 }"}));
  EXPECT_EQ(faults, (Strings{"d.jsonl:2:1: found no \"text\", expected a text", "d.jsonl:3:10: found null in \"text\", expected a text",
                             "d.jsonl:4:15: found the key \"m\", which the first object does not have, and so no column for it",
                             "d.jsonl:5:16: the key \"label\" is there already"}));
}

TEST(JsonLines, FirstLineMustBeAnObject) {
  EXPECT_EQ(read_text("text,label\n1,2\n", {}, "data.jsonl").error.substr(0, 16), "data.jsonl:1:2: ");
  EXPECT_EQ(read_text("\n", {}, "data.jsonl").error, "data.jsonl:1:1: the file is empty, expected JSON objects");
}

TEST(JsonLines, LatinLinesAreTaken) { EXPECT_EQ(read_text("{\"a\": \"caf\xE9\"}\n", {}, "data.jsonl").records, (Records{{"café"}})); }

}  // namespace
}  // namespace mlopsctl::data
