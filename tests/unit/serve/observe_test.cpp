#include <set>
#include <sstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "pipeline/base/files.hpp"
#include "stages/serve/observe/access_log.hpp"
#include "stages/serve/observe/metrics.hpp"
#include "stages/serve/observe/trace_context.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::serve {
namespace {

using ::testing::HasSubstr;

TEST(Histogram, CountsUpToEachBound) {
  constexpr double bounds[] = {0.001, 0.5, 2};
  Histogram histogram(bounds);
  for (const double value : {0.0005, 0.001, 0.25, 3.0}) histogram.add(value);
  std::string out;
  histogram.write(out, "x", label("route", "a\"b\\c\nd"));
  EXPECT_EQ(out,
            "x_bucket{route=\"a\\\"b\\\\c\\nd\",le=\"0.001\"} 2\n"
            "x_bucket{route=\"a\\\"b\\\\c\\nd\",le=\"0.5\"} 3\n"
            "x_bucket{route=\"a\\\"b\\\\c\\nd\",le=\"2\"} 3\n"
            "x_bucket{route=\"a\\\"b\\\\c\\nd\",le=\"+Inf\"} 4\n"
            "x_sum{route=\"a\\\"b\\\\c\\nd\"} 3.2515\n"
            "x_count{route=\"a\\\"b\\\\c\\nd\"} 4\n");
}

TEST(Metrics, CountRequestsByRouteAndStatus) {
  Metrics metrics;
  const size_t infer = metrics.add_route("POST /infer");
  EXPECT_EQ(metrics.add_route("POST /infer"), infer);
  metrics.begin();
  metrics.answered(infer, 200, 0.002);
  metrics.begin();
  metrics.answered(0, 404, 0.001);
  metrics.begin();
  metrics.limited("rate");
  metrics.observe(BatchNote{2, 4, 100, std::chrono::milliseconds(3), false});
  Gauges gauges;
  gauges.ready = true;
  gauges.scorer.requests_waiting = 7;
  const std::string text = metrics.text(gauges);
  for (const char* wanted :
       {"mlopsctl_requests_total{route=\"POST /infer\",status=\"200\"} 1\n", "mlopsctl_requests_total{route=\"none\",status=\"404\"} 1\n",
        "mlopsctl_request_seconds_bucket{route=\"POST /infer\",le=\"0.0025\"} 1\n", "mlopsctl_requests_in_flight 1\n",
        "mlopsctl_requests_limited_total{why=\"rate\"} 1\n", "mlopsctl_batch_texts_bucket{le=\"4\"} 1\n", "mlopsctl_batch_tokens_sum 100\n",
        "mlopsctl_queue_requests 7\n", "mlopsctl_ready 1\n", "process_resident_memory_bytes ", "process_open_fds "})
    EXPECT_THAT(text, HasSubstr(wanted));
}

// Every family is announced once, before its samples, and each sample is "name{labels} number".
TEST(Metrics, AreWellFormed) {
  Metrics metrics;
  metrics.begin();
  metrics.answered(metrics.add_route("GET /a"), 200, 0.5);
  const std::string text = metrics.text({});
  std::set<std::string> announced;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("# TYPE ")) { EXPECT_TRUE(announced.insert(line.substr(7, line.find(' ', 7) - 7)).second) << line; }
    if (line.starts_with("#")) continue;
    std::string name = line.substr(0, line.find_first_of("{ "));
    for (const char* end_of : {"_bucket", "_sum", "_count"})
      if (!announced.contains(name) && name.ends_with(end_of)) name.resize(name.size() - std::string(end_of).size());
    EXPECT_TRUE(announced.contains(name)) << line;
    double value = -1;
    std::istringstream(line.substr(line.rfind(' ') + 1)) >> value;
    EXPECT_GE(value, 0) << line;
  }
  EXPECT_GT(announced.size(), 30u);
}

TEST(TraceContext, GoesOnWithTheCallersTrace) {
  const std::string given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ours = continue_trace(given);
  EXPECT_EQ(ours.size(), given.size());
  EXPECT_EQ(trace_id(ours), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_TRUE(ours.ends_with("-01"));
  EXPECT_NE(ours, given);                  // a span of our own
  EXPECT_NE(continue_trace(given), ours);  // another one
}

TEST(TraceContext, BeginsOneWhereWhatCameIsNotValid) {
  const std::string zeros(32, '0');
  for (const std::string& wrong :
       {std::string(), std::string("x"), "00-" + zeros + "-b7ad6b7169203331-01", std::string("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        std::string("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"), std::string("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
        std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")}) {
    const std::string ours = continue_trace(wrong);
    EXPECT_EQ(ours.size(), 55u);
    EXPECT_NE(trace_id(ours), "0af7651916cd43dd8448eb211c80319c") << wrong;
    EXPECT_EQ(trace_id(continue_trace(ours)), trace_id(ours)) << wrong;  // valid
  }
  EXPECT_EQ(trace_id(continue_trace("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")), "0af7651916cd43dd8448eb211c80319c");
}

AccessLine line() {
  AccessLine made;
  made.at = TimePoint(std::chrono::milliseconds(1'000'123));
  made.id = "a-1", made.client = "alice", made.method = "POST", made.path = "/a\"b\xFF", made.route = "/{x}", made.trace = "0af";
  made.status = 200;
  made.seconds = 0.0125;
  made.bytes_in = 10, made.bytes_out = 20;
  return made;
}

TEST(AccessLog, IsAJsonLineAnAnswer) {
  EXPECT_EQ(
      access_line(line()),
      "{\"time\":\"1970-01-01T00:16:40.123Z\",\"id\":\"a-1\",\"client\":\"alice\",\"method\":\"POST\",\"path\":\"/a\\\"b\xEF\xBF\xBD\",\"route\":\"/{x}\","
      "\"status\":200,\"seconds\":0.012500,\"bytes_in\":10,\"bytes_out\":20,\"trace\":\"0af\"}\n");
}

TEST(AccessLog, KeepsWhatWasWrittenAndGoesOn) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() / "log";
  for (int i = 0; i < 2; ++i) {
    auto log = AccessLog::open(path);
    ASSERT_TRUE(log.ok());
    for (int n = 0; n < 100; ++n) (*log)->write(line());
  }
  const auto text = read_file(path);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->size(), 200 * access_line(line()).size());
}

TEST(AccessLog, AReaderThatStallsHoldsUpNoEnd) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const FileDescriptor reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  auto log = AccessLog::open(path);
  ASSERT_TRUE(log.ok());
  for (int n = 0; n < 20'000; ++n) (*log)->write(line());  // more than a pipe holds
  const auto begun = std::chrono::steady_clock::now();
  log->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST(AccessLog, ThatCannotBeOpenedIsAnError) {
  const auto log = AccessLog::open("/nowhere/log");
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().message, "cannot open /nowhere/log: No such file or directory");
}

}  // namespace
}  // namespace mlopsctl::serve
