#include "pipeline/base/yaml_cache.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace mlopsctl {
namespace {

namespace fs = std::filesystem;

struct YamlCache : ::testing::Test {
  YamlCache() : folder(fs::path(::testing::TempDir()) / ("yaml_cache_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(folder);
    for (int i = 0; i < 300; ++i) text += "key" + std::to_string(i) + ": {a: 'quoted " + std::to_string(i) + "', b: [1, 2.5, true], c: }\n";
  }
  ~YamlCache() override { fs::remove_all(folder); }

  std::vector<fs::path> files() const { return {fs::directory_iterator(folder), fs::directory_iterator()}; }

  static void expect_equal(const Node& a, const Node& b) {
    ASSERT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.plain, b.plain);
    EXPECT_EQ(a.scalar, b.scalar);
    EXPECT_EQ(std::tuple(a.line, a.column, a.length), std::tuple(b.line, b.column, b.length));
    EXPECT_EQ(a.span().excerpt, b.span().excerpt);
    ASSERT_EQ(a.items.size(), b.items.size());
    for (size_t i = 0; i < a.items.size(); ++i) expect_equal(a.items[i], b.items[i]);
    ASSERT_EQ(a.entries.size(), b.entries.size());
    for (size_t i = 0; i < a.entries.size(); ++i) {
      expect_equal(a.entries[i].key, b.entries[i].key);
      expect_equal(a.entries[i].value, b.entries[i].value);
    }
  }

  fs::path folder;
  std::string text;
};

TEST_F(YamlCache, GivesBackTheSameTree) {
  const auto parsed = parse_yaml_cached(text, "a.yaml", folder);
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(files().size(), 1u);
  const auto recalled = parse_yaml_cached(text, "a.yaml", folder);
  ASSERT_TRUE(recalled.ok());
  expect_equal(*parsed, *recalled);
}

TEST_F(YamlCache, AnotherTextIsAnotherTree) {
  ASSERT_TRUE(parse_yaml_cached(text, "a.yaml", folder).ok());
  const auto other = parse_yaml_cached(text + "last: 1\n", "a.yaml", folder);
  ASSERT_TRUE(other.ok());
  EXPECT_NE(other->find("last"), nullptr);
}

TEST_F(YamlCache, DamagedTreesAreParsedAnew) {
  ASSERT_TRUE(parse_yaml_cached(text, "a.yaml", folder).ok());
  const fs::path file = files().front();
  std::ifstream in(file, std::ios::binary);
  const std::string whole(std::istreambuf_iterator<char>(in), {});
  for (const size_t at : {size_t{0}, size_t{20}, size_t{90}, whole.size() / 2, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << damaged;
    const auto read = parse_yaml_cached(text, "a.yaml", folder);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->entries.size(), 300u) << "byte " << at;
  }
  std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, 100);
  EXPECT_EQ(parse_yaml_cached(text, "a.yaml", folder)->entries.size(), 300u);
}

TEST_F(YamlCache, FaultsAreNotKept) {
  EXPECT_FALSE(parse_yaml_cached(text + "key1: again\n", "a.yaml", folder).ok());
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(YamlCache, KeepsAFewTreesOnly) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(parse_yaml_cached(text + "n: " + std::to_string(i) + "\n", "a.yaml", folder).ok());
  EXPECT_LE(files().size(), 8u);
}

}  // namespace
}  // namespace mlopsctl
