#include "pipeline/net/url.hpp"

#include <gtest/gtest.h>

namespace mlopsctl::net {
namespace {

std::string parsed(const std::string& text) {
  const auto url = parse_url(text);
  return url ? url->str() : url.error().message;
}
std::string resolved(const std::string& location) {
  const auto url = resolve(parse_url("https://a.example/x/y?z=1").value(), location);
  return url ? url->str() : url.error().message;
}

TEST(Url, TakesHttpAndHttpsOnly) {
  EXPECT_EQ(parsed("HTTPS://a.example:8443/x?y#z"), "https://a.example:8443/x?y");
  EXPECT_EQ(parsed("http://a.example"), "http://a.example/");
  EXPECT_EQ(parsed("http://a.example?q"), "http://a.example/?q");
  EXPECT_EQ(parsed("file:///etc/passwd"), "\"file:///etc/passwd\" is no URL to use: expected http:// or https://");
  EXPECT_EQ(parsed("a.example"), "\"a.example\" is no URL to use: expected http:// or https://");
  EXPECT_EQ(parsed("http:///x"), "\"http:///x\" is no URL to use: it names no host");
  EXPECT_EQ(parsed("http://a.example/x\r\nHost: b"), "\"http://a.example/x\r\nHost: b\" is no URL to use: it has blanks in it");
  EXPECT_EQ(parsed("http://me:secret@a.example/"), "\"http://***@a.example/\" is no URL to use: it has a user in it; give secrets in the environment");
  EXPECT_EQ(parse_url("http://[::1]:80/")->host(), "[::1]");
  EXPECT_EQ(parse_url("http://localhost:80/")->host(), "localhost");
}

TEST(Url, ResolvesRedirects) {
  EXPECT_EQ(resolved("http://b.example/q"), "http://b.example/q");
  EXPECT_EQ(resolved("//b.example/q"), "https://b.example/q");
  EXPECT_EQ(resolved("/q?u=http://c"), "https://a.example/q?u=http://c");
  EXPECT_EQ(resolved("q"), "https://a.example/x/q");
  EXPECT_EQ(resolved("ftp://b.example/q"), "\"ftp://b.example/q\" is no URL to use: expected http:// or https://");
}

TEST(Url, HidesQueriesAndEncodes) {
  EXPECT_EQ(shown("https://a.example/x?X-Amz-Signature=123"), "https://a.example/x");
  EXPECT_EQ(percent_encoded("refs/pr/1 ü", false), "refs%2Fpr%2F1%20%C3%BC");
  EXPECT_EQ(percent_encoded("1_Pooling/config.json", true), "1_Pooling/config.json");
}

}  // namespace
}  // namespace mlopsctl::net
