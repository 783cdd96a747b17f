// A frozen encoder works once on each distinct text.
#include <gmock/gmock.h>

#include "tests/unit/finetune/fitting.hpp"

namespace mlopsctl::finetune {
namespace {

size_t distinct(const Rows& a, const Rows& b) {
  std::vector<std::string> texts = a.texts;
  std::sort(texts.begin(), texts.end());
  const auto first = static_cast<size_t>(std::unique(texts.begin(), texts.end()) - texts.begin());
  texts = b.texts;
  std::sort(texts.begin(), texts.end());
  return first + static_cast<size_t>(std::unique(texts.begin(), texts.end()) - texts.begin());
}

struct Frozen : Fitting {
  Frozen() {
    model["train"] = "classifier";
    validation = flights(12);
  }
  int64_t encoded() {
    forget_checkpoints();
    factory.mishaps.encoded = 0;
    const auto ran = run();
    EXPECT_TRUE(ran.ok()) << ran.error().message;
    return factory.mishaps.encoded;
  }
};

TEST(FrozenEncoder, WorksOnceOnEachTextHoweverManyEpochs) {
  Frozen one, ten;
  one.optimizer["epochs"] = 1;
  ten.optimizer["epochs"] = 10;
  const auto texts = static_cast<int64_t>(distinct(one.train, one.validation));
  EXPECT_EQ(one.encoded(), texts);
  EXPECT_EQ(ten.encoded(), texts);
}

TEST(FrozenEncoder, IsNotAskedAgainForWhatIsRemembered) {
  Frozen fitting;
  const int64_t all = fitting.encoded();
  const std::string digest = fitting.digest();
  EXPECT_EQ(fitting.encoded(), 0);
  EXPECT_EQ(fitting.digest(), digest) << "remembered features are the same bytes";
  fitting.optimizer["lr"] = 0.01;
  EXPECT_EQ(fitting.encoded(), 0) << "another learning rate, the same features";
  fitting.settings.backend = "another";
  EXPECT_EQ(fitting.encoded(), all);
  fitting.model["max_tokens"] = 14;
  EXPECT_EQ(fitting.encoded(), 0) << "no text is that long";
  fitting.model["max_tokens"] = 8;
  EXPECT_GT(fitting.encoded(), 0);
  fitting.model["pooling"] = "mean";
  EXPECT_GT(fitting.encoded(), 0);
}

TEST(FrozenEncoder, DoesWithoutMemosThatAreDamagedOrCannotBeWritten) {
  Frozen fitting;
  const int64_t all = fitting.encoded();
  const std::string digest = fitting.digest();
  for (const auto& entry : std::filesystem::directory_iterator(fitting.folder / "memo"))
    std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) - 4);
  EXPECT_EQ(fitting.encoded(), all);
  EXPECT_EQ(fitting.digest(), digest);
  Frozen nowhere;
  nowhere.folder.write("memo/.keep", "");
  std::filesystem::remove_all(nowhere.folder / "memo");
  nowhere.folder.write("memo_is_a_file", "");
  EXPECT_EQ(nowhere.encoded(), all);
  EXPECT_EQ(nowhere.digest(), digest);
}

}  // namespace
}  // namespace mlopsctl::finetune
