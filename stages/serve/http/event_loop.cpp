#include "stages/serve/http/event_loop.hpp"

#include <signal.h>

#include <boost/asio/post.hpp>

namespace mlopsctl::serve {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds tick_time{100};

namespace {
thread_local const LoopDoor* mine = nullptr;
}

bool LoopDoor::here() const { return mine == this; }

void LoopDoor::shut() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
}

EventLoop::EventLoop(ServerState& state) : state_(state), work_(io_.get_executor()), tick_(io_), scratch_(size_t{64} << 10) {}

EventLoop::~EventLoop() { stop(); }

void EventLoop::run() {
  thread_ = std::thread([this] {
    sigset_t all;  // signals are the main thread's
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    mine = door_.get();
    watch();
    io_.run();
  });
}

void EventLoop::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    ending_ = true;  // the tick may be over and its handler waiting: cancelling would be too late for it
    tick_.cancel();
    work_.reset();
    while (!waiting_.empty()) waiting_.front()->close();
    while (!working_.empty()) working_.front()->close();
  });
  thread_.join();
  door_->shut();
}

void EventLoop::drain() {
  asio::post(io_, [this] {
    const Connections waiting = waiting_;
    for (const auto& connection : waiting) connection->close_if_idle();
    ++state_.settled;
  });
}

void EventLoop::adopt(std::unique_ptr<Transport> transport, std::shared_ptr<const Handler> handler, std::string peer) {
  if (ending_) return;
  const auto connection = std::make_shared<Connection>(*this, std::move(transport), std::move(handler), std::move(peer));
  waiting_.push_back(connection);
  connection->start(std::prev(waiting_.end()));
}

bool EventLoop::evict() {
  if (waiting_.empty()) return false;
  ++state_.evicted;
  waiting_.front()->close();
  return true;
}

void EventLoop::watch() {
  tick_.expires_after(tick_time);
  tick_.async_wait([this](const Fault& fault) {
    if (fault || ending_) return;
    const auto now = std::chrono::steady_clock::now();
    for (Connections* list : {&waiting_, &working_}) {
      for (auto at = list->begin(); at != list->end();) {
        const auto connection = *at++;  // it may leave the list
        connection->look_at_clock(now);
      }
    }
    watch();
  });
}

}  // namespace mlopsctl::serve
