// EventLoop: one thread that owns a share of the connections. Everything about a connection happens on its loop's thread.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "stages/serve/http/connection.hpp"
#include "stages/serve/http/server.hpp"

namespace mlopsctl::serve {

// What the loops of a server share.
struct ServerState {
  Limits limits;
  std::function<void(std::function<void()>)> elsewhere;  // runs it on a thread that no connection waits for
  std::function<void(const Outside&)> on_outside;        // may be null
  std::atomic<size_t> held{0};
  std::atomic<size_t> connections{0};
  std::atomic<bool> draining{false};
  std::atomic<size_t> settled{0};  // loops that know of the drain: what was on its way to them is in `connections`
  std::atomic<uint64_t> accepted{0}, evicted{0}, refused{0}, timed_out{0};
  std::atomic<uint64_t> next_id{0};
  std::string id_prefix;  // of request ids: differs between processes
};

class EventLoop;

// How other threads reach a loop: also when it has ended.
class LoopDoor {
 public:
  explicit LoopDoor(EventLoop& loop) : loop_(&loop) {}
  bool here() const;  // is this the loop's thread?
  // Runs it on the loop's thread; once the loop has ended, never.
  template <typename Job>
  void post(Job job);
  void shut();

 private:
  std::mutex mutex_;
  EventLoop* loop_;  // null: it has ended
};

class EventLoop {
 public:
  using Connections = std::list<std::shared_ptr<Connection>>;

  explicit EventLoop(ServerState& state);
  ~EventLoop();

  boost::asio::io_context& io() { return io_; }
  ServerState& state() { return state_; }
  std::span<char> scratch() { return scratch_; }
  const std::shared_ptr<LoopDoor>& door() const { return door_; }
  bool here() const { return door_->here(); }

  void run();    // starts the thread
  void stop();   // closes what is open and waits for the thread
  void drain();  // from any thread: connections that wait for a request are closed

  // On the loop's thread:
  void adopt(std::unique_ptr<Transport> transport, std::shared_ptr<const Handler> handler, std::string peer);
  Connections& waiting() { return waiting_; }  // without a whole request, the longest wait first
  Connections& working() { return working_; }
  bool evict();  // false: no connection waits

 private:
  void watch();  // every tick: whose time is over?

  ServerState& state_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer tick_;
  std::vector<char> scratch_;
  Connections waiting_, working_;
  bool ending_ = false;
  std::shared_ptr<LoopDoor> door_ = std::make_shared<LoopDoor>(*this);
  std::thread thread_;
};

template <typename Job>
void LoopDoor::post(Job job) {
  const std::lock_guard lock(mutex_);
  if (loop_ != nullptr) boost::asio::post(loop_->io(), std::move(job));
}

}  // namespace mlopsctl::serve
