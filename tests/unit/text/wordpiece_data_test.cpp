// WordPiece over every code point and every text of the data sets, by digests; expected values by tests/oracle/word_piece.py.
#include <cstdio>
#include <memory>

#include "stages/data/table.hpp"
#include "stages/data/utf8.hpp"
#include "stages/text/unicode.hpp"
#include "wordpiece_fixture.hpp"

namespace mlopsctl::text {
namespace {

BertNormalization steps_of(const std::string& name) {
  BertNormalization steps{false, false, false, false};
  const bool both = name == "cased" || name == "uncased" || name == "lower_accents";
  steps.clean_text = both || name == "clean";
  steps.split_ideographs = both || name == "ideographs";
  steps.strip_accents = name == "uncased" || name == "strip";
  steps.lowercase = name == "uncased" || name == "lower" || name == "lower_accents";
  return steps;
}

WordPiece toy(const BertNormalization& steps, const std::vector<std::string>& more) {
  WordPieceSettings settings;
  settings.normalization = steps;
  for (const char* token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    const auto id = static_cast<int32_t>(settings.vocabulary.size());
    settings.vocabulary.emplace_back(token, id);
    settings.added.push_back({token, id, false, false, false, false});
  }
  for (const std::string& token : more) settings.vocabulary.emplace_back(token, static_cast<int32_t>(settings.vocabulary.size()));
  return std::move(*WordPiece::make(std::move(settings), "toy"));
}

std::string utf8(uint32_t code) {
  std::string out;
  append_code(out, code);
  return out;
}

TEST(WordPieceDigests, EveryCodePoint) {
  const Json expected = oracle("word_piece_code_points").at("steps");
  for (const auto& [name, digests] : expected.items()) {
    const BertNormalization steps = steps_of(name);
    const WordPiece unknown = toy(steps, {}), letters = toy(steps, {"a", "b", "##b", "##i", "##\u0307"});
    const bool whole = digests.contains("words");
    BertNormalizer normalizer(steps);
    Sha256 normalized;
    ListDigest words, pieces;
    for (uint32_t block = 0; block < 0x110000; block += 4096) {
      std::string among, between, result;
      for (uint32_t code = block; code < block + 4096; ++code) {
        if (code >= 0xD800 && code < 0xE000) continue;
        among += "a\u302e" + utf8(code) + "\U0001D165b ";
        between += "a" + utf8(code) + "b ";
      }
      normalizer.normalize(among, 0);
      for (const NormalizedChar& each : normalizer.chars()) append_code(result, each.code);
      normalized.update(result);
      if (!whole) continue;
      words.add(encode(unknown, among).offsets);
      words.add(encode(unknown, between).offsets);
      const Encoded encoded = encode(letters, between);
      pieces.add(encoded.ids);
      pieces.add(encoded.offsets);
    }
    EXPECT_EQ(normalized.finish().hex(), digests.at("normalized")) << name;
    if (!whole) continue;
    EXPECT_EQ(words.hex(), digests.at("words")) << name;
    EXPECT_EQ(pieces.hex(), digests.at("pieces")) << name;
  }
}

std::string unzipped(const std::filesystem::path& path) {
  if (path.extension() != ".gz") return std::move(*read_file(path));
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(("gzip -dc '" + path.string() + "'").c_str(), "r"), &::pclose);
  std::string content;
  std::vector<char> part(1 << 20);
  for (size_t got; pipe && (got = std::fread(part.data(), 1, part.size(), pipe.get())) > 0;) content.append(part.data(), got);
  return content;
}

// Calls visit for the texts that texts_of() of word_piece.py finds in a file.
template <typename Visit>
void for_texts(const std::filesystem::path& path, Visit visit) {
  const std::string folder = path.parent_path().filename().string();
  if (path.extension() == ".csv" && (folder == "airline" || folder == "imdb")) {
    Result<data::TableReader> reader = data::TableReader::open(path, {}, path.string());
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    const auto& columns = reader->columns();
    const auto text = static_cast<size_t>(std::find(columns.begin(), columns.end(), "text") - columns.begin());
    data::Record record;
    data::BadRecord bad;
    for (Result<data::Next> next = reader->next(record, bad); next.ok() && *next == data::Next::record; next = reader->next(record, bad))
      visit(record.fields[text]);
    return;
  }
  const std::string content = unzipped(path);
  std::string wide;
  for (std::string_view rest = content; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!data::is_utf8(line)) {
      wide.clear();
      for (const char byte : line) append_code(wide, static_cast<unsigned char>(byte));
      line = wide;
    }
    visit(line);
  }
}

TEST(WordPieceDigests, EveryTextOfTheDataSets) {
  if (!std::filesystem::exists(vocabulary_path("cased"))) GTEST_SKIP() << "no data sets below " << test_data();
  const Json files = oracle("word_piece_data").at("files");
  const WordPiece tokenizers[] = {bert("uncased"), bert("cased")};
  int64_t compared = 0;
  for (const auto& [name, expected] : files.items()) {
    if (!std::filesystem::exists(test_data() / name)) continue;
    ++compared;
    ListDigest ids[2], offsets[2];
    int64_t texts = 0, tokens[2] = {};
    Encoded encoded;
    for_texts(test_data() / name, [&](std::string_view text) {
      ++texts;
      for (size_t i = 0; i < 2; ++i) {
        encoded.ids.clear();
        encoded.offsets.clear();
        tokenizers[i].encode(text, encoded.ids, encoded.offsets);
        tokens[i] += static_cast<int64_t>(encoded.ids.size());
        ids[i].add(encoded.ids);
        offsets[i].add(encoded.offsets);
      }
    });
    EXPECT_EQ(texts, expected.at("texts")) << name;
    for (size_t i = 0; i < 2; ++i) {
      const Json& wanted = expected.at(casings[i]);
      EXPECT_EQ(tokens[i], wanted.at("tokens")) << name << ", " << casings[i];
      EXPECT_EQ(ids[i].hex(), wanted.at("ids")) << name << ", " << casings[i];
      EXPECT_EQ(offsets[i].hex(), wanted.at("offsets")) << name << ", " << casings[i];
    }
  }
  if (compared == 0) GTEST_SKIP() << "none of the data sets is below " << test_data();
}

}  // namespace
}  // namespace mlopsctl::text
