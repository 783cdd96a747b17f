#include "stages/text/unicode.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/digest.hpp"
#include "tests/support/oracle.hpp"

namespace mlopsctl::text {
namespace {

using testing::oracle;

std::string lowered(std::string_view text) {
  std::string out;
  lower(text, out);
  return out;
}

std::string encoded(uint32_t code) {
  std::string out;
  append_code(out, code);
  return out;
}

// What holds for every code point that Python's Unicode version knows.
template <typename Check>
void for_assigned(Check check) {
  const Json ranges = oracle("word_ranges").at("assigned");
  for (const Json& range : ranges)
    for (auto code = range[0].get<uint32_t>(); code <= range[1].get<uint32_t>(); ++code) check(code);
}

TEST(Unicode, WordsAreWhatPythonMatches) {
  std::vector<bool> expected(0x110000);
  const Json words = oracle("word_ranges").at("word");
  for (const Json& range : words)
    for (auto code = range[0].get<uint32_t>(); code <= range[1].get<uint32_t>(); ++code) expected[code] = true;
  int64_t different = 0;
  for_assigned([&](uint32_t code) { different += is_word(code) != expected[code]; });
  EXPECT_EQ(different, 0);
}

TEST(Unicode, SpacesAreWhatPythonMatches) {
  const Json oracle_file = oracle("word_ranges");
  if (!oracle_file.contains("space")) GTEST_SKIP() << "word_ranges.json lists no white space";
  std::vector<bool> expected(0x110000);
  for (const Json& range : oracle_file.at("space"))
    for (auto code = range[0].get<uint32_t>(); code <= range[1].get<uint32_t>(); ++code) expected[code] = true;
  int64_t different = 0;
  for_assigned([&](uint32_t code) { different += is_space(code) != expected[code]; });
  EXPECT_EQ(different, 0);
}

TEST(Unicode, LowerIsPythonsLower) {
  const Json expected = oracle("lowercase");
  std::string all;
  for_assigned([&](uint32_t code) {
    if (code >= 0xD800 && code <= 0xDFFF) return;
    if (!all.empty() || code != 0) all += code == 0 ? "" : "\n";
    all += lowered(encoded(code));
  });
  EXPECT_EQ(digest_of(all).hex(), expected.at("sha256_assigned").get<std::string>());
  for (const Json& pair : expected.at("sigma_words")) EXPECT_EQ(lowered(pair[0].get<std::string>()), pair[1].get<std::string>()) << pair[0];
}

TEST(Unicode, BytesThatAreNotUtf8AreCopied) {
  EXPECT_EQ(lowered("A\xFF\xC3(\xE2\x82Z"), "a\xFF\xC3(\xE2\x82z");
  EXPECT_EQ(decode("\xED\xA0\x80", 0).code, 0xFFFDu);
  EXPECT_EQ(decode("\xF0\x9F\x98\x80", 0).code, 0x1F600u);
  EXPECT_EQ(decode("\xC0\x80", 0).bytes, 1u);
}

TEST(Unicode, Normalisation) {
  std::string out;
  normalize("cafe\u0301", Form::nfc, out);
  EXPECT_EQ(out, "café");
  normalize("ﬁné Ａ", Form::nfkc, out);
  EXPECT_EQ(out, "finé A");
  normalize("café", Form::nfd, out);
  EXPECT_EQ(out, "cafe\u0301");
  normalize("bad \xFF é", Form::nfc, out);
  EXPECT_EQ(out, "bad \xFF é");
}

}  // namespace
}  // namespace mlopsctl::text
