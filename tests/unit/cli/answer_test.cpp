#include "cli/answer.hpp"

#include <gtest/gtest.h>

namespace mlopsctl::cli {
namespace {

TEST(Answer, TellsPeopleAndScriptsTheSame) {
  Answer answer(
      Json{{"runs", Json::array({{{"id", "a"}, {"seconds", 0.25}, {"more", {{"size", 1200}}}}, {{"id", "longer"}, {"seconds", nullptr}, {"more", nullptr}}})}});
  answer.table("runs", {{"id", "RUN"}, {"seconds", "TIME", As::seconds}, {"more.size", "SIZE", As::bytes}}).line("two runs");
  EXPECT_EQ(as_text(answer, Screen()),
            "RUN      TIME    SIZE\n"
            "a       0.2 s  1.2 kB\n"
            "longer      -       -\n"
            "two runs\n");
  EXPECT_EQ(as_json(answer), pretty(answer.value));
  answer.streamed = true;
  EXPECT_EQ(as_json(answer), canonical(answer.value) + "\n");
}

TEST(Answer, NarrowsTablesOnATerminalOnly) {
  Answer answer(Json{{"rows", Json::array({{{"a", std::string(60, 'x')}, {"b", "end"}}})}});
  answer.table("rows", {{"a", "A"}, {"b", "B"}});
  Screen screen;
  screen.width = 30;
  EXPECT_EQ(as_text(answer, screen).find("..."), std::string::npos);
  screen.terminal = screen.utf8 = true;
  EXPECT_EQ(as_text(answer, screen), "A                          B\nxxxxxxxxxxxxxxxxxxxxxxxx\u2026  end\n");
}

TEST(Answer, ShowsNoControlCharacters) {
  Answer answer(Json{{"rows", Json::array({{{"a", "x\x1b[31my"}}})}});
  answer.table("rows", {{"a", "A"}});
  EXPECT_EQ(as_text(answer, Screen()), "A\nx\\x1b[31my\n");
}

TEST(Answer, PaintsStatesWithColourOnly) {
  Answer answer(Json{{"rows", Json::array({{{"s", "failed"}}})}});
  answer.table("rows", {{"s", "STATE", As::state}});
  Screen screen;
  screen.color = true;
  EXPECT_EQ(as_text(answer, screen), "\x1b[1mSTATE\x1b[0m\n\x1b[31mfailed\x1b[0m\n");
}

TEST(Cell, SpeaksOfValues) {
  EXPECT_EQ(cell(Json(), As::number), "-");
  EXPECT_EQ(cell(Json(0.87123), As::number), "0.8712");
  EXPECT_EQ(cell(Json(3), As::integer), "3");
  EXPECT_EQ(cell(Json(0.5), As::percent), "50.0 %");
  EXPECT_EQ(cell(Json("sha256:0123456789abcdef0123"), As::digest), "sha256:0123456789ab");
  EXPECT_EQ(cell(Json("2026-01-31T08:15:00.123Z"), As::time), "2026-01-31 08:15:00");
  EXPECT_EQ(cell(Json(true), As::text), "yes");
  EXPECT_EQ(cell(Json::array({"a", "b"}), As::text), "a, b");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1500), "1.5 kB");
  EXPECT_EQ(human_bytes(999'999), "1.0 MB");
  EXPECT_EQ(human_bytes(123'456'789), "123 MB");
}

}  // namespace
}  // namespace mlopsctl::cli
