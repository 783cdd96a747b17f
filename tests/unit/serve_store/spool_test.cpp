#include "stages/serve/store/spool.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::serve::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t plenty = 100u << 20;

class SpoolTest : public ::testing::Test {
 protected:
  std::unique_ptr<Spool> open(const std::string& who, uint64_t most = plenty) { return Spool::open(folder_.path(), who, most).value(); }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }
  // What a process leaves that is killed after it accepted these.
  void die_with(const std::string& who, const std::vector<std::string>& payloads) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto spool = open(who);
      ::_exit(spool->append(payloads).ok() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
  }

  mlopsctl::testing::TemporaryFolder folder_;
};

TEST_F(SpoolTest, GivesBackInOrderUntilDelivered) {
  const auto spool = open("a");
  EXPECT_THAT(*spool->oldest(10), IsEmpty());
  ASSERT_TRUE(spool->append(std::vector<std::string>{"one", "two"}).ok());
  ASSERT_TRUE(spool->append(std::vector<std::string>{"three"}).ok());
  EXPECT_THAT(*spool->oldest(2), ElementsAre("one", "two"));
  EXPECT_THAT(*spool->oldest(2), ElementsAre("one", "two"));
  ASSERT_TRUE(spool->delivered().ok());
  EXPECT_THAT(*spool->oldest(2), ElementsAre("three"));
  EXPECT_EQ(spool->bytes(), 16u + 1 + 5 + 1);
  ASSERT_TRUE(spool->delivered().ok());
  EXPECT_THAT(*spool->oldest(2), IsEmpty());
  EXPECT_EQ(spool->bytes(), 0u);
}

TEST_F(SpoolTest, LeavesNothingWhenAllIsDelivered) {
  {
    const auto spool = open("a");
    ASSERT_TRUE(spool->append(std::vector<std::string>{"one"}).ok());
    EXPECT_THAT(names(), ElementsAre("a-0.spool"));
    EXPECT_THAT(*spool->oldest(1), ElementsAre("one"));
    ASSERT_TRUE(spool->delivered().ok());
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(SpoolTest, TakesOverWhatTheDeadLeft) {
  die_with("dead", {"one", "two"});
  EXPECT_THAT(names(), ElementsAre("dead-0.spool"));
  const auto spool = open("b");
  ASSERT_TRUE(spool->append(std::vector<std::string>{"three"}).ok());
  EXPECT_THAT(*spool->oldest(10), ElementsAre("one", "two"));
  ASSERT_TRUE(spool->delivered().ok());
  EXPECT_THAT(names(), ElementsAre("b-0.spool"));
  EXPECT_THAT(*spool->oldest(10), ElementsAre("three"));
}

TEST_F(SpoolTest, LeavesTheLivingAlone) {
  const auto living = open("a");
  ASSERT_TRUE(living->append(std::vector<std::string>{"mine"}).ok());
  die_with("dead", {"left"});
  const auto other = open("b");
  EXPECT_THAT(*other->oldest(10), ElementsAre("left"));
  ASSERT_TRUE(other->delivered().ok());
  EXPECT_THAT(*other->oldest(10), IsEmpty());
  EXPECT_THAT(*living->oldest(10), ElementsAre("mine"));
}

TEST_F(SpoolTest, DoesNotCountALineThatWasCutOff) {
  die_with("dead", {"one", "two"});
  std::filesystem::resize_file(folder_ / "dead-0.spool", 2 * (16 + 1 + 3 + 1) - 1);
  const auto spool = open("b");
  EXPECT_THAT(*spool->oldest(10), ElementsAre("one"));
  EXPECT_EQ(spool->damaged(), 0u);
}

TEST_F(SpoolTest, PassesOverALineThatWasChanged) {
  die_with("dead", {"one", "two", "three"});
  std::string bytes = read_file(folder_ / "dead-0.spool").value();
  bytes[bytes.find("two")] = 'T';
  folder_.write("dead-0.spool", bytes);
  const auto spool = open("b");
  EXPECT_THAT(*spool->oldest(10), ElementsAre("one", "three"));
  EXPECT_EQ(spool->damaged(), 1u);
  ASSERT_TRUE(spool->delivered().ok());
  EXPECT_THAT(names(), ElementsAre("dead-0.damaged"));
}

TEST_F(SpoolTest, IsBounded) {
  const auto spool = open("a", 100);
  const std::vector<std::string> payload{std::string(50, 'x')};
  ASSERT_TRUE(spool->append(payload).ok());
  const auto full = spool->append(payload);
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().message, "the spool " + folder_.path().string() + " is full: 68 of 100 bytes wait");
  EXPECT_EQ(spool->oldest(10)->size(), 1u);
  ASSERT_TRUE(spool->delivered().ok());
  EXPECT_TRUE(spool->append(payload).ok());
}

TEST_F(SpoolTest, HoldsMoreThanOneFileAndLongLines) {
  const auto spool = open("a");
  std::vector<std::string> all;
  for (int i = 0; i < 30; ++i) all.push_back(std::string(i % 10 == 0 ? 3'000'000 : 400'000, static_cast<char>('a' + i % 26)));
  for (const auto& each : all) ASSERT_TRUE(spool->append(std::vector<std::string>{each}).ok());
  EXPECT_GT(names().size(), 1u);
  std::vector<std::string> read;
  while (true) {
    const auto some = spool->oldest(4);
    if (some->empty()) break;
    read.insert(read.end(), some->begin(), some->end());
    ASSERT_TRUE(spool->delivered().ok());
  }
  EXPECT_EQ(read, all);
  EXPECT_EQ(names().size(), 1u);
  EXPECT_LT(std::filesystem::file_size(folder_ / names()[0]), 1u << 20);
}

}  // namespace
}  // namespace mlopsctl::serve::store
