#include <gtest/gtest.h>

#include "pipeline/spec/scalars.hpp"

namespace mlopsctl::spec {
namespace {

TEST(Duration, UnitsAndPlainSeconds) {
  EXPECT_EQ(parse_duration("90s"), 90.0);
  EXPECT_EQ(parse_duration("10m"), 600.0);
  EXPECT_EQ(parse_duration("1.5h"), 5400.0);
  EXPECT_EQ(parse_duration("1d"), 86400.0);
  EXPECT_EQ(parse_duration("30"), 30.0);
  EXPECT_EQ(parse_duration("0"), 0.0);
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* text : {"", "s", "-5s", "5 s", "5ms", "1h30m", "1e3", "ten", "1.2.3", "+1"}) EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Names, DnsLabels) {
  EXPECT_TRUE(is_dns_label("airline-sentiment"));
  EXPECT_TRUE(is_dns_label("0"));
  for (const char* text : {"", "-a", "a-", "Airline", "a_b", "a.b"}) EXPECT_FALSE(is_dns_label(text)) << text;
  EXPECT_TRUE(is_dns_label(std::string(63, 'a')));
  EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
}

TEST(Names, Suggestions) {
  EXPECT_EQ(to_dns_label("My Pipeline!"), "my-pipeline");
  EXPECT_EQ(to_dns_label("___"), "my-pipeline");
  EXPECT_EQ(to_name("clean.rows"), "clean_rows");
  EXPECT_EQ(to_name("-x"), "x");
  EXPECT_EQ(to_name("ä"), "a");
}

}  // namespace
}  // namespace mlopsctl::spec
