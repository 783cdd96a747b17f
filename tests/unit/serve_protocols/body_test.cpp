// What is no JSON, no UTF-8, or no text at all.
#include "stages/serve/protocols/exchange.hpp"

#include <limits>

#include "tests/unit/serve_protocols/contract.hpp"

namespace mlopsctl::serve::protocols {
namespace {

std::string fault_of(std::string body, int expected_status = 400) {
  Request request;
  request.body = std::move(body);
  int status = 0;
  const auto read = read_object(request, status);
  if (read) return "";
  EXPECT_EQ(status, expected_status);
  return read.error().message;
}

TEST(Body, WhatIsNotUtf8IsNamedByItsPlace) {
  EXPECT_EQ(fault_of("{\"text\": \"a\xC3\"}"), "the body is not UTF-8: byte 0xc3 at offset 11");
  EXPECT_EQ(fault_of("{\"text\": \"\xED\xA0\x80\"}"), "the body is not UTF-8: byte 0xed at offset 10");  // a surrogate, encoded
  EXPECT_EQ(fault_of("\xFF\xFE{"), "the body is not UTF-8: byte 0xff at offset 0");
  EXPECT_EQ(fault_of("{\"text\": \"\xC0\xAF\"}"), "the body is not UTF-8: byte 0xc0 at offset 10");  // overlong
}

TEST(Body, HalfACharacterIsNamedByItsPlace) {
  EXPECT_EQ(fault_of(R"({"text": "a\ud83d"})"), R"(the body has a lone surrogate, \ud83d, at offset 11: half a character, which no text holds)");
  EXPECT_EQ(fault_of(R"({"text": "\ude00"})"), R"(the body has a lone surrogate, \ude00, at offset 10: half a character, which no text holds)");
  EXPECT_EQ(fault_of(R"({"text": "\\ud83d \ud83d\u0041"})"), R"(the body has a lone surrogate, \ud83d, at offset 18: half a character, which no text holds)");
  EXPECT_EQ(fault_of(R"({"text": "\ud83d\ude00 \\ud83d"})"), "");
}

TEST(Body, OtherFaults) {
  EXPECT_EQ(fault_of(""), "the body is empty; expected a JSON object");
  EXPECT_EQ(fault_of("[1]", 422), "the body is a list; expected a JSON object");
  EXPECT_EQ(fault_of("null", 422), "the body is null; expected a JSON object");
  EXPECT_EQ(fault_of(R"({"a": 1, "a": 2})"), "the body: key \"a\" appears twice in one object");
  EXPECT_EQ(fault_of(std::string(100'000, '[')),
            "the body: not valid JSON: parse error at line 1, column 100001: syntax error while parsing value - unexpected end of input; expected '[', '{', or "
            "a literal");
  EXPECT_EQ(fault_of(std::string(70, '[') + std::string(70, ']')), "the body: nested deeper than 64 levels");
  EXPECT_EQ(fault_of("{\"a\" 1}"),
            "the body: not valid JSON: parse error at line 1, column 6: syntax error while parsing object separator - unexpected number literal; expected ':'");
}

TEST(JsonText, NumbersAndTexts) {
  std::string out;
  for (const float value : {0.0F, 1.0F, 0.5F, 0.1F, 1e-9F, 0.99999994F}) {
    append_number(out, value);
    out += ' ';
  }
  append_text(out, "plain");
  append_text(out, "\"\\\n\xC3\xBC\x01");
  EXPECT_EQ(out, "0.0 1.0 0.5 0.1 1e-09 0.99999994 \"plain\"\"\\\"\\\\\\n\xC3\xBC\\u0001\"");
}

}  // namespace
}  // namespace mlopsctl::serve::protocols
