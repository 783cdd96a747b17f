#include "stages/serve/scoring/model_source.hpp"

#include <gmock/gmock.h>

#include "pipeline/base/files.hpp"
#include "tests/support/model_folders.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::serve {
namespace {

namespace fs = std::filesystem;

class FolderSource : public ::testing::Test {
 protected:
  fs::path model(const std::string& name, double alpha) {
    const auto rows = ::mlopsctl::testing::write_rows(folder_ / (name + "-rows"), ::mlopsctl::testing::good_and_bad(40, 100));
    return ::mlopsctl::testing::train_model(folder_ / name, rows, alpha);
  }
  ::mlopsctl::testing::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

TEST_F(FolderSource, IsAModelFolderAndItsDigest) {
  const fs::path path = model("one", 1);
  const ModelSource source = folder_source(path);
  const ModelPlace place = source.find().value();
  EXPECT_EQ(place.name, "model");
  EXPECT_EQ(place.version, "1");
  const auto loaded = load_checked(source, place, 2, nullptr);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ((*loaded)->digest, digest_of_path(path).value());
  EXPECT_TRUE((*loaded)->model.classifier().cheap());
  EXPECT_EQ(source.find()->stamp, place.stamp);
}

TEST_F(FolderSource, FollowsASymbolicLink) {
  const fs::path one = model("one", 1), two = model("two", 0.5), link = folder_ / "current";
  fs::create_directory_symlink(one, link);
  const ModelSource source = folder_source(link);
  const ModelPlace before = source.find().value();
  EXPECT_EQ(before.name, "current");
  fs::remove(link);
  fs::create_directory_symlink(two, link);
  const ModelPlace after = source.find().value();
  EXPECT_NE(after.stamp, before.stamp);
  EXPECT_EQ(after.folder, fs::canonical(two));
}

TEST_F(FolderSource, LooksIntoAFolderWhenNobodyWritesInIt) {
  const fs::path one = model("one", 1), two = model("two", 0.5);
  const ModelSource source = folder_source(one);
  const ModelPlace before = source.find().value();
  fs::copy_file(two / "model.json", one / "model.json", fs::copy_options::overwrite_existing);
  EXPECT_EQ(source.find()->stamp, before.stamp);  // it may go on
  for (const auto& file : fs::directory_iterator(two)) fs::copy_file(file, one / file.path().filename(), fs::copy_options::overwrite_existing);
  EXPECT_EQ(source.find()->stamp, before.stamp);
  const ModelPlace after = source.find().value();
  EXPECT_NE(after.stamp, before.stamp);
  EXPECT_EQ((*load_checked(source, after, 1, nullptr))->digest, digest_of_path(two).value());
  const auto late = load_checked(source, before, 1, nullptr);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().message, one.string() + " was changed while it was loaded");
}

TEST_F(FolderSource, SaysWhatIsMissing) {
  EXPECT_EQ(folder_source(folder_ / "none").find().error().message, "cannot open " + (folder_ / "none").string() + ": No such file or directory");
}

}  // namespace
}  // namespace mlopsctl::serve
