// Expected values made by other programs (tests/oracle), and the real data they were made from.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"

namespace mlopsctl::text {

inline Json oracle(const std::string& name) {
  const std::string path = std::string(MLOPSCTL_SOURCE_DIR) + "/tests/oracle/expected/" + name + ".json";
  const Result<std::string> text = read_file(path);
  EXPECT_TRUE(text.ok()) << path;
  return text.ok() ? Json::parse(*text) : Json();
}

inline std::filesystem::path test_data() {
  const char* set = std::getenv("MLOPSCTL_TEST_DATA");
  return set != nullptr ? set : MLOPSCTL_TEST_DATA_DEFAULT;
}

}  // namespace mlopsctl::text
