#include <gtest/gtest.h>

#include <algorithm>

#include "stages/text/chat_words.hpp"
#include "stages/text/html_entities.hpp"
#include "stages/text/stemmer.hpp"
#include "stages/text/stop_words.hpp"
#include "tests/support/oracle.hpp"

namespace mlopsctl::text {
namespace {

using testing::oracle;

TEST(StopWords, AreScikitLearns) {
  const Json expected = oracle("stop_words").at("words");
  const std::vector<std::string_view> words = split_words(stop_word_list(StopWords::sklearn));
  ASSERT_EQ(words.size(), 318u);
  for (size_t i = 0; i < words.size(); ++i) EXPECT_EQ(words[i], expected[i].get<std::string>());
}

TEST(StopWords, AreNltks) {
  const std::vector<std::string_view> words = split_words(stop_word_list(StopWords::nltk));
  EXPECT_EQ(words.size(), 179u);
  EXPECT_TRUE(std::is_sorted(words.begin(), words.end()));
  EXPECT_TRUE(std::binary_search(words.begin(), words.end(), "don't"));
}

TEST(Stemmer, GivesSnowballsStems) {
  const Json stems = oracle("stemmer").at("stems");
  ASSERT_EQ(stems.size(), 500u);
  for (const Json& pair : stems) {
    auto word = pair[0].get<std::string>();
    word.reserve(word.size() + 16);
    std::string stem;
    append_stem("english", word, stem);
    EXPECT_EQ(stem, pair[1].get<std::string>()) << pair[0];
  }
}

TEST(ChatWords, AreSortedDistinctAndMany) {
  const auto& words = chat_words();
  EXPECT_GE(words.size(), 150u);
  for (size_t i = 1; i < words.size(); ++i) EXPECT_LT(words[i - 1].first, words[i].first);
}

struct Reference {
  std::string_view text, decoded;
};

// Decoded values are Python 3.11's html.unescape.
TEST(HtmlEntities, DecodeAsPythonDoes) {
  const std::vector<Reference> cases = {{"no reference", "no reference"},
                                        {"Tom &amp; Jerry &lt;3 &quot;hi&quot;", "Tom & Jerry <3 \"hi\""},
                                        {"caf&eacute; &Eacute; &EACUTE;", "café É &EACUTE;"},
                                        {"&amp;amp;", "&amp;"},
                                        {"&amp", "&"},
                                        {"&ampx &notit; &notin;", "&x ¬it; ∉"},
                                        {"&#39;&#x27;&#X27;&#039;", "''''"},
                                        {"&#128512; &#x1F600;", "😀 😀"},
                                        {"&#x80;&#150;", "€–"},
                                        {"&#0;&#xD800;&#1114112;&#99999999999;", "\uFFFD\uFFFD\uFFFD\uFFFD"},
                                        {"&#1;&#127;x", "x"},
                                        {"&#; &#x; & &; &unknown; &a", "&#; &#x; & &; &unknown; &a"},
                                        {"&NotEqualTilde;", "\u2242\u0338"},
                                        {"a&nbsp;b&nbspc", "a\u00A0b\u00A0c"},
                                        {"&#65", "A"},
                                        {"&copy 2015 &copy2015", "© 2015 ©2015"},
                                        {"&", "&"}};
  for (const Reference& reference : cases) {
    std::string out;
    decode_html(reference.text, out);
    EXPECT_EQ(out, reference.decoded) << reference.text;
  }
}

}  // namespace
}  // namespace mlopsctl::text
