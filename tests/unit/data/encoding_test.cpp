#include "table_helper.hpp"

#include <zlib.h>

#include "stages/data/utf8.hpp"

namespace mlopsctl::data {
namespace {

std::string gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Encoding, AutomaticDecidesRecordByRecord) {
  const ReadTable table = read_text("a,b\ncaf\xC3\xA9,1\ncaf\xE9,2\n\x93hi\x94 \x80 5,3\n\xE2\x82\xAC,4\n");
  EXPECT_TRUE(table.faults.empty());
  EXPECT_EQ(table.records, (Records{{"café", "1"}, {"café", "2"}, {"“hi” € 5", "3"}, {"€", "4"}}));
}

TEST(Encoding, Latin1ReadsEveryByte) {
  TableOptions options;
  options.encoding = Encoding::latin1;
  EXPECT_EQ(read_text("a\n\xC3\xA9\n\x81\n", options).records, (Records{{"Ã©"}, {"\xC2\x81"}}));
}

TEST(Encoding, Latin1WritesEveryByteAsItWas) {
  std::string bytes, text;
  for (int byte = 1; byte < 256; ++byte) bytes += static_cast<char>(byte);
  append_latin1(text, bytes);
  EXPECT_EQ(as_latin1(text), bytes);
  EXPECT_EQ(as_latin1("5 € ≠ 6, \U0001F600"), "5 \x80 ? 6, ?");
}

TEST(Encoding, Utf8NamesTheByte) {
  TableOptions options;
  options.encoding = Encoding::utf8;
  const ReadTable table = read_text("a,b\nok,1\n\"x\ny\xE9z\",2\nok,3\n", options);
  EXPECT_EQ(table.faults, (Strings{"data.csv:4:2: found byte 0xE9, expected UTF-8"}));
  EXPECT_EQ(table.hints, (Strings{"set `encoding: latin-1`, or `encoding: auto` to decide record by record"}));
  EXPECT_EQ(table.excerpts, (Strings{"y?z\",2"}));
  EXPECT_EQ(table.records, (Records{{"ok", "1"}, {"ok", "3"}}));
}

TEST(Encoding, Utf16IsRefused) {
  EXPECT_EQ(read_text(std::string_view("\xFF\xFE"
                                       "a\0",
                                       4))
                .error,
            "data.csv:1:1: the file is UTF-16, expected UTF-8 or latin-1");
}

TEST(Encoding, Utf8FollowsTheUnicodeTable) {
  const Strings good = {"", "plain", "é", "€", "😀", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"};
  for (const std::string& text : good) EXPECT_TRUE(is_utf8(text)) << text;
  const Strings bad = {"\x80", "\xC0\x80", "\xC1\xBF",    "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                       "\xC3", "\xE2\x82", "\xF0\x9F\x98"};
  for (const std::string& text : bad) {
    EXPECT_EQ(first_invalid_utf8(text), 0u);
    EXPECT_EQ(first_invalid_utf8("0123456789abcdef0123é" + text), 22u);
  }
}

TEST(Gzip, IsReadWhateverTheName) {
  EXPECT_EQ(read_text(gzip("a,b\n1,2\n"), {}, "data.csv.gz").records, (Records{{"1", "2"}}));
  EXPECT_EQ(read_text(gzip("a\tb\n1\t2\n"), {}, "data.tsv.gz").records, (Records{{"1", "2"}}));
  EXPECT_EQ(read_text(gzip("a,b\n1,2\n"), {}, "data.csv").records, (Records{{"1", "2"}}));
}

TEST(Gzip, SeveralMembersAndPadding) {
  EXPECT_EQ(read_text(gzip("a,b\n1,") + gzip("") + gzip("2\n3,4\n") + std::string(512, '\0')).records, (Records{{"1", "2"}, {"3", "4"}}));
}

TEST(Gzip, LargeFilesStream) {
  std::string text = "a,b\n";
  for (int i = 0; i < 300000; ++i) text += "some text that repeats," + std::to_string(i) + "\n";
  const ReadTable table = read_text(gzip(text));
  ASSERT_EQ(table.records.size(), 300000u);
  EXPECT_EQ(table.records.back()[1], "299999");
}

TEST(Gzip, CutAndBrokenFilesAreErrors) {
  const std::string whole = gzip("a,b\n1,2\n" + std::string(10000, 'x'));
  EXPECT_EQ(read_text(whole.substr(0, whole.size() - 6)).error, "data.csv:0:0: the gzip data ends in the middle");
  std::string broken = whole;
  broken[12] = static_cast<char>(broken[12] ^ 0x55);
  EXPECT_EQ(read_text(broken).error.substr(0, 30), "data.csv:0:0: broken gzip data");
}

}  // namespace
}  // namespace mlopsctl::data
