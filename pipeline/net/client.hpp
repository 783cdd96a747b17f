// The HTTP client that everything over the network goes through. One thread at a time; connections are kept for the next request.
//
// Its policy: connecting takes at most 10 s, a transfer may stand still for 30 s, a request that is answered in memory takes at most 60 s.
// GET and HEAD are tried five times when the connection fails or the server answers 408, 429, 500, 502, 503 or 504; other methods only when
// the request cannot have arrived or was turned away (429, 503). Between tries it waits as long as Retry-After says (up to two minutes), else
// half a second, one, two..., each shortened by chance to spread clients. TLS 1.2 or later, certificates checked, never from https to
// http. Redirects are followed ten times; what was said to one server (Authorization, Cookie) is not said to another. Proxies come from
// the usual variables of the environment. Secrets never stand in a message.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/clock.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body = {};                                // of POST, PUT, PATCH and DELETE
  std::string certificate = {}, key = {};               // the client's, PEM
  bool repeatable = false;                              // may be sent again although it may have arrived; GET and HEAD always may
  std::optional<std::chrono::milliseconds> still = {};  // instead of ClientOptions::still
};

// An answer without its body. Names of headers are in small letters.
struct Head {
  int status = 0;
  Headers headers;
  std::optional<std::string> find(std::string_view name) const;
};

struct Response {
  Head head;
  std::vector<Head> redirects;  // the answers that led here
  std::string url;              // that answered
  std::string body;
  std::optional<std::string> find(std::string_view name) const { return head.find(name); }
};

struct ClientOptions {
  std::string user_agent = "mlopsctl";
  std::string ca_file;               // instead of the system's certificates
  std::string ca_pem;                // the same as text
  bool unchecked = false;            // takes any certificate: only where the user says so
  std::optional<std::string> proxy;  // instead of the environment's; empty: none
  std::string server_name;           // instead of the URL's host, in TLS only
  bool compression = false;          // asks for gzip
  std::vector<std::string> secrets;  // shown as *** wherever they turn up in a message
  int tries = 5;
  std::chrono::milliseconds connect{10'000}, still{30'000}, whole{60'000};
  std::chrono::milliseconds first_wait{500}, longest_wait{30'000}, longest_retry_after{120'000};
  std::function<void(const std::string& why, std::chrono::milliseconds time)> waiting = {};  // told before each wait
  // Whether an answer other than 2xx may be another one next time; instead of the rule above.
  std::function<bool(const Request& request, const Response& response, std::string_view body)> may_pass = {};
};

// Where a body goes as it comes: head() once, before it; then write(). An error from either ends the transfer and is the answer.
struct Sink {
  std::function<Status(const Response& so_far)> head;
  std::function<Status(std::string_view bytes)> write;
  bool refusals = false;  // whether answers other than 2xx come here, too
};

class Connections;
struct Transfer;

class Client {
 public:
  Client(ClientOptions options, const Clock& clock, const CancelToken& cancel);

  // The answer, whatever its status, with a body of at most 64 MB. Fails when there is none: stage (unreachable, TLS), timeout, interrupted.
  Result<Response> send(const Request& request);
  // All of them at once, as far as the server takes them (over one connection where it speaks HTTP/2); in their order. Those to be tried again wait
  // together, so that a server that is gone costs no more time than it costs one of them.
  std::vector<Result<Response>> send_all(std::span<const Request> requests);

  // One try, redirects but no retries: the building block of download().
  struct Try {
    std::optional<Response> response;  // headers at least; complete unless there is an error
    std::optional<Error> error;
    bool again = false;  // it may go better next time
  };
  Try once(const Request& request, const Sink& sink, std::optional<std::chrono::milliseconds> whole);
  // Waits before try `number` (from 2 on) of a request; an error when interrupted.
  Status wait_before(int number, const Request& request, const Try& last);
  // Says what is wrong with an answer that is none: "GET http://host/path: HTTP 404 Not Found".
  Error refusal(const Request& request, const Response& response) const;

  std::string redacted(std::string text) const;
  const ClientOptions& options() const { return options_; }
  const CancelToken& cancel() const { return cancel_; }

 private:
  std::chrono::milliseconds time_before(int number, const Try& last);
  // What to make of one try; `response` has all but the head.
  Try judged(const Request& request, Transfer done, Response response) const;

  ClientOptions options_;
  const Clock& clock_;
  const CancelToken& cancel_;
  Random random_;
  std::shared_ptr<Connections> connections_;
};

Error interrupted_error();

}  // namespace mlopsctl::net
