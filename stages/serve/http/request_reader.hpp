// RequestReader: bytes of a connection, as they come, to requests within limits (RFC 9112). No socket in it: tests and fuzzers feed it.
//
// Refused besides what is beyond a limit: Content-Length with Transfer-Encoding, any transfer encoding but "chunked", more or fewer than
// one Host, targets that are no path, control characters in fields. After a refusal the connection can only be closed.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "stages/serve/http/limits.hpp"
#include "stages/serve/message.hpp"

namespace mlopsctl::serve {

class RequestReader {
 public:
  enum class State {
    empty,     // not one byte of a request yet
    header,    // the header is not whole
    body,      // the body is not whole
    complete,  // take() it
    refused    // answer refusal() and close
  };
  struct Refusal {
    int status = 400;
    std::string detail;
  };

  // `held` counts the bytes of bodies that all readers of the server hold; it outlives the reader.
  RequestReader(const Limits& limits, std::atomic<size_t>& held);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // How many of the bytes it took: all, unless a request became complete or was refused.
  size_t feed(std::string_view bytes);
  State state() const;
  const Refusal& refusal() const;
  // Once per request: its client waits for "100 Continue" before it sends the body.
  bool take_expectation();
  bool keep_alive() const;  // of the request that take() gave last
  // The complete request: method, path, query, headers, body. The reader is empty afterwards.
  Request take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "/a%20b" to "/a b"; false: a '%' without two hex digits behind it, or a NUL.
bool percent_decode(std::string_view text, std::string& out);

}  // namespace mlopsctl::serve
