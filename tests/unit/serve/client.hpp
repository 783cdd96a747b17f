// A client on a plain socket, for what no HTTP library would send; and what it mostly sends.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace mlopsctl::serve::test {

inline std::string get_request(const std::string& path, const std::string& more = "") { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n"; }

class Client {
 public:
  explicit Client(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view bytes) { return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()); }
  void finish() { ::shutdown(fd_, SHUT_WR); }

  // One answer, head and body; empty: the server closed, or ten seconds passed.
  std::string answer() {
    for (;;) {
      const size_t head = buffer_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const size_t field = buffer_.find("content-length: ");
        const size_t body = field < head ? std::stoul(buffer_.substr(field + 16)) : 0;
        if (buffer_.size() >= head + 4 + body) {
          const std::string whole = buffer_.substr(0, head + 4 + body);
          buffer_.erase(0, whole.size());
          return whole;
        }
      }
      if (!more()) return "";
    }
  }
  std::string status() { return answer().substr(0, 12); }
  std::string body() {
    const std::string whole = answer();
    return whole.empty() ? "" : whole.substr(whole.find("\r\n\r\n") + 4);
  }
  // All that comes until the server closes.
  std::string rest() {
    while (more()) {}
    return buffer_;
  }
  // Whether the server closes, within ten seconds.
  bool closed() {
    while (more()) buffer_.clear();
    return ended_;
  }

 private:
  bool more() {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 10'000) != 1) return false;
    char bytes[65536];
    const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
    ended_ = size <= 0;
    if (size > 0) buffer_.append(bytes, static_cast<size_t>(size));
    return size > 0;
  }

  int fd_;
  bool connected_ = false, ended_ = false;
  std::string buffer_;
};

}  // namespace mlopsctl::serve::test
