#include "cli/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <new>

#include "pipeline/base/error.hpp"

namespace mlopsctl::cli {

namespace {

// A signal handler has no argument to carry these.
std::atomic<CancelToken*> token{nullptr};
std::atomic<bool> cursor_hidden{false};
std::atomic<int64_t> first_at{0};  // milliseconds
std::atomic<int> first_signal{0};

// One Ctrl-C may arrive twice, from the terminal and from a wrapper (timeout, make) that passes it on.
constexpr int64_t same_wish = 500;  // milliseconds

int64_t milliseconds_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void show_cursor() {
  constexpr char show[] = "\x1b[?25h\n";
  if (cursor_hidden.load()) [[maybe_unused]]
    const ssize_t ignored = ::write(2, show, sizeof show - 1);
}

[[noreturn]] void on_terminate() {
  try {
    if (const auto fault = std::current_exception()) std::rethrow_exception(fault);
  } catch (const std::bad_alloc&) {
    show_cursor();
    constexpr char text[] = "error: out of memory\nhint: free memory, or run fewer stages at once with -j 1\n";
    [[maybe_unused]] const ssize_t ignored = ::write(2, text, sizeof text - 1);
    ::_exit(exit_code(ErrorKind::internal));
  } catch (...) {}  // a bug: its trace is in the core
  std::abort();
}

void on_signal(int number) {
  CancelToken* cancel = token.load();
  if (cancel != nullptr && !cancel->cancelled()) first_at.store(milliseconds_now());
  else if (milliseconds_now() - first_at.load() < same_wish) return;
  if (cancel == nullptr || cancel->cancelled()) {
    show_cursor();
    ::_exit(130);
  }
  first_signal.store(number);
  cancel->cancel();
}

}  // namespace

void watch_signals(CancelToken& cancel) {
  token.store(&cancel);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // interrupts a blocking call, so that waiting ends
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

bool stopped_by_interrupt() { return first_signal.load() == SIGINT; }

void watch_for_lost_memory() { std::set_terminate(&on_terminate); }

void restore_cursor_on_kill(bool hidden) { cursor_hidden.store(hidden); }

}  // namespace mlopsctl::cli
