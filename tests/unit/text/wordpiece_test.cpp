// Reading a tokenizer's files, and what is ours alone: truncation, bytes that are not UTF-8, messages.
#include <thread>

#include "stages/text/unicode.hpp"
#include "tests/support/temporary_folder.hpp"
#include "wordpiece_fixture.hpp"

namespace mlopsctl::text {
namespace {

constexpr const char* vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ngreat\n##est\n##er\n,\nThe\né\ne\n中\n";

WordPiece small(Casing casing = Casing::uncased) {
  Result<WordPiece> made = WordPiece::from_vocabulary(vocabulary, casing, "vocab.txt");
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(*made);
}

std::string message(const Result<WordPiece>& result) { return result.ok() ? "no error" : result.error().message; }

std::string message_of_lines(std::string_view lines) { return message(WordPiece::from_vocabulary(lines, Casing::uncased, "m/vocab.txt")); }

std::vector<int32_t> ids_of(const WordPiece& tokenizer, std::string_view text) { return encode(tokenizer, text).ids; }

using Ids = std::vector<int32_t>;

TEST(WordPiece, WordsBecomePieces) {
  const WordPiece uncased = small();
  EXPECT_EQ(ids_of(uncased, "The greatest, THE greater é"), (Ids{5, 6, 7, 9, 5, 6, 8, 12}));
  EXPECT_EQ(ids_of(small(Casing::cased), "The greatest, THE é"), (Ids{10, 6, 7, 9, 1, 11}));
  EXPECT_EQ(encode(uncased, "é the greater中").offsets, (std::vector<Offsets>{{0, 1}, {2, 5}, {6, 11}, {11, 13}, {13, 14}}));
}

TEST(WordPiece, NamesOfTokens) {
  const WordPiece tokenizer = small();
  EXPECT_EQ(tokenizer.size(), 14u);
  EXPECT_EQ(tokenizer.token(7), "##est");
  EXPECT_EQ(tokenizer.token(14), "");
  EXPECT_EQ(tokenizer.token(-1), "");
  EXPECT_EQ((Ids{tokenizer.pad_id(), tokenizer.unk_id(), tokenizer.cls_id(), tokenizer.sep_id(), tokenizer.mask_id()}), (Ids{0, 1, 2, 3, 4}));
}

TEST(WordPiece, BytesThatAreNotUtf8AreRemoved) {
  const WordPiece tokenizer = small();
  const Encoded encoded = encode(tokenizer,
                                 "th\xFF"
                                 "e gr\xE2\x82"
                                 "eat\xC3");
  EXPECT_EQ(encoded.ids, (Ids{5, 6}));
  EXPECT_EQ(encoded.offsets, (std::vector<Offsets>{{0, 4}, {5, 12}}));  // each such byte counts as a character
}

TEST(WordPiece, Truncation) {
  const WordPiece tokenizer = small();
  const auto input = [&](std::string_view text, size_t most, Truncation truncation) {
    Ids ids{-7};
    tokenizer.encode_input(text, most, truncation, ids);
    return ids;
  };
  const std::string text = "the great , [MASK] e the great , [MASK] e";
  EXPECT_EQ(input("the great", 4, Truncation::head), (Ids{-7, 2, 5, 6, 3}));
  EXPECT_EQ(input(text, 6, Truncation::head), (Ids{-7, 2, 5, 6, 9, 4, 3}));
  EXPECT_EQ(input(text, 8, Truncation::head_and_tail), (Ids{-7, 2, 5, 6, 6, 9, 4, 12, 3}));
  EXPECT_EQ(input(text, 3, Truncation::head_and_tail), (Ids{-7, 2, 12, 3}));
  EXPECT_EQ(input(text, 2, Truncation::head_and_tail), (Ids{-7, 2, 3}));
  EXPECT_EQ(input(text, 2, Truncation::head), (Ids{-7, 2, 3}));
  EXPECT_EQ(input("", 9, Truncation::head), (Ids{-7, 2, 3}));

  std::string numbered;
  for (int i = 0; i < 600; ++i) numbered += i < 128 ? "the " : i < 218 ? "great " : "e ";
  Ids expected{-7, 2};
  expected.insert(expected.end(), 128, 5);
  expected.insert(expected.end(), 382, 12);
  expected.push_back(3);
  EXPECT_EQ(input(numbered, 512, Truncation::head_and_tail), expected);  // 128 + 382 of 510, as in the paper
}

TEST(WordPiece, ThreadsShareOne) {
  const WordPiece tokenizer = small();
  const std::string text = "the greatest é 中 " + std::string(3000, 'x') + " [MASK] greater";
  const Encoded expected = encode(tokenizer, text);
  std::vector<int> same(4);
  std::vector<std::thread> threads;
  for (int& each : same)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) each += ids_of(tokenizer, text) == expected.ids;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same, std::vector<int>(4, 50));
}

TEST(WordPiece, VocabulariesThatAreNone) {
  EXPECT_EQ(message_of_lines(""), "m/vocab.txt holds no tokens");
  EXPECT_EQ(message_of_lines("[PAD]\n[UNK]\n"), "m/vocab.txt has no token \"[CLS]\", which stands for the beginning of a text");
  EXPECT_EQ(message_of_lines("[UNK]\n[CLS]\n[SEP]\na"), "m/vocab.txt has no token \"[PAD]\", which stands for padding");
  EXPECT_EQ(message_of_lines("[UNK]\na\xFF\n"), "m/vocab.txt:2: byte 2 of the line is not UTF-8");
}

TEST(WordPiece, LinesAreReadAsHuggingFaceDoes) {
  // \r and white space at the end are no part of a token; of equal lines the last counts.
  Result<WordPiece> made = WordPiece::from_vocabulary("[PAD]\r\n[UNK]\n[CLS] \n[SEP]\u3000\na\nb\na", Casing::cased, "v");
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ(ids_of(*made, "a b c [SEP]"), (Ids{6, 5, 1, 3}));
  EXPECT_EQ(made->mask_id(), -1);
}

// A folder with a tokenizer.json that is right but for one change.
class Folder {
 public:
  Folder() {
    json_ = {
        {"model", {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"continuing_subword_prefix", "##"}, {"max_input_chars_per_word", 100}}},
        {"normalizer", {{"type", "BertNormalizer"}, {"clean_text", true}, {"handle_chinese_chars", true}, {"strip_accents", nullptr}, {"lowercase", true}}},
        {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
        {"post_processor", {{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}}},
        {"added_tokens", Json::array({{{"id", 4}, {"content", "[MASK]"}, {"special", true}, {"normalized", false}}})}};
    int id = 0;
    for (const char* token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "É", "é", "e"}) json_["model"]["vocab"][token] = id++;
  }
  Json& operator[](const char* pointer) { return json_[Json::json_pointer(pointer)]; }
  void config(const Json& value) { folder_.write("tokenizer_config.json", value.dump()); }
  Result<WordPiece> load() {
    folder_.write("tokenizer.json", json_.dump());
    return WordPiece::load(folder_.path(), "models/x");
  }
  std::string fault() { return message(load()); }

 private:
  testing::TemporaryFolder folder_;
  Json json_;
};

std::string fault_of(const char* pointer, const Json& value) {
  Folder folder;
  folder[pointer] = value;
  return folder.fault();
}

TEST(WordPieceFiles, TokenizerJson) {
  Folder folder;
  const Result<WordPiece> tokenizer = folder.load();
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ(ids_of(*tokenizer, "THE É[MASK] [CLS]"), (Ids{5, 8, 4, 1, 1, 1}));
}

TEST(WordPieceFiles, ConfigComesFirst) {
  Folder folder;
  folder.config({{"do_lower_case", false}});
  EXPECT_EQ(ids_of(*folder.load(), "THE É é"), (Ids{1, 6, 7}));
  folder.config({{"do_lower_case", true}, {"strip_accents", false}});
  EXPECT_EQ(ids_of(*folder.load(), "THE É é"), (Ids{5, 7, 7}));
  folder.config({{"sep_token", {{"content", "the"}}}, {"mask_token", nullptr}});
  EXPECT_EQ(folder.load()->sep_id(), 5);
}

TEST(WordPieceFiles, VocabularyAndConfig) {
  const testing::TemporaryFolder folder;
  folder.write("vocab.txt", vocabulary);
  EXPECT_EQ(ids_of(*WordPiece::load(folder.path(), "m"), "The é [MASK]"), (Ids{5, 12, 4}));
  folder.write("tokenizer_config.json", R"({"do_lower_case": false, "added_tokens_decoder": {"9": {"content": ",", "lstrip": true, "special": true}}})");
  EXPECT_EQ(encode(*WordPiece::load(folder.path(), "m"), "The  , [MASK]").offsets, (std::vector<Offsets>{{0, 3}, {3, 6}, {7, 13}}));
}

TEST(WordPieceFiles, Faults) {
  const testing::TemporaryFolder empty;
  const Result<WordPiece> nothing = WordPiece::load(empty.path(), "models/x");
  EXPECT_EQ(message(nothing), "models/x has neither tokenizer.json nor vocab.txt");
  EXPECT_EQ(nothing.error().hint, "copy them from the model's page on Hugging Face into models/x");
  EXPECT_EQ(fault_of("/model/type", "BPE"), "models/x/tokenizer.json: model.type is \"BPE\"; expected \"WordPiece\"");
  EXPECT_EQ(fault_of("/normalizer", nullptr), "models/x/tokenizer.json has no normalizer; expected one of type \"BertNormalizer\"");
  EXPECT_EQ(fault_of("/pre_tokenizer/type", "Whitespace"), "models/x/tokenizer.json: pre_tokenizer.type is \"Whitespace\"; expected \"BertPreTokenizer\"");
  EXPECT_EQ(fault_of("/normalizer/lowercase", 1), "models/x/tokenizer.json: normalizer.lowercase is 1; expected true or false");
  EXPECT_EQ(fault_of("/model/vocab/the", -5), "models/x/tokenizer.json: model.vocab.the is -5; expected a token's number, 0 or more");
  EXPECT_EQ(fault_of("/model/vocab/the", 900000),
            "models/x/tokenizer.json: token \"the\" has the id 900000; a vocabulary of 9 tokens has none below 0 or above 1043");
  EXPECT_EQ(fault_of("/model/vocab/the", 3), "models/x/tokenizer.json: tokens \"[SEP]\" and \"the\" have the same id 3");
  EXPECT_EQ(fault_of("/model/vocab", Json::array()), "models/x/tokenizer.json: model.vocab is []; expected an object from tokens to numbers");
  EXPECT_EQ(fault_of("/model/unk_token", "<unk>"), "models/x/tokenizer.json has no token \"<unk>\", which stands for unknown words");
  EXPECT_EQ(fault_of("/model/max_input_chars_per_word", 0), "models/x/tokenizer.json: model.max_input_chars_per_word is 0; expected a number above 0");
  EXPECT_EQ(fault_of("/post_processor/cls", "[CLS]"), "models/x/tokenizer.json: post_processor.cls is \"[CLS]\"; expected a list of a token and its number");
  EXPECT_EQ(fault_of("/post_processor/type", "ByteLevel"),
            "models/x/tokenizer.json: post_processor.type is \"ByteLevel\"; expected \"TemplateProcessing\" or \"BertProcessing\"");
  EXPECT_EQ(fault_of("/added_tokens/0/id", "4"), "models/x/tokenizer.json: added_tokens.0.id is \"4\"; expected a token's number, 0 or more");
  EXPECT_EQ(fault_of("/added_tokens/0", Json{{"content", "\u0301"}, {"id", 9}}),
            "models/x/tokenizer.json: nothing is left of the added token \"\u0301\" once it is normalised");

  Folder folder;
  folder.config({{"do_lower_case", "yes"}});
  EXPECT_EQ(folder.fault(), "models/x/tokenizer_config.json: do_lower_case is \"yes\"; expected true or false");
  folder.config({{"do_basic_tokenize", false}});
  EXPECT_EQ(folder.fault(), "models/x/tokenizer_config.json: do_basic_tokenize is false; expected true: text is split at white space and punctuation first");
  folder.config(Json::array());
  EXPECT_EQ(folder.fault(), "models/x/tokenizer_config.json is no object; expected a tokenizer's settings as Hugging Face writes them");
}

TEST(WordPieceFiles, TheRealTokenizerJson) {
  const std::filesystem::path path = test_data() / "vocab/bert-base-uncased-tokenizer.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  const testing::TemporaryFolder folder;
  std::filesystem::copy_file(path, folder / "tokenizer.json");
  const Result<WordPiece> tokenizer = WordPiece::load(folder.path(), "bert");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->size(), 30522u);
  const WordPiece lines = bert("uncased");
  const Json expected = oracle("word_piece");
  for (const Json& each : expected.at("hard_texts").at("cases")) {
    const auto text = each.at("text").get<std::string>();
    EXPECT_EQ(ids_of(*tokenizer, text), ids_of(lines, text));
  }
}

}  // namespace
}  // namespace mlopsctl::text
