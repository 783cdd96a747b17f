#include "cli/batch_output.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::cli {
namespace {

using ::testing::UnorderedElementsAre;

class BatchOutputTest : public ::testing::Test {
 protected:
  std::unique_ptr<BatchOutput> open(const std::string& input = "a", const std::string& model = "m") {
    auto batch = BatchOutput::open(folder_ / "out.csv", [=]() -> Result<Json> { return Json{{"input", input}, {"model", model}, {"options", 1}}; });
    if (!batch) throw std::runtime_error(batch.error().message);
    return std::move(batch).value();
  }
  // Two chunks of a run that ends early.
  void leave_two_chunks() {
    const auto batch = open();
    EXPECT_EQ(batch->begin().records, 0);
    ASSERT_TRUE(batch->append("one\n", {3, 2, {{"good", 2}}}).ok());
    ASSERT_TRUE(batch->append("two\n", {5, 4, {{"bad", 1}, {"good", 3}}}).ok());
    EXPECT_EQ(*batch->keep(), 4);
  }
  // The material's line first: where it stands in a journal depends on how soon it was known.
  void material_first() {
    std::istringstream journal(bytes("out.csv.journal"));
    std::string first, rest;
    for (std::string line; std::getline(journal, line);) (line.find("\"material\"") == std::string::npos ? rest : first) += line + "\n";
    folder_.write("out.csv.journal", first + rest);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) found.push_back(entry.path().filename().string());
    return found;
  }
  std::string bytes(const std::string& name) const { return read_file(folder_ / name).value(); }

  mlopsctl::testing::TemporaryFolder folder_;
};

TEST_F(BatchOutputTest, GoesOnAfterTheLastChunk) {
  leave_two_chunks();
  const auto batch = open();
  EXPECT_EQ(batch->begin().records, 5);
  EXPECT_EQ(batch->begin().rows, 4);
  EXPECT_EQ(batch->begin().labels, Json({{"bad", 1}, {"good", 3}}));
  ASSERT_TRUE(batch->append("three\n", {6, 5, {}}).ok());
  ASSERT_TRUE(batch->commit().ok());
  EXPECT_EQ(bytes("out.csv"), "one\ntwo\nthree\n");
  EXPECT_THAT(names(), UnorderedElementsAre("out.csv"));
}

TEST_F(BatchOutputTest, BeginsAnewWhereTheMaterialIsAnother) {
  leave_two_chunks();
  {
    const auto batch = open("b");
    EXPECT_EQ(batch->begin().records, 0);
    EXPECT_EQ(batch->why_anew(), "the input has changed");
    EXPECT_EQ(bytes("out.csv.partial"), "");
    ASSERT_TRUE(batch->append("one\n", {3, 2, {}}).ok());
  }
  const auto batch = open("c", "n");
  EXPECT_EQ(batch->why_anew(), "the input, model have changed");
}

TEST_F(BatchOutputTest, TrustsNoChunkWhoseBytesAreNotThose) {
  leave_two_chunks();
  material_first();
  folder_.write("out.csv.partial", "one\ntwX\n");
  EXPECT_EQ(open()->begin().rows, 2);
  EXPECT_EQ(bytes("out.csv.partial"), "one\n");
}

TEST_F(BatchOutputTest, TrustsNoLineThatWasCutOff) {
  leave_two_chunks();
  material_first();
  std::filesystem::resize_file(folder_ / "out.csv.journal", std::filesystem::file_size(folder_ / "out.csv.journal") - 1);
  EXPECT_EQ(open()->begin().rows, 2);
}

TEST_F(BatchOutputTest, BelongsToOneProcess) {
  const auto batch = open();
  const auto second = BatchOutput::open(folder_ / "out.csv", [] { return Result<Json>(Json::object()); });
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "another process is writing " + (folder_ / "out.csv").string());
  EXPECT_EQ(second.error().hint, "wait until it has ended, or write to another file");
}

TEST_F(BatchOutputTest, LeavesNothingOfWhatIsGivenUp) {
  const auto batch = open();
  ASSERT_TRUE(batch->append("one\n", {3, 2, {}}).ok());
  batch->discard();
  EXPECT_TRUE(names().empty());
}

TEST_F(BatchOutputTest, NamesTheFolderThatIsNotThere) {
  const auto batch = BatchOutput::open(folder_ / "none/out.csv", [] { return Result<Json>(Json::object()); });
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.error().message, "cannot create " + (folder_ / "none/out.csv.partial").string() + ": No such file or directory");
}

}  // namespace
}  // namespace mlopsctl::cli
