#include "table_helper.hpp"

#include "pipeline/base/random.hpp"

namespace mlopsctl::data {
namespace {

TEST(Csv, ReadsColumnsAndRecords) {
  const ReadTable table = read_text("text,label\nhello,1\nbye,0\n");
  EXPECT_EQ(table.columns, (Strings{"text", "label"}));
  EXPECT_EQ(table.records, (Records{{"hello", "1"}, {"bye", "0"}}));
  EXPECT_EQ(table.lines, (std::vector<int64_t>{2, 3}));
  EXPECT_TRUE(table.faults.empty());
}

TEST(Csv, QuotesHoldDelimitersNewlinesAndDoubledQuotes) {
  const ReadTable table = read_text("a,b\n\"x,y\",\"1\n2\"\n\"he said \"\"no\"\"\",\"\"\n\"\"\"\",\"\"\"\"\"\"\n\"a\"\"b\"\"c\"\"d\",z\n");
  EXPECT_EQ(table.records, (Records{{"x,y", "1\n2"}, {"he said \"no\"", ""}, {"\"", "\"\""}, {"a\"b\"c\"d", "z"}}));
  EXPECT_EQ(table.lines, (std::vector<int64_t>{2, 4, 5, 6}));
}

TEST(Csv, TakesBothLineEndsAMarkAndAMissingLastLineEnd) {
  EXPECT_EQ(read_text("\xEF\xBB\xBFtext,label\r\n\"a\",1\r\nb,2\r\n\"c\r\nd\",3").records, (Records{{"a", "1"}, {"b", "2"}, {"c\r\nd", "3"}}));
  EXPECT_EQ(read_text("\xEF\xBB\xBFtext,label\r\na,1").columns, (Strings{"text", "label"}));
  EXPECT_EQ(read_text("a,b\n1,").records, (Records{{"1", ""}}));
  EXPECT_EQ(read_text("a,b\n1,\"2\"\r").records, (Records{{"1", "2"}}));
}

TEST(Csv, KeepsStrayQuotesAndLoneCarriageReturns) {
  EXPECT_EQ(read_text("a,b\n5\" disk,it\"s\"\nx\ry,1\n").records, (Records{{"5\" disk", "it\"s\""}, {"x\ry", "1"}}));
}

TEST(Csv, SkipsEmptyLinesButNotQuotedEmptyFields) {
  const ReadTable table = read_text("a\n\n1\n\r\n\"\"\n\n");
  EXPECT_EQ(table.records, (Records{{"1"}, {""}}));
  EXPECT_EQ(table.lines, (std::vector<int64_t>{3, 5}));
}

TEST(Csv, WithoutHeaderColumnsAreNumbered) {
  TableOptions options;
  options.header = false;
  const ReadTable table = read_text("0,x\n4,y\n", options);
  EXPECT_EQ(table.columns, (Strings{"0", "1"}));
  EXPECT_EQ(table.records, (Records{{"0", "x"}, {"4", "y"}}));
}

TEST(Csv, TsvAndOtherDelimiters) {
  EXPECT_EQ(read_text("a\tb\n1,5\t\"x\"\n", {}, "data.tsv").records, (Records{{"1,5", "x"}}));
  TableOptions plain;
  plain.quotes = false;
  EXPECT_EQ(read_text("a\tb\n\"x\t\"y\"\n", plain, "data.tsv").records, (Records{{"\"x", "\"y\""}}));
  TableOptions semicolon;
  semicolon.delimiter = ';';
  EXPECT_EQ(read_text("a;b\n1,5;2\n", semicolon).records, (Records{{"1,5", "2"}}));
}

TEST(Csv, NamesRaggedRecords) {
  const ReadTable table = read_text("text,label\na,1\nb\nc,2,\"3\"\n\"d\ne\"\nf,4\n");
  EXPECT_EQ(table.records, (Records{{"a", "1"}, {"f", "4"}}));
  EXPECT_EQ(table.faults,
            (Strings{"data.csv:3:2: found 1 field, expected 2", "data.csv:4:5: found 3 fields, expected 2", "data.csv:6:2: found 1 field, expected 2"}));
  EXPECT_EQ(table.hints[0], "the columns are: text, label");
  EXPECT_EQ(table.hints[1], "put quotes around a field that holds the delimiter, or set `delimiter`");
  EXPECT_EQ(table.raws, (Strings{"b", "c,2,\"3\"", "\"d\ne\""}));
  EXPECT_EQ(table.excerpts, (Strings{"b", "c,2,\"3\"", "e\""}));
  EXPECT_EQ(table.lines, (std::vector<int64_t>{2, 7}));
}

TEST(Csv, UnclosedQuotePointsAtItAndLosesOneLine) {
  const ReadTable table = read_text("a,b\n1,2\n3,\"oops\n4,5\n6,7\n");
  EXPECT_EQ(table.faults, (Strings{"data.csv:3:3: this quote is not closed before the end of the file"}));
  EXPECT_EQ(table.raws, (Strings{"3,\"oops"}));
  EXPECT_EQ(table.records, (Records{{"1", "2"}, {"4", "5"}, {"6", "7"}}));
  EXPECT_EQ(table.lines, (std::vector<int64_t>{2, 4, 5}));
  EXPECT_EQ(read_text("a\n\"").faults, (Strings{"data.csv:2:1: this quote is not closed before the end of the file"}));
}

TEST(Csv, TextAfterAClosingQuoteIsBad) {
  const ReadTable table = read_text("a,b\n\"x\"y,2\n\"p\" ,3\nq,4\n");
  EXPECT_EQ(table.faults, (Strings{"data.csv:2:4: found text after a closing quote, expected the delimiter or the end of the line",
                                   "data.csv:3:4: found text after a closing quote, expected the delimiter or the end of the line"}));
  EXPECT_EQ(table.records, (Records{{"q", "4"}}));
  EXPECT_EQ(table.lines, (std::vector<int64_t>{4}));
}

TEST(Csv, NulIsBad) {
  const ReadTable table = read_text(std::string_view("a,b\nx\0y,1\n\"p\0\",2\nq,3\n", 21));
  EXPECT_EQ(table.faults, (Strings{"data.csv:2:2: found a NUL byte, expected text", "data.csv:3:3: found a NUL byte, expected text"}));
  EXPECT_EQ(table.excerpts[0], "x?y,1");
  EXPECT_EQ(table.records, (Records{{"q", "3"}}));
}

TEST(Csv, EmptyFilesAndHeadersAreErrors) {
  EXPECT_EQ(read_text("").error, "data.csv:1:1: the file is empty, expected a header line");
  EXPECT_EQ(read_text("\n\r\n").error, "data.csv:1:1: the file is empty, expected a header line");
  EXPECT_EQ(read_text("\xEF\xBB\xBF").error, "data.csv:1:1: the file is empty, expected a header line");
  EXPECT_EQ(read_text("a,b,a\n1,2,3\n").error, "data.csv:1:1: column \"a\" appears twice in the header of data.csv");
  EXPECT_EQ(read_text("a,\"b\n1,2\n").error, "data.csv:1:3: this quote is not closed before the end of the file");
  EXPECT_EQ(read_text("a,b\n").error, "");
  EXPECT_TRUE(read_text("a,b\n").records.empty());
}

TEST(Csv, MissingFileIsAnError) {
  const Scratch scratch;
  EXPECT_EQ(read_file_as(scratch / "none.csv", {}, "data/none.csv").error, "cannot open data/none.csv: No such file or directory");
}

TEST(Csv, UnknownColumnNamesTheNearest) {
  const Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "t.csv", "text,label\na,b\n").ok());
  Result<TableReader> reader = TableReader::open(scratch / "t.csv", {}, "t.csv");
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(*reader->column("label"), 1u);
  const Result<size_t> missing = reader->column("txt");
  EXPECT_EQ(missing.error().message, "t.csv has no column \"txt\"; its columns are: text, label");
  EXPECT_EQ(missing.error().hint, "did you mean text?");
}

TEST(Csv, OneUnclosedQuoteCannotFillTheMemory) {
  TableOptions options;
  options.max_record = 1 << 20;
  std::string text = "a,b\n1,\"open\n";
  for (int i = 0; i < 400000; ++i) text += "22,33\n";
  const ReadTable table = read_text(text, options);
  ASSERT_EQ(table.faults.size(), 1u);
  EXPECT_EQ(table.faults[0], "data.csv:2:1: this record is longer than 1048576 bytes");
  EXPECT_EQ(table.records.size(), 400000u);
  EXPECT_EQ(table.lines.back(), 400002);
}

TEST(Csv, RecordsAcrossBlocksAreWhole) {
  // Sizes around the reader's block, so that every kind of byte falls on a border somewhere.
  Random random(7);
  const Strings pieces = {"a", "\"", "\"\"", "\n", "\r\n", ",", "\xC3\xA9", "long run of text "};
  Records written;
  std::string text = "p,q,r\n";
  for (int i = 0; i < 30000; ++i) {
    Strings fields(3);
    for (std::string& field : fields)
      for (uint64_t n = random.below(12); n > 0; --n) field += pieces[random.below(pieces.size())];
    if (i % 5000 == 0) fields[1] = std::string(300000 + static_cast<size_t>(i), 'x') + "\"";
    append_csv(text, {fields[0], fields[1], fields[2]});
    written.push_back(fields);
  }
  const ReadTable table = read_text(text);
  EXPECT_TRUE(table.faults.empty());
  EXPECT_TRUE(table.records == written);
}

TEST(Csv, AppendQuotesWhereNeeded) {
  std::string out;
  append_csv(out, {"a", "b c", "x,y", "say \"hi\"", "1\n2", "r\r", ""});
  append_csv(out, {""});
  EXPECT_EQ(out, "a,b c,\"x,y\",\"say \"\"hi\"\"\",\"1\n2\",\"r\r\",\n\"\"\n");
}

std::string hint_for(std::string_view text, std::string_view column) {
  const Scratch scratch;
  EXPECT_TRUE(write_file(scratch / "d.csv", text).ok());
  Result<TableReader> reader = TableReader::open(scratch / "d.csv", {}, "d.csv");
  return reader.ok() ? reader->column(column, "inputs.d.text: ").error().hint : described(reader.error());
}

TEST(Csv, AMissingColumnNamesTheOneThatIsMeant) {
  EXPECT_EQ(hint_for("tekst,label\n", "text"), "did you mean tekst? write inputs.d.text: tekst");
  EXPECT_EQ(hint_for("Text,label\n", "text"), "did you mean Text? write inputs.d.text: Text");
  EXPECT_EQ(hint_for("tweet_text,label\n", "text"), "did you mean tweet_text? write inputs.d.text: tweet_text");
  EXPECT_EQ(hint_for("a,text \n", "text"), "did you mean \"text \"? write inputs.d.text: \"text \"");
  EXPECT_EQ(hint_for("text,sentiment\n", "label"), "write inputs.d.text: COLUMN, with one of these");
  EXPECT_EQ(hint_for("text;label\n", "text"), "its fields seem to be separated otherwise: set delimiter: \";\"");
  EXPECT_EQ(hint_for("text\tlabel\n", "text"), "its fields seem to be separated otherwise: set delimiter: \"\\t\"");
}

TEST(Csv, OldLineEndsAreRefused) {
  EXPECT_EQ(read_text("text,label\rgood,1\r").error, "data.csv:1:1: the lines end with a carriage return alone, expected \\n or \\r\\n");
}

}  // namespace
}  // namespace mlopsctl::data
