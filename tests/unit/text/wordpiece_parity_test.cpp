// The same ids and offsets as Hugging Face's tokenizers; expected values by tests/oracle/word_piece.py.
#include "tests/support/temporary_folder.hpp"
#include "wordpiece_fixture.hpp"

namespace mlopsctl::text {
namespace {

TEST(WordPieceParity, HardTexts) {
  if (!std::filesystem::exists(vocabulary_path("cased"))) GTEST_SKIP() << "no vocabularies below " << test_data();
  const Json expected = oracle("word_piece").at("hard_texts");
  for (const std::string casing : casings) {
    const WordPiece tokenizer = bert(casing);
    ListDigest ids, offsets;
    const auto add = [&](const std::string& text) {
      const Encoded encoded = encode(tokenizer, text);
      std::vector<int32_t> alone;
      tokenizer.encode(text, alone);
      EXPECT_EQ(alone, encoded.ids) << text;
      ids.add(encoded.ids);
      offsets.add(encoded.offsets);
      return encoded.ids;
    };
    for (const Json& each : expected.at("cases")) EXPECT_EQ(add(each.at("text")), each.at(casing).get<std::vector<int32_t>>()) << each.at("text");
    for (const Json& parts : expected.at("long")) {
      std::string text;
      for (const Json& part : parts)
        for (int i = 0; i < part[1].get<int>(); ++i) text += part[0].get<std::string>();
      add(text);
    }
    EXPECT_EQ(ids.hex(), expected.at("digests").at(casing).at("ids")) << casing;
    EXPECT_EQ(offsets.hex(), expected.at("digests").at(casing).at("offsets")) << casing;
  }
}

TEST(WordPieceParity, AddedTokens) {
  const Json expected = oracle("word_piece").at("added_tokens");
  for (const Json& option : expected.at("options")) {
    const testing::TemporaryFolder folder;
    folder.write("tokenizer.json", option.at("tokenizer").dump());
    const Result<WordPiece> tokenizer = WordPiece::load(folder.path(), "model");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
    for (size_t i = 0; i < expected.at("texts").size(); ++i) {
      const auto text = expected.at("texts")[i].get<std::string>();
      const Encoded encoded = encode(*tokenizer, text);
      EXPECT_EQ(encoded.ids, option.at("ids")[i].get<std::vector<int32_t>>()) << option.at("name") << ": " << text;
      Json offsets = Json::array();
      for (const Offsets& each : encoded.offsets) offsets.push_back({each.begin, each.end});
      EXPECT_EQ(offsets, option.at("offsets")[i]) << option.at("name") << ": " << text;
    }
  }
}

}  // namespace
}  // namespace mlopsctl::text
