#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/places.hpp"
#include "tests/unit/spec/catalog.hpp"

namespace mlopsctl::spec {
namespace {

// MLOPSCTL_UPDATE_GOLDEN=1 writes the page anew; the test is then skipped, so that an update never looks like a success.
TEST(ReferencePage, IsTheGoldenOne) {
  const std::filesystem::path path = testing::source_root() / "tests/unit/spec/reference_page.golden.md";
  const std::string page = reference_page(small_catalog());
  if (std::getenv("MLOPSCTL_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << page;
    GTEST_SKIP() << "rewrote " << path;
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(page, golden.str());
}

TEST(ReferencePage, NamesEveryKeyOfEveryKind) {
  const std::string page = reference_page(small_catalog());
  for (const char* key : {"apiVersion", "vars", "delimiter", "runner", "split.shares", "stop_words", "learning_rate", "model: {type: naive-bayes}", "champion"})
    EXPECT_NE(page.find(key), std::string::npos) << key;
}

}  // namespace
}  // namespace mlopsctl::spec
