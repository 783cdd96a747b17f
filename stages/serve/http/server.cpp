#include "stages/serve/http/server.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <random>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include "pipeline/base/files.hpp"
#include "stages/serve/http/event_loop.hpp"
#include "stages/serve/http/tls.hpp"

namespace mlopsctl::serve {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

constexpr size_t spare_descriptors = 64;  // for files, the store, the model
constexpr std::chrono::milliseconds pause_without_descriptors{50};

Error cannot_listen(const std::string& where, const std::string& why, std::string hint) {
  return config_error("cannot listen on " + where + ": " + why).with_hint(std::move(hint));
}

// As many descriptors as this process may have; returns how many connections that leaves room for.
size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 512;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur > 2 * spare_descriptors ? limit.rlim_cur - spare_descriptors : limit.rlim_cur / 2;
}

std::string peer_name(const Socket& socket) {
  Fault fault;
  const auto end = socket.remote_endpoint(fault);
  if (fault || end.protocol().family() == AF_UNIX) return "unix";
  tcp::endpoint address;
  if (end.size() > address.capacity()) return "?";
  std::memcpy(address.data(), end.data(), end.size());
  address.resize(end.size());
  auto ip = address.address();
  if (ip.is_v6() && ip.to_v6().is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6()).to_string();
  return ip.to_string();
}

// Runs large requests' handlers, one after the other.
class Worker {
 public:
  Worker() : thread_([this] { run(); }) {}
  ~Worker() { stop(); }
  void add(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    more_.notify_one();
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      more_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + 3);  // of this thread alone: small requests go first
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex_);
        more_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

// One place to connect to. Its acceptors belong to the first loop's thread.
struct Listener {
  explicit Listener(asio::io_context& io) : acceptor(io), pause(io) {}
  Acceptor acceptor;
  asio::steady_timer pause;
  std::shared_ptr<const Handler> handler;
  std::string unix_socket;
  uint16_t port = 0;
  bool tls = false;
};

struct Server::Impl {
  ServerState state;
  std::unique_ptr<Worker> worker;
  std::vector<std::unique_ptr<EventLoop>> loops;
  std::vector<std::unique_ptr<Listener>> listeners;
  size_t next_loop = 0;
  std::string certificate, key;
  std::mutex tls_mutex;  // of what follows
  std::string tls_stamp;
  std::shared_ptr<const TlsContext> tls;

  Status refresh_tls() {
    const std::string stamp = stamp_of({certificate, key});
    {
      const std::lock_guard lock(tls_mutex);
      if (tls && stamp == tls_stamp) return {};
    }
    TRY_ASSIGN(auto context, TlsContext::load(certificate, key));
    const std::lock_guard lock(tls_mutex);
    tls = std::move(context);
    tls_stamp = stamp;
    return {};
  }
  std::shared_ptr<const TlsContext> current_tls() {
    const std::lock_guard lock(tls_mutex);
    return tls;
  }
  bool stopped = false;

  EventLoop& first() { return *loops.front(); }

  Status listen(const Endpoint& endpoint) {
    auto listener = std::make_unique<Listener>(first().io());
    listener->handler = std::make_shared<const Handler>(endpoint.handler);
    listener->unix_socket = endpoint.unix_socket;
    listener->tls = endpoint.tls;
    TRY(endpoint.unix_socket.empty() ? listen_tcp(*listener, endpoint) : listen_unix(*listener, endpoint));
    listeners.push_back(std::move(listener));
    return {};
  }

  static Fault open(Acceptor& acceptor, const asio::generic::stream_protocol::endpoint& end, bool both) {
    Fault fault;
    acceptor.open(end.protocol(), fault);
    if (fault) return fault;
    Fault ignored;
    acceptor.set_option(asio::socket_base::reuse_address(true), ignored);
    if (both) acceptor.set_option(asio::ip::v6_only(false), ignored);
    acceptor.bind(end, fault);
    if (!fault) acceptor.listen(4096, fault);
    if (!fault) acceptor.non_blocking(true, fault);
    if (fault) acceptor.close(ignored);
    return fault;
  }

  Status listen_tcp(Listener& listener, const Endpoint& endpoint) {
    const std::string where = (endpoint.host.empty() ? "port " : endpoint.host + ":") + std::to_string(endpoint.port);
    Fault fault;
    if (endpoint.host.empty()) {
      fault = open(listener.acceptor, tcp::endpoint(tcp::v6(), endpoint.port), true);
      if (fault && fault != asio::error::address_in_use && fault != asio::error::access_denied)  // no IPv6 here
        fault = open(listener.acceptor, tcp::endpoint(tcp::v4(), endpoint.port), false);
    } else {
      tcp::resolver resolver(first().io());
      const auto found = resolver.resolve(endpoint.host, std::to_string(endpoint.port), tcp::resolver::passive, fault);
      if (fault) return cannot_listen(where, fault.message(), "name an address of this machine, such as 127.0.0.1");
      for (const auto& each : found)
        if (!(fault = open(listener.acceptor, each.endpoint(), false))) break;
    }
    if (fault)
      return cannot_listen(
          where, fault.message(),
          fault == asio::error::address_in_use ? "stop the other program, or take another port" : "name an address of this machine, and a port from 1024 on");
    tcp::endpoint bound;
    const auto local = listener.acceptor.local_endpoint();
    std::memcpy(bound.data(), local.data(), std::min(local.size(), bound.capacity()));
    listener.port = bound.port();
    return {};
  }

  Status listen_unix(Listener& listener, const Endpoint& endpoint) {
    const std::string& path = endpoint.unix_socket;
    if (path.size() >= sizeof(sockaddr_un{}.sun_path)) return cannot_listen(path, "the path is too long", "a socket's path has at most 107 bytes");
    struct stat there {};
    if (::lstat(path.c_str(), &there) == 0) {
      if (!S_ISSOCK(there.st_mode)) return cannot_listen(path, "it exists and is no socket", "name another path");
      asio::local::stream_protocol::socket probe(first().io());
      Fault fault;
      probe.connect(asio::local::stream_protocol::endpoint(path), fault);
      if (!fault) return cannot_listen(path, "another server answers there", "stop it, or name another path");
      ::unlink(path.c_str());
    }
    const Fault fault = open(listener.acceptor, asio::local::stream_protocol::endpoint(path), false);
    if (fault) return cannot_listen(path, fault.message(), "name a path in a folder that may be written to");
    return {};
  }

  void accept(Listener& listener) {
    EventLoop& loop = *loops[next_loop++ % loops.size()];
    listener.acceptor.async_accept(loop.io(), [this, &listener, &loop](const Fault& fault, Socket socket) {
      // An accept that had succeeded before the door was closed is told of only now: it is taken still.
      if (fault && (fault == asio::error::operation_aborted || !listener.acceptor.is_open())) return;
      if (fault == asio::error::no_descriptors || fault == asio::error::no_buffer_space || fault == asio::error::no_memory) {
        asio::post(loop.io(), [&loop] { loop.evict(); });
        listener.pause.expires_after(pause_without_descriptors);
        return listener.pause.async_wait([this, &listener](const Fault& stopped) {
          if (!stopped) accept(listener);
        });
      }
      if (!fault) take(listener, loop, std::move(socket));
      if (listener.acceptor.is_open()) accept(listener);
    });
  }

  void take(Listener& listener, EventLoop& loop, Socket socket) {
    ++state.accepted;
    const bool full = state.connections >= state.limits.connections;
    std::string peer = peer_name(socket);
    if (peer != "unix") {
      Fault ignored;
      socket.set_option(tcp::no_delay(true), ignored);
    }
    auto transport = listener.tls ? current_tls()->transport(std::move(socket), loop.scratch()) : plain_transport(std::move(socket), loop.scratch());
    auto enter = [&loop, full, handler = listener.handler, transport = std::move(transport), peer = std::move(peer)]() mutable {
      if (full && !loop.evict()) return;  // every connection is being answered: this one is closed
      loop.adopt(std::move(transport), std::move(handler), std::move(peer));
    };
    if (loop.here()) return enter();
    asio::post(loop.io(), std::move(enter));
  }

  // What waits to be accepted is accepted still; then the door is closed.
  void close_doors() {
    for (auto& listener : listeners) {
      if (!listener->acceptor.is_open()) continue;  // closed before: a socket at its path may be another server's by now
      for (;;) {
        EventLoop& loop = *loops[next_loop++ % loops.size()];
        Fault fault;
        Socket socket = listener->acceptor.accept(loop.io(), fault);
        if (fault) break;
        take(*listener, loop, std::move(socket));
      }
      Fault ignored;
      listener->acceptor.close(ignored);
      listener->pause.cancel();
      if (!listener->unix_socket.empty()) ::unlink(listener->unix_socket.c_str());
    }
  }

  void stop() {
    if (std::exchange(stopped, true)) return;
    if (!loops.empty()) {
      asio::post(first().io(), [this] { close_doors(); });
      for (auto& loop : loops) loop->stop();
    }
    worker.reset();
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { impl_->stop(); }

Result<std::unique_ptr<Server>> Server::open(ServerOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->state.limits = options.limits;
  impl->state.limits.connections = std::min(options.limits.connections, raise_descriptor_limit());
  impl->state.on_outside = std::move(options.on_outside);
  std::random_device random;
  for (const char* digits = "0123456789abcdef"; impl->state.id_prefix.size() < 8;) impl->state.id_prefix += digits[random() % 16];
  impl->state.id_prefix += '-';
  for (unsigned i = 0; i < std::max(1u, options.threads); ++i) impl->loops.push_back(std::make_unique<EventLoop>(impl->state));
  impl->certificate = options.tls_certificate;
  impl->key = options.tls_key;
  if (std::any_of(options.endpoints.begin(), options.endpoints.end(), [](const Endpoint& endpoint) { return endpoint.tls; })) TRY(impl->refresh_tls());
  for (const auto& endpoint : options.endpoints) TRY(impl->listen(endpoint));
  impl->worker = std::make_unique<Worker>();
  impl->state.elsewhere = [worker = impl->worker.get()](std::function<void()> job) { worker->add(std::move(job)); };
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::run() {
  for (auto& listener : impl_->listeners) impl_->accept(*listener);
  for (auto& loop : impl_->loops) loop->run();
}

uint16_t Server::port(size_t endpoint) const { return impl_->listeners.at(endpoint)->port; }

ServerCounts Server::counts() const {
  const auto& state = impl_->state;
  return {state.connections, state.held, state.accepted, state.evicted, state.refused, state.timed_out};
}

bool Server::drain(std::chrono::milliseconds at_most) {
  auto& state = impl_->state;
  state.draining = true;
  asio::post(impl_->first().io(), [impl = impl_.get()] {
    impl->close_doors();
    // After the accepts that had succeeded before.
    asio::post(impl->first().io(), [impl] {
      for (auto& loop : impl->loops) loop->drain();
    });
  });
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (state.settled < impl_->loops.size() || (state.connections > 0 && std::chrono::steady_clock::now() < end))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return state.connections == 0;
}

Status Server::refresh_tls() { return impl_->tls ? impl_->refresh_tls() : Status(); }
void Server::stop() { impl_->stop(); }

}  // namespace mlopsctl::serve
