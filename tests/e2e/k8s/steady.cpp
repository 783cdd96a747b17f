// Steady requests from a shell script: steady_requests ADDRESS PORT BODY. POST / with that JSON, until standard input ends; then says
// {"sent": N, "failed": N, "first_failure": "..."}.
#include <iostream>

#include "pipeline/base/json.hpp"
#include "tests/support/requests.hpp"

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: steady_requests ADDRESS PORT BODY\n", 2;
  const std::string body = argv[3], request = "POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: " +
                                              std::to_string(body.size()) + "\r\n\r\n" + body;
  mlopsctl::testing::SteadyRequests steady(argv[1], static_cast<uint16_t>(std::stoi(argv[2])), request, 4, std::chrono::microseconds(1000));
  for (char c = 0; std::cin.get(c);) {}
  steady.stop();
  std::cout << mlopsctl::canonical({{"sent", steady.sent()}, {"failed", steady.failed()}, {"first_failure", steady.first_failure()}}) << "\n";
}
