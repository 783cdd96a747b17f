#include "stages/serve/http/request_reader.hpp"

#include <gtest/gtest.h>

#include "tests/unit/serve/client.hpp"

namespace mlopsctl::serve {
namespace {

using State = RequestReader::State;
using test::get_request;

struct Reading {
  Limits limits{};
  std::atomic<size_t> held{0};
  RequestReader reader{limits, held};
};

// What becomes of the bytes when they come `piece` at a time: "200 METHOD path?query body", or the refusal.
std::string outcome(std::string_view bytes, size_t piece = 1'000'000, Limits limits = {}) {
  std::atomic<size_t> held{0};
  RequestReader reader(limits, held);
  std::string all;
  for (size_t at = 0; at < bytes.size();) {
    at += reader.feed(bytes.substr(at, piece));
    if (reader.state() == State::refused) return all + std::to_string(reader.refusal().status) + " " + reader.refusal().detail;
    if (reader.state() != State::complete) continue;
    const Request request = reader.take();
    all += request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query) + " [" + request.body + "]" +
           (reader.keep_alive() ? "" : " last") + "\n";
  }
  EXPECT_EQ(held, 0u);
  return all + (reader.state() == State::empty ? "" : "incomplete");
}

// The same however the bytes are cut.
std::string outcome_of(std::string_view bytes, Limits limits = {}) {
  const std::string whole = outcome(bytes, 1'000'000, limits);
  for (const size_t piece : {1, 2, 3, 7, 64}) EXPECT_EQ(outcome(bytes, piece, limits), whole) << "in pieces of " << piece;
  return whole;
}

TEST(RequestReader, ReadsRequestsOneAfterTheOther) {
  EXPECT_EQ(outcome_of(get_request("/a") + "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz" + get_request("/c?d=e", "Connection: close\r\n")),
            "GET /a []\nPOST /b [xyz]\nGET /c?d=e [] last\n");
}

TEST(RequestReader, ReadsChunkedBodies) {
  EXPECT_EQ(
      outcome_of("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: z\r\n\r\n" + get_request("/next")),
      "POST / [abcde]\nGET /next []\n");
}

TEST(RequestReader, PassesOverEmptyLinesBetweenRequests) {
  EXPECT_EQ(outcome_of("\r\n\r\n" + get_request("/a") + "\r\n" + get_request("/b")), "GET /a []\nGET /b []\n");
}

TEST(RequestReader, DecodesThePathAndLeavesTheQuery) {
  EXPECT_EQ(outcome_of(get_request("/a%20b%C3%A9?q=%20")), "GET /a b\xC3\xA9?q=%20 []\n");
  EXPECT_EQ(outcome_of(get_request("http://host:80/x")), "GET /x []\n");
  EXPECT_EQ(outcome_of(get_request("http://host")), "GET / []\n");
  EXPECT_EQ(outcome_of("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), "OPTIONS * []\n");
  for (const char* target : {"x", "/%", "/%2", "/%zz", "/a%00b", "*"})
    EXPECT_EQ(outcome_of(get_request(target)), "400 the request's target is not a path") << target;
}

TEST(RequestReader, RefusesWhatHidesARequestInARequest) {
  const std::string both = "400 Transfer-Encoding stands twice, or beside Content-Length: where the body ends would be a guess";
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(outcome_of(post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), both);
  EXPECT_EQ(outcome_of(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), both);
  EXPECT_EQ(outcome_of(post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
            "400 Content-Length is not one number, or stands beside Transfer-Encoding");
  EXPECT_EQ(outcome_of(post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
            "400 Content-Length is not one number, or stands beside Transfer-Encoding");
  EXPECT_EQ(outcome_of(post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), "400 Content-Length stands 2 times");
  for (const char* coding : {"xchunked", "gzip", "gzip, chunked", "identity", "chunked, identity"})
    EXPECT_EQ(outcome_of(post + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n"), "501 the only transfer encoding understood here is chunked") << coding;
  EXPECT_EQ(outcome_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "400 HTTP/1.0 knows no Transfer-Encoding");
  for (const char* length : {"-1", "+3", "3a", "0x3", " ", "99999999999999999999"})
    EXPECT_TRUE(outcome_of(post + "Content-Length: " + length + "\r\n\r\nabc").starts_with("400 ")) << length;
}

TEST(RequestReader, RefusesWhatIsNoRequest) {
  for (const char* bytes : {"\x16\x03\x01\x02\x01\x01\x01\xFC\x03\x03\r\n\r\n", "GET /\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
                            "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\n: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: a\001b\r\n\r\n",
                            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
    EXPECT_TRUE(outcome(bytes).starts_with("400 ")) << bytes << ": " << outcome(bytes);
  EXPECT_EQ(outcome("GET / HTTP/1.1\nHost: a\n\n").substr(0, 3), "505");
  EXPECT_EQ(outcome_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n").substr(0, 3), "505");
  EXPECT_EQ(outcome_of("GET / HTTP/1.1\r\n\r\n"), "400 a request has exactly one Host field; this has 0");
  EXPECT_EQ(outcome_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), "400 a request has exactly one Host field; this has 2");
  EXPECT_EQ(outcome_of("GET / HTTP/1.0\r\n\r\n"), "GET / [] last\n");
}

TEST(RequestReader, KeepsTheLimitOfTheHeader) {
  Limits limits;
  limits.header_bytes = 1000;
  const std::string refused = "431 the header is larger than 1000 bytes";
  EXPECT_EQ(outcome_of(get_request("/", "X: " + std::string(2000, 'x') + "\r\n"), limits), refused);
  EXPECT_EQ(outcome_of("GET /" + std::string(5000, 'x'), limits), refused);  // no end of the line ever comes
  EXPECT_EQ(outcome_of(get_request("/", "X: " + std::string(800, 'x') + "\r\n"), limits), "GET / []\n");
  limits.header_bytes = 16 << 10;
  std::string many;
  for (int i = 0; i < 100; ++i) many += "X: y\r\n";
  EXPECT_EQ(outcome_of(get_request("/", many), limits), "431 there are 101 header fields, more than 100");
}

TEST(RequestReader, KeepsTheLimitOfTheBody) {
  Limits limits;
  limits.body_bytes = 10;
  const std::string refused = "413 the body is larger than 10 bytes", post = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(outcome_of(post + "Content-Length: 11\r\n\r\n", limits), refused);  // before a byte of it came
  EXPECT_EQ(outcome_of(post + "Content-Length: 10\r\n\r\n0123456789", limits), "POST / [0123456789]\n");
  EXPECT_EQ(outcome_of(post + "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n", limits), refused);
  EXPECT_EQ(outcome_of(post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", limits).substr(0, 1), "4");
}

TEST(RequestReader, KeepsTheLimitOfAChunksHead) {
  Limits limits;
  limits.header_bytes = 500;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(outcome(head + "1;" + std::string(1000, 'x'), 50, limits), "400 the head of a chunk is larger than 500 bytes");
}

TEST(RequestReader, CountsWhatAllOfThemHold) {
  Limits limits;
  limits.held_bytes = 5000;
  std::atomic<size_t> held{0};
  const std::string half = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + std::string(4000, 'x');
  RequestReader first(limits, held);
  first.feed(half);
  EXPECT_EQ(first.state(), State::body);
  EXPECT_GE(held, 4000u);
  {
    RequestReader second(limits, held);
    second.feed(half);
    ASSERT_EQ(second.state(), State::refused);
    EXPECT_EQ(second.refusal().status, 503);
  }
  RequestReader small(limits, held);  // room again
  small.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + std::string(50, 'x'));
  EXPECT_EQ(small.state(), State::body);
}

TEST(RequestReader, SaysOnceThatAClientWaitsToBeAsked) {
  Reading reading;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_EQ(reading.reader.feed(head), head.size());
  EXPECT_TRUE(reading.reader.take_expectation());
  EXPECT_FALSE(reading.reader.take_expectation());
  reading.reader.feed("abc");
  EXPECT_EQ(reading.reader.take().body, "abc");
  EXPECT_EQ(outcome_of("POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"), "417 the only expectation understood here is 100-continue");
}

TEST(RequestReader, MakesFieldNamesLowerCase) {
  Reading reading;
  reading.reader.feed(get_request("/", "X-API-Key: AbC\r\nTraceParent: t\r\n"));
  const Request request = reading.reader.take();
  EXPECT_EQ(request.header("x-api-key"), "AbC");
  EXPECT_EQ(request.header("traceparent"), "t");
  EXPECT_EQ(request.header("nothing"), "");
}

}  // namespace
}  // namespace mlopsctl::serve
