#include "stages/text/recipe.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mlopsctl::text {
namespace {

struct Case {
  std::string steps;  // JSON
  std::string text, cleaned;
};

std::ostream& operator<<(std::ostream& out, const Case& value) { return out << value.steps << " on " << value.text; }

class RecipeCases : public ::testing::TestWithParam<Case> {};

TEST_P(RecipeCases, Cleans) {
  const Result<Recipe> recipe = Recipe::make(Json::parse(GetParam().steps));
  ASSERT_TRUE(recipe.ok()) << recipe.error().message;
  EXPECT_EQ((*recipe)(GetParam().text), GetParam().cleaned);
}

constexpr auto html = R"([{"step": "strip_html"}])";
constexpr auto urls = R"([{"step": "strip_urls", "replace_with": "<url>"}])";
constexpr auto mentions = R"([{"step": "strip_mentions", "replace_with": "@user"}])";
constexpr auto stop_words = R"([{"step": "stop_words"}])";
constexpr auto nltk = R"([{"step": "stop_words", "list": "nltk", "extra": ["Movie"], "keep": ["not"]}])";
constexpr auto chat = R"([{"step": "expand_chat_words", "extra": {"GR8T": "truly great"}}])";
constexpr auto punctuation = R"([{"step": "strip_punctuation"}])";

INSTANTIATE_TEST_SUITE_P(
    Steps, RecipeCases,
    ::testing::Values(Case{"[]", "As It <b>Is</b>", "As It <b>Is</b>"}, Case{html, "good<br />bad <b class=\"a>b\">bold</b>", "good bad  bold "},
                      Case{html, "I <3 you, a < b > c, 5<6", "I <3 you, a < b > c, 5<6"},
                      Case{html, "a<!-- <b> -->b<script>if (a<b) {}</script>c<STYLE x>p</STYLE >d", "a b c d"},
                      Case{html, "unclosed <b and <i>x</i>", "unclosed <b and  x "}, Case{R"([{"step": "strip_html", "replace_with": ""}])", "<p>x</p>", "x"},
                      Case{urls, "see http://t.co/a?b=1&c. (https://x.org/é) or WWW.Site.com!", "see <url>. (<url>) or <url>!"},
                      Case{urls, "xhttp://no ftp://yes httpd www", "xhttp://no <url> httpd www"},
                      Case{urls, "<a href=\"http://x.y\">z</a>", "<a href=\"<url>\">z</a>"}, Case{R"([{"step": "strip_urls"}])", "http://t.co/x gone", " gone"},
                      Case{mentions, "@VirginAmerica: @a_1! me@mail.org @ @", "@user: @user! me@mail.org @ @"},
                      Case{R"([{"step": "decode_html"}, {"step": "strip_html"}])", "&lt;b&gt;x&lt;/b&gt; &amp; y", " x  & y"},
                      Case{R"([{"step": "lowercase"}])", "ÀÉ ΟΔΟΣ İ STRASSE", "àé οδος i\u0307 strasse"},
                      Case{R"([{"step": "normalize_unicode", "form": "nfkc"}])", "ﬁ Ａ", "fi A"},
                      Case{chat, "OMG, brb! gr8t \"lol\" brbx", "oh my god, be right back! truly great \"laughing out loud\" brbx"},
                      Case{stop_words, "The plot of the film is not what I had in mind", "plot film mind"}, Case{stop_words, "the, (and) it", ", ()"},
                      Case{nltk, "This movie isn't good, don’t not watch", "good, not watch"},
                      Case{R"([{"step": "stop_words", "list": "none", "extra": ["x"]}])", "the x y x", "the y"},
                      Case{R"([{"step": "stem"}])", "Watching films, beautifully filmed don't", "watch film, beauti film don't"},
                      Case{R"([{"step": "stem", "language": "german"}])", "Häuser laufen", "haus lauf"},
                      Case{punctuation, "Don't! — «so» $5 <b> a_b 😀 …", "Dont  so 5 b ab 😀 "},
                      Case{R"([{"step": "strip_punctuation", "keep": "'!", "replace_with": " "}])", "don't, stop!", "don't  stop!"},
                      Case{R"([{"step": "strip_digits", "replace_with": "#"}])", "in 2015 and ٢٠ x1y", "in # and # x#y"},
                      Case{R"([{"step": "keep_letters"}])", "it's 5 o'clock—très bon!", "it s o clock très bon "},
                      Case{R"([{"step": "keep_letters", "ascii": true}])", "naïve x2", "na ve x "},
                      Case{R"([{"step": "strip_non_alphanumerics"}])", "a_b: c3 — d\n!", "a b  c3   d\n "},
                      Case{R"([{"step": "collapse_whitespace"}])", " \t a \u00A0\n b\u3000", "a b"},
                      Case{R"([{"step": "truncate_words", "words": 2}])", "  one  two three", "one  two"},
                      Case{R"([{"step": "truncate_words", "words": 2, "from": "end"}])", "one two  three ", "two  three"},
                      Case{R"([{"step": "truncate_words", "words": 9}])", "", ""}));

TEST(Recipe, StepsRunInOrder) {
  const auto one = Recipe::make(Json::parse(R"([{"step": "lowercase"}, {"step": "regex_replace", "pattern": "[A-Z]+", "with": "X"}])"));
  const auto other = Recipe::make(Json::parse(R"([{"step": "regex_replace", "pattern": "[A-Z]+", "with": "X"}, {"step": "lowercase"}])"));
  EXPECT_EQ((*one)("Ab CD"), "ab cd");
  EXPECT_EQ((*other)("Ab CD"), "xb x");
}

TEST(Recipe, JsonIsCanonical) {
  const auto recipe = Recipe::make(Json::parse(R"([{"step": "strip_urls"}, {"step": "lowercase"}])"));
  EXPECT_EQ(canonical(recipe->json()), R"({"steps":[{"replace_with":"","step":"strip_urls"},{"step":"lowercase"}]})");
  const auto again = Recipe::make(recipe->json().at("steps"));
  EXPECT_EQ(again->json(), recipe->json());
}

TEST(Recipe, NamesEveryFault) {
  const auto recipe = Recipe::make(Json::parse(
      R"([{"step": "lowercaze"}, {"step": "strip_urls", "replace": "x"}, {"step": "truncate_words"}, {"step": "stem", "language": "klingon"},
          {"step": "regex_replace", "pattern": "(a"}, {"step": "regex_replace", "pattern": "a", "with": "\\1"}, "lowercase"])"));
  ASSERT_FALSE(recipe.ok());
  std::vector<std::string> messages = {recipe.error().field + ": " + recipe.error().message};
  for (const Error& error : recipe.error().also) messages.push_back(error.field + ": " + error.message);
  EXPECT_THAT(messages,
              ::testing::ElementsAre(
                  "steps[0]: there is no cleaning step \"lowercaze\"", "steps[1]: step strip_urls has no option \"replace\"",
                  "steps[2]: step truncate_words needs the option \"words\"", "steps[3].language: step stem cannot use \"klingon\" as \"language\"",
                  "steps[4]: cannot use the pattern \"(a\": missing ): (a",
                  "steps[5]: cannot use the replacement \"\\1\": Rewrite schema requests 1 matches, but the regexp only has 0 parenthesized subexpressions.",
                  "steps[6]: found \"lowercase\", expected a step such as {\"step\": \"lowercase\"}"));
  EXPECT_EQ(recipe.error().hint, "did you mean lowercase?");
}

TEST(Recipe, CleaningTwiceIsCleaningOnce) {
  for (const std::string_view name : {"strip_html", "strip_urls", "strip_mentions", "lowercase", "normalize_unicode", "stop_words", "strip_punctuation",
                                      "strip_digits", "keep_letters", "strip_non_alphanumerics", "collapse_whitespace"}) {
    const auto recipe = Recipe::make(Json::array({{{"step", name}}}));
    const std::string once = (*recipe)("@Me The <b>QUICK</b>  fox isn't #1 at http://x.y, “so” ﬁne 😀 & the ΟΔΟΣ");
    EXPECT_EQ((*recipe)(once), once) << name;
  }
}

TEST(Recipe, ThreadsAgree) {
  const auto recipe = Recipe::make(Json::parse(R"([{"step": "stem"}, {"step": "stop_words"}, {"step": "expand_chat_words"}])"));
  const std::string expected = (*recipe)("running lol the dogs");
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (std::string& result : results)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) recipe->apply("running lol the dogs", result);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) EXPECT_EQ(result, expected);
}

TEST(Recipe, EveryStepIsDocumented) {
  for (const spec::Alternative& step : step_table()) {
    EXPECT_TRUE(step.doc.ends_with('.')) << step.name;
    for (const spec::Field& field : step.fields) EXPECT_TRUE(field.doc.ends_with('.')) << step.name << "." << field.name;
  }
}

}  // namespace
}  // namespace mlopsctl::text
