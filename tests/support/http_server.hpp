// A small HTTP server on this machine, for tests of what goes over the network: it says exactly what a test tells it to, cuts answers off in
// the middle, and remembers what it was asked. One request a connection.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mlopsctl::testing {

struct HttpRequest {
  std::string method, target;
  std::map<std::string, std::string> headers;  // names in small letters
  std::string body;
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::optional<size_t> cut_at = {};   // closes the connection after so many bytes of the body
  std::optional<size_t> hold_at = {};  // says no more after so many bytes, until the client or the server goes
};

class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;  // called by one thread at a time

  explicit HttpServer(Handler handler) : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("cannot listen on the loopback address");
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~HttpServer() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (std::thread& connection : connections_) connection.join();
    ::close(listener_);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  // Returns once an answer is held (HttpReply::hold_at) with all bytes before it sent.
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_ > 0; });
  }

 private:
  void accept_all() {
    while (true) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      connections_.emplace_back([this, connection] {
        serve(connection);
        ::close(connection);
      });
    }
  }

  static std::optional<HttpRequest> read_request(int connection) {
    std::string text;
    char buffer[4096];
    size_t end = std::string::npos;
    while ((end = text.find("\r\n\r\n")) == std::string::npos) {
      const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
      if (got <= 0) return std::nullopt;
      text.append(buffer, static_cast<size_t>(got));
    }
    HttpRequest request;
    request.method = text.substr(0, text.find(' '));
    const size_t target = request.method.size() + 1;
    request.target = text.substr(target, text.find(' ', target) - target);
    for (size_t at = text.find("\r\n") + 2; at < end + 2;) {
      const size_t stop = text.find("\r\n", at), colon = text.find(':', at);
      std::string name = text.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      request.headers[name] = text.substr(colon + 2, stop - colon - 2);
      at = stop + 2;
    }
    request.body = text.substr(end + 4);
    const std::string length = request.header("content-length");
    while (!length.empty() && request.body.size() < std::stoul(length)) {
      const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
      if (got <= 0) return std::nullopt;
      request.body.append(buffer, static_cast<size_t>(got));
    }
    return request;
  }

  void serve(int connection) {
    const auto request = read_request(connection);
    if (!request) return;
    HttpReply reply;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
      reply = handler_(*request);
    }
    std::string text =
        "HTTP/1.1 " + std::to_string(reply.status) + " Told So\r\nConnection: close\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n";
    for (const auto& [name, value] : reply.headers) text += name + ": " + value + "\r\n";
    text += "\r\n";
    if (request->method != "HEAD") text += reply.body.substr(0, std::min(reply.cut_at.value_or(reply.body.size()), reply.hold_at.value_or(reply.body.size())));
    for (size_t sent = 0; sent < text.size();) {
      const ssize_t done = ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (done <= 0) return;
      sent += static_cast<size_t>(done);
    }
    if (reply.hold_at) hold(connection);
    ::shutdown(connection, SHUT_WR);
    char rest[256];  // until the client has read all and closed; else a reset may overtake the answer
    while (!reply.cut_at && !reply.hold_at && ::recv(connection, rest, sizeof rest, 0) > 0) {}
  }

  void hold(int connection) {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.notify_all();
    while (!stopping_) {
      lock.unlock();
      pollfd closed{connection, POLLIN | POLLRDHUP, 0};
      const bool gone = ::poll(&closed, 1, 20) > 0;
      lock.lock();
      if (gone) break;
    }
  }

  Handler handler_;
  int listener_;
  int port_ = 0;
  std::thread accepting_;
  std::vector<std::thread> connections_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<HttpRequest> requests_;
  int held_ = 0;
  bool stopping_ = false;
};

}  // namespace mlopsctl::testing
