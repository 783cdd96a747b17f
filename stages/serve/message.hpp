// A request and its answer, as everything behind the sockets sees them; no HTTP library's type crosses this file.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mlopsctl::serve {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Header {
  std::string name;  // lower-case
  std::string value;
};

struct Request {
  std::string method;  // "POST"
  std::string path;    // percent-decoded, without the query: "/v2/models/airline/infer"
  std::string query;   // as it was sent, without '?'
  std::vector<Header> headers;
  std::string body;         // whole; its limit has been kept
  std::string client;       // the name of the key it came with, else the address; for logs and rate limits
  std::string id;           // of this request: unique here, echoed as x-request-id
  std::string traceparent;  // W3C trace context, valid; the caller's, or one begun here
  SteadyTime deadline;      // nobody waits for an answer after it

  // The first header of that (lower-case) name; empty: there is none.
  std::string_view header(std::string_view name) const {
    for (const auto& each : headers)
      if (each.name == name) return each.value;
    return {};
  }
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<Header> headers{};
  std::string body{};
};

// Called exactly once, from any thread; cheap.
using Reply = std::function<void(Response)>;

}  // namespace mlopsctl::serve
