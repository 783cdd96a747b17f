// Requests: whatever the bytes, and however they are cut, the same requests come of them, within the limits, or a refusal with a status and a
// reason; nothing is held afterwards. The first byte of the input chooses how the bytes are cut.
#include <atomic>
#include <string>
#include <vector>

#include "stages/serve/http/request_reader.hpp"
#include "stages/serve/http/response_head.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace mlopsctl {

namespace {

using serve::Limits, serve::Request, serve::RequestReader;
using State = RequestReader::State;

Limits small_limits() {
  Limits limits;
  limits.header_bytes = 2048;
  limits.header_fields = 20;
  limits.body_bytes = 1000;
  return limits;
}

void check(const Request& request, const Limits& limits) {
  fuzz::require(!request.method.empty() && !request.path.empty(), "a request without method or path");
  fuzz::require(request.path == "*" || request.path.front() == '/', "a path that is none");
  fuzz::require(request.path.find('\0') == std::string::npos, "a NUL in a path");
  fuzz::require(request.body.size() <= limits.body_bytes && request.headers.size() <= limits.header_fields, "a request beyond the limits");
  fuzz::require(request.header("content-length").empty() || request.header("transfer-encoding").empty(), "two lengths");
  for (const auto& header : request.headers) {
    for (const char c : header.name) fuzz::require(c > ' ' && c < 0x7F && !(c >= 'A' && c <= 'Z'), "a field's name is not lower-case");
    for (const char c : header.value) fuzz::require(static_cast<unsigned char>(c) >= ' ' || c == '\t', "a control character in a field");
  }
}

// Method, path, query, fields and body of each request; at the end the refusal's status.
std::vector<std::string> read(std::string_view bytes, size_t piece) {
  const Limits limits = small_limits();
  std::atomic<size_t> held{0};
  std::vector<std::string> seen;
  {
    RequestReader reader(limits, held);
    for (size_t at = 0; at < bytes.size();) {
      const auto part = bytes.substr(at, piece);
      const size_t taken = reader.feed(part);
      fuzz::require(taken <= part.size() && (taken == part.size() || reader.state() == State::complete || reader.state() == State::refused), "bytes were left");
      at += taken;
      reader.take_expectation();
      if (reader.state() == State::refused) {
        fuzz::require(reader.refusal().status >= 400 && reader.refusal().status <= 505 && !reader.refusal().detail.empty(), "a refusal without a reason");
        seen.push_back("refused " + std::to_string(reader.refusal().status));
        break;
      }
      if (reader.state() != State::complete) continue;
      const Request request = reader.take();
      check(request, limits);
      std::string all = request.method + " " + request.path + "?" + request.query + (reader.keep_alive() ? " +" : " -");
      for (const auto& header : request.headers) all += "\n" + header.name + ": " + header.value;
      seen.push_back(all + "\n\n" + request.body);
    }
  }
  fuzz::require(held == 0, "bytes are held that nobody has");
  return seen;
}

}  // namespace

void fuzz_one(std::string_view bytes) {
  if (bytes.empty()) return;
  const size_t piece = 1 + static_cast<unsigned char>(bytes.front()) % 64;
  bytes.remove_prefix(1);
  const auto whole = read(bytes, bytes.size()), cut = read(bytes, piece);
  // What is refused may be refused earlier or later, and for another of its faults, but what comes before it is the same.
  const auto requests = [](std::vector<std::string> seen) {
    if (!seen.empty() && seen.back().starts_with("refused ")) seen.pop_back();
    return seen;
  };
  fuzz::require(requests(whole) == requests(cut), "the same bytes gave other requests when they came in pieces");

  serve::Response response;
  response.content_type = std::string(bytes.substr(0, 40));
  response.headers.push_back({"x-any", std::string(bytes)});
  const std::string head = serve::response_head(response, true, bytes.substr(0, 20));
  size_t lines = 0;
  for (size_t at = 0; (at = head.find("\r\n", at)) != std::string::npos; at += 2) ++lines;
  fuzz::require(lines == 8 - (response.content_type.empty() ? 1u : 0u) - (bytes.empty() ? 1u : 0u), "a value ended a line");
}

}  // namespace mlopsctl
