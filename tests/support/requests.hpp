// Steady requests to a Service, a connection each, until it is told to stop: how many, and how many of them were not answered with 200.
#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mlopsctl::testing {

// The answer, up to the end of the connection; else what went wrong.
inline std::string ask_once(const std::string& address, uint16_t port, const std::string& request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  const timeval patience{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::string answer;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    answer = std::string("no connection: ") + std::strerror(errno);
  } else if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    answer = std::string("not sent: ") + std::strerror(errno);
  } else {
    char buffer[4096];
    for (ssize_t got = 0; (got = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<size_t>(got));
    if (answer.empty()) answer = std::string("no answer: ") + std::strerror(errno);
  }
  ::close(fd);
  return answer;
}

class SteadyRequests {
 public:
  SteadyRequests(std::string address, uint16_t port, std::string request, int threads, std::chrono::microseconds pause)
      : address_(std::move(address)), port_(port), request_(std::move(request)) {
    for (int i = 0; i < threads; ++i)
      threads_.emplace_back([this, pause] {
        while (!stop_) {
          ask();
          std::this_thread::sleep_for(pause);
        }
      });
  }
  ~SteadyRequests() { stop(); }
  void stop() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  int sent() const { return sent_; }
  int failed() const { return failed_; }
  std::string first_failure() {
    const std::lock_guard lock(mutex_);
    return first_failure_;
  }

 private:
  void ask() {
    const std::string answer = ask_once(address_, port_, request_);
    ++sent_;
    if (answer.starts_with("HTTP/1.1 200")) return;
    ++failed_;
    const std::lock_guard lock(mutex_);
    if (first_failure_.empty()) first_failure_ = answer;
  }

  std::string address_;
  uint16_t port_;
  std::string request_, first_failure_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> sent_ = 0, failed_ = 0;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

}  // namespace mlopsctl::testing
