#include "stages/finetune/masking.hpp"

#include <gmock/gmock.h>

namespace mlopsctl::finetune {
namespace {

const MaskIds ids{101, 102, 103, 30'000};

Batch texts(size_t count, int32_t words) {
  Batch batch;
  for (size_t i = 0; i < count; ++i) {
    batch.ids.push_back(ids.cls);
    for (int32_t word = 0; word < words; ++word) batch.ids.push_back(1000 + word);
    batch.ids.push_back(ids.sep);
    batch.starts.push_back(static_cast<int32_t>(batch.ids.size()));
  }
  return batch;
}

TEST(Masking, MasksFifteenPercentEightyTenTen) {
  const Batch before = texts(500, 100);
  Batch after = before;
  mask(after, ids, 1);
  ASSERT_EQ(after.positions.size(), 500U * 15);
  ASSERT_EQ(after.labels.size(), after.positions.size());
  double masked = 0, same = 0;
  for (size_t i = 0; i < after.positions.size(); ++i) {
    const auto at = static_cast<size_t>(after.positions[i]);
    EXPECT_TRUE(i == 0 || after.positions[i - 1] < after.positions[i]);
    EXPECT_EQ(after.labels[i], before.ids[at]) << "what is to be guessed is the true token";
    EXPECT_NE(before.ids[at], ids.cls);
    EXPECT_NE(before.ids[at], ids.sep);
    masked += after.ids[at] == ids.mask;
    same += after.ids[at] == before.ids[at];
  }
  const auto all = static_cast<double>(after.positions.size());
  EXPECT_NEAR(masked / all, 0.8, 0.02);
  EXPECT_NEAR(same / all, 0.1, 0.02);
  size_t changed = 0;
  for (size_t i = 0; i < before.ids.size(); ++i) changed += before.ids[i] != after.ids[i];
  EXPECT_EQ(changed, after.positions.size() - static_cast<size_t>(same)) << "nothing else changes";
}

TEST(Masking, IsAFunctionOfTheSeed) {
  Batch one = texts(10, 20), same = one, other = one;
  mask(one, ids, 5);
  mask(same, ids, 5);
  mask(other, ids, 6);
  EXPECT_EQ(one.ids, same.ids);
  EXPECT_EQ(one.positions, same.positions);
  EXPECT_NE(one.positions, other.positions);
}

TEST(Masking, TakesAtLeastOneTokenAndNoneOfAnEmptyText) {
  Batch batch = texts(1, 1);
  mask(batch, ids, 1);
  EXPECT_EQ(batch.positions, std::vector<int32_t>{1});
  Batch empty = texts(2, 0);
  mask(empty, ids, 1);
  EXPECT_TRUE(empty.positions.empty());
}

}  // namespace
}  // namespace mlopsctl::finetune
