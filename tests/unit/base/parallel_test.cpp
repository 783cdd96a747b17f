#include "pipeline/base/parallel.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace mlopsctl {
namespace {

TEST(InParallel, DoesEveryPieceOnceWhateverTheThreads) {
  for (const size_t threads : {0u, 1u, 3u, 64u}) {
    std::vector<int> done(1000);
    in_parallel(done.size(), threads, [&](size_t i) { ++done[i]; });
    EXPECT_EQ(done, std::vector<int>(1000, 1)) << threads;
  }
  in_parallel(0, 4, [](size_t) { FAIL(); });
}

TEST(InParallel, ThrowsHereWhatAHelperThrew) {
  for (const size_t threads : {1u, 4u})
    EXPECT_THROW(in_parallel(100, threads,
                             [](size_t i) {
                               if (i == 57) throw std::runtime_error("piece 57");
                             }),
                 std::runtime_error);
}

}  // namespace
}  // namespace mlopsctl
