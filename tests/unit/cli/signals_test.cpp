#include "cli/signals.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <new>

#include "pipeline/base/error.hpp"

namespace mlopsctl::cli {
namespace {

// In a process of its own: handlers are the process's.
TEST(Signals, OneCtrlCThatArrivesTwiceCancelsAndDoesNotKill) {
  EXPECT_EXIT(
      {
        CancelToken cancel;
        watch_signals(cancel);
        if (cancel.cancelled()) ::_exit(1);
        ::raise(SIGINT);
        if (!cancel.cancelled()) ::_exit(2);
        ::raise(SIGINT);
        ::raise(SIGPIPE);
        ::_exit(42);
      },
      ::testing::ExitedWithCode(42), "");
}

TEST(Signals, SigtermCancelsToo) {
  EXPECT_EXIT(
      {
        CancelToken cancel;
        watch_signals(cancel);
        ::raise(SIGTERM);
        ::_exit(cancel.cancelled() ? 42 : 1);
      },
      ::testing::ExitedWithCode(42), "");
}

void refuse() { throw std::bad_alloc(); }

TEST(Signals, MemoryThatRunsOutWhereNothingCanCatchItIsSaid) {
  struct NeedsMemoryToGo {
    ~NeedsMemoryToGo() { refuse(); }  // as nlohmann::json's destructor may
  };
  EXPECT_EXIT(
      {
        watch_for_lost_memory();
        const NeedsMemoryToGo value;
      },
      ::testing::ExitedWithCode(exit_code(ErrorKind::internal)), "^error: out of memory\nhint: free memory");
}

}  // namespace
}  // namespace mlopsctl::cli
