#include "stages/data/scan.hpp"

#include <string>

#include <gtest/gtest.h>

#include "pipeline/base/random.hpp"

namespace mlopsctl::data {
namespace {

// Random text with structure at every distance, and bytes beyond its end that must not be found.
TEST(Scan, FindsWhatALoopFinds) {
  Random random(3);
  const std::string alphabet = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\n";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (uint64_t left = random.below(90); left > 0; --left) text += alphabet[random.below(alphabet.size())];
    if (round % 7 == 0 && !text.empty()) text[random.below(text.size())] = '\0';
    if (round % 5 == 0 && !text.empty()) text[random.below(text.size())] = '\x80';
    const size_t size = text.size();
    text += std::string(scan_slack, round % 2 == 0 ? '"' : '\n');
    const char* const begin = text.data();
    const char* const end = begin + size;

    const char* quote = begin;
    uint64_t newlines = 0;
    bool high = false, nul = false;
    for (; quote < end && *quote != '"'; ++quote) {
      newlines += *quote == '\n';
      high |= static_cast<unsigned char>(*quote) >= 0x80;
      nul |= *quote == 0;
    }
    Seen seen;
    ASSERT_EQ(find_quote(begin, end, seen) - begin, quote - begin);
    ASSERT_EQ(seen.newlines, newlines);
    ASSERT_TRUE(seen.high || !high);
    ASSERT_TRUE(seen.nul || !nul);

    const char* field_end = begin;
    high = nul = false;
    for (; field_end < end && *field_end != ',' && *field_end != '\n'; ++field_end) {
      high |= static_cast<unsigned char>(*field_end) >= 0x80;
      nul |= *field_end == 0;
    }
    seen = {};
    ASSERT_EQ(find_field_end(begin, end, ',', seen) - begin, field_end - begin);
    ASSERT_TRUE(seen.high || !high);
    ASSERT_TRUE(seen.nul || !nul);

    size_t plain = 0;
    while (plain < size && static_cast<unsigned char>(begin[plain]) < 0x80) ++plain;
    ASSERT_EQ(ascii_prefix(begin, size), plain == size ? size : plain - plain % 16);
  }
}

}  // namespace
}  // namespace mlopsctl::data
