// Load on a server whose model is swapped: every answer must be 200, and all answers of one model (x-model-digest) to one request the same
// to four digits.
//
// serve_load PORT CONNECTIONS RATE BODY_FILE...: connection i asks POST / with the i-th body, round and round, RATE requests a second all
// together (0: as fast as they are answered). A line "swap sha256:..." on standard input says that this model was just given the alias;
// "seen" comes back when it first answers. At the end of the input: {"answers", "failed", "mixed", "models", "rate", "p99_quiet_ms", "p99_swap_ms"};
// a request's time counts from when it was due, and is a swap's when it was due between "swap" and "seen".
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

class Connection {
 public:
  explicit Connection(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    const timeval patience{10, 0};
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    open_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Head and body of the answer; false: the connection broke, or ten seconds passed.
  bool ask(const std::string& request, std::string& head, std::string& body) {
    if (!open_ || ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return false;
    std::string bytes;
    char buffer[65536];
    while (true) {
      const size_t end = bytes.find("\r\n\r\n");
      if (end != std::string::npos) {
        head = bytes.substr(0, end + 2);
        const size_t length = std::stoul(field(head, "content-length"));
        if (bytes.size() >= end + 4 + length) {
          body = bytes.substr(end + 4, length);
          return true;
        }
      }
      const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) return open_ = false;
      bytes.append(buffer, static_cast<size_t>(got));
    }
  }
  static std::string field(std::string head, const std::string& name) {
    std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "0";
    const size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }

 private:
  int fd_;
  bool open_ = false;
};

// The same but for the last digits of numbers: sums in bf16 depend a little on which texts go through an encoder together.
bool alike(const std::string& a, const std::string& b) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (std::isdigit(static_cast<unsigned char>(a[i])) != 0 && std::isdigit(static_cast<unsigned char>(b[j])) != 0) {
      size_t left = 0, right = 0;
      if (std::abs(std::stod(a.substr(i, 24), &left) - std::stod(b.substr(j, 24), &right)) > 1e-4) return false;
      i += left, j += right;
    } else if (a[i++] != b[j++]) {
      return false;
    }
  }
  return i == a.size() && j == b.size();
}

struct Seen {
  std::mutex mutex;
  std::map<std::string, std::map<size_t, std::string>> answers;  // by digest and by which body was asked
  std::string expected;                                          // the model of a swap that is under way
  size_t total = 0, failed = 0, mixed = 0;
  std::vector<double> quiet, swapping;  // ms
};

void judge(Seen& seen, bool answered, const std::string& head, const std::string& body, size_t asked, double ms) {
  const std::lock_guard lock(seen.mutex);
  ++seen.total;
  if (!answered || !head.starts_with("HTTP/1.1 200")) {
    if (++seen.failed == 1) std::cerr << (answered ? head + body : "no answer") << "\n";
    return;
  }
  const std::string digest = Connection::field(head, "x-model-digest");
  const auto [known, fresh] = seen.answers[digest].try_emplace(asked, body);
  if (!fresh && !alike(known->second, body) && ++seen.mixed == 1) std::cerr << digest << " said " << known->second << " and " << body << "\n";
  (seen.expected.empty() ? seen.quiet : seen.swapping).push_back(ms);
  if (digest == seen.expected) {
    seen.expected.clear();
    std::cout << "seen" << std::endl;
  }
}

double p99(std::vector<double>& times) {
  if (times.empty()) return 0;
  std::sort(times.begin(), times.end());
  return times[times.size() * 99 / 100];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return std::cerr << "usage: serve_load PORT CONNECTIONS RATE BODY_FILE...\n", 2;
  const auto port = static_cast<uint16_t>(std::stoi(argv[1]));
  const int connections = std::stoi(argv[2]);
  const double rate = std::stod(argv[3]);
  std::vector<std::string> requests;
  for (int i = 4; i < argc; ++i) {
    std::stringstream body;
    body << std::ifstream(argv[i]).rdbuf();
    requests.push_back("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: " + std::to_string(body.str().size()) +
                       "\r\n\r\n" + body.str());
  }
  Seen seen;
  std::atomic<bool> ended{false};
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < connections; ++i)
    threads.emplace_back([&, i] {
      const size_t asked = static_cast<size_t>(i) % requests.size();
      auto connection = std::make_unique<Connection>(port);
      std::string head, body;
      for (int turn = 0; !ended; ++turn) {
        auto due = Clock::now();
        if (rate > 0) {
          due = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>((turn * connections + i) / rate));
          std::this_thread::sleep_until(due);
        }
        const bool answered = connection->ask(requests[asked], head, body);
        judge(seen, answered, head, body, asked, std::chrono::duration<double, std::milli>(Clock::now() - due).count());
        if (!answered) connection = std::make_unique<Connection>(port);
      }
    });
  for (std::string word, digest; std::cin >> word >> digest;) {
    const std::lock_guard lock(seen.mutex);
    seen.expected = digest;
  }
  ended = true;
  for (auto& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("{\"answers\": %zu, \"failed\": %zu, \"mixed\": %zu, \"models\": %zu, \"rate\": %.1f, \"p99_quiet_ms\": %.3f, \"p99_swap_ms\": %.3f}\n",
              seen.total, seen.failed, seen.mixed, seen.answers.size(), static_cast<double>(seen.total) / seconds, p99(seen.quiet), p99(seen.swapping));
}
