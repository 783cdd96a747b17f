#include "cli/text_width.hpp"

#include <gtest/gtest.h>

namespace mlopsctl::cli {
namespace {

TEST(TextWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("plain"), 5);
  EXPECT_EQ(display_width("na\u00efve"), 5);
  EXPECT_EQ(display_width("\u4f60\u597d"), 4);
  EXPECT_EQ(display_width("\U0001F600!"), 3);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("\xff\xfe"), 2);
  EXPECT_EQ(display_width("ab\xe4\xbd"), 4);
}

TEST(TextWidth, NeverCutsACharacterInTwo) {
  EXPECT_EQ(fit("abcdef", 4, false), "abc.");
  EXPECT_EQ(fit("abcdef", 4, true), "abc\u2026");
  EXPECT_EQ(fit("\u4f60\u597d\u4f60", 4, true), "\u4f60\u2026");
  EXPECT_EQ(fit("abc", 3, true), "abc");
  EXPECT_EQ(fit("abc", 0, true), "");
  EXPECT_EQ(pad("ab", 4, false), "ab  ");
  EXPECT_EQ(pad("ab", 4, false, true), "  ab");
  EXPECT_EQ(display_width(pad("\u4f60\u597d\u4f60", 4, true)), 4);
}

TEST(TextWidth, MakesControlCharactersVisible) { EXPECT_EQ(printable("a\tb\x1b[2Jc\nd\x7f"), "a b\\x1b[2Jc\\x0ad\\x7f"); }

}  // namespace
}  // namespace mlopsctl::cli
