#include "cli/diagnostics.hpp"

#include <gtest/gtest.h>

namespace mlopsctl::cli {
namespace {

Error wrong_rate() {
  Error error = config_error("expected a number, got \"fast\"").with_hint("use a value such as 0.001");
  error.field = "stages.train.params.lr";
  error.span = SourceSpan{"configs/fraud.yaml", 14, 13, 4, "        lr: fast"};
  return error;
}

TEST(Diagnostics, LooksAsTheArchitectureSays) {
  EXPECT_EQ(render_error(wrong_rate(), Screen()),
            "configs/fraud.yaml:14:13: error: stages.train.params.lr: expected a number, got \"fast\"\n"
            "   14 |         lr: fast\n"
            "      |             ^~~~\n"
            "hint: use a value such as 0.001\n");
}

TEST(Diagnostics, TellsNotesAndEveryFurtherFault) {
  Error error = wrong_rate();
  error.notes = {"while training stage fit"};
  error.also.push_back(config_error("another"));
  EXPECT_EQ(render_error(error, Screen()),
            "configs/fraud.yaml:14:13: error: stages.train.params.lr: expected a number, got \"fast\"\n"
            "   14 |         lr: fast\n"
            "      |             ^~~~\n"
            "note: while training stage fit\n"
            "hint: use a value such as 0.001\n"
            "error: another\n"
            "2 errors\n");
}

TEST(Diagnostics, CaretsStandRightUnderWideCharactersAndTabs) {
  Error error = config_error("m");
  error.span = SourceSpan{"a", 3, 8, 3, "\t\u4f60\u597d abc"};  // a tab, two wide characters of three bytes each, a blank
  error.span->column = 9;
  EXPECT_EQ(render_error(error, Screen()),
            "a:3:9: error: m\n"
            "    3 |  \u4f60\u597d abc\n"
            "      |       ^~~\n");
}

TEST(Diagnostics, CutsLongLinesAroundTheFault) {
  Error error = config_error("m");
  error.span = SourceSpan{"a", 1, 501, 4, std::string(500, 'x') + "HERE" + std::string(500, 'y')};
  const std::string text = render_error(error, Screen());
  EXPECT_NE(text.find("...xxxx"), std::string::npos);
  EXPECT_NE(text.find("xHEREy"), std::string::npos);
  EXPECT_NE(text.find("yyy...\n"), std::string::npos);
  EXPECT_LT(text.size(), 500u);
}

TEST(Diagnostics, SurvivesAColumnBehindTheLine) {
  Error error = config_error("m");
  error.span = SourceSpan{"a", 2, 40, 9, "short"};
  EXPECT_EQ(render_error(error, Screen()), "a:2:40: error: m\n    2 | short\n      |      ^\n");
}

TEST(Diagnostics, AFileWithoutALineHasNoPicture) {
  Error error = config_error("m");
  error.span = SourceSpan{"a.yaml", 0, 0, 1, ""};
  EXPECT_EQ(render_error(error, Screen()), "a.yaml: error: m\n");
}

TEST(Diagnostics, JsonCarriesEverything) {
  const Json json = error_json(wrong_rate());
  EXPECT_EQ(json["type"], "error");
  EXPECT_EQ(json["exit_code"], 2);
  EXPECT_EQ(json["span"]["line"], 14);
  EXPECT_EQ(json["field"], "stages.train.params.lr");
}

}  // namespace
}  // namespace mlopsctl::cli
