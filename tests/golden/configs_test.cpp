// Every pipeline in configs/ that goes to a cluster, rendered and compared byte for byte. The model is not known here: its digest is zero.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "pipeline/base/files.hpp"
#include "pipeline/spec/pipeline.hpp"
#include "stages/deploy/render.hpp"
#include "stages/registry.hpp"
#include "tests/support/places.hpp"

namespace mlopsctl {
namespace {

namespace fs = std::filesystem;
const fs::path root = testing::source_root();

std::vector<std::string> configs() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(root / "configs"))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, TheConfigRendersAsKept) {
  const auto registry = stages::make_registry();
  spec::LoadOptions options;
  options.files = {root / "configs" / (GetParam() + ".yaml")};
  const auto pipeline = spec::load(options, stages::catalog(registry));
  ASSERT_TRUE(pipeline.ok()) << pipeline.error().message;
  std::string stream;
  for (const auto& stage : pipeline->stages) {
    if (stage.kind != "deploy" || stage.params.at("target").at("kubernetes").is_null()) continue;
    const auto set = deploy::render_stage(stage, Digest());
    ASSERT_TRUE(set.ok()) << set.error().message;
    stream += set->stream();
  }
  const fs::path file = root / "tests/golden/configs" / (GetParam() + ".yaml");
  if (std::getenv("MLOPSCTL_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(make_folders(file.parent_path()).ok());
    if (stream.empty()) fs::remove(file);
    else ASSERT_TRUE(write_file(file, stream).ok());
    GTEST_SKIP() << "rewrote " << file;
  }
  if (stream.empty() && !fs::exists(file)) return;  // releases nothing to a cluster
  const auto kept = read_file(file);
  ASSERT_TRUE(kept.ok()) << kept.error().message << "; make it with MLOPSCTL_UPDATE_GOLDEN=1";
  EXPECT_EQ(*kept, stream);
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Configs, Golden, ::testing::ValuesIn(configs()), test_name);

}  // namespace
}  // namespace mlopsctl
