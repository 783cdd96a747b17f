#include "pipeline/net/download.hpp"

#include <gmock/gmock.h>

#include "pipeline/base/files.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::net {
namespace {

using testing::HttpReply, testing::HttpRequest, testing::HttpServer;

const std::string content = [] {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + " ";
  return text;
}();

// Serves `content` with ranges as a web server does; the first `cuts` answers end after 30,000 bytes.
class FileServer {
 public:
  explicit FileServer(int cuts) : cuts_(cuts), server([this](const HttpRequest& request) { return answer(request); }) {}

  std::string etag = "\"v1\"", body = content;

 private:
  HttpReply answer(const HttpRequest& request) {
    HttpReply reply{200, {{"ETag", etag}}, body};
    const std::string range = request.header("range"), condition = request.header("if-range");
    if (!range.empty() && (condition.empty() || condition == etag)) {
      const size_t from = std::stoul(range.substr(6));
      if (from >= body.size()) return {416};
      reply.status = 206;
      reply.body = body.substr(from);
      reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(from) + "-" + std::to_string(body.size() - 1) + "/" + std::to_string(body.size()));
    }
    if (cuts_-- > 0) reply.cut_at = 30000;
    return reply;
  }
  int cuts_;

 public:
  HttpServer server;  // last: it starts to answer at once
};

struct DownloadWorld {
  testing::ManualClock clock;
  CancelToken cancel;
  testing::TemporaryFolder folder;
  ClientOptions options;
  Result<Downloaded> get(const std::string& url, std::optional<Digest> sha256 = {}, std::optional<int64_t> size = {}) {
    Client client(options, clock, cancel);
    return download(client, {{"GET", url, {}, ""}, folder / "file", sha256, size, {}});
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    const auto all = list_files(folder.path());
    for (const auto& file : *all) names.push_back(file.relative);
    return names;
  }
};

TEST(Download, GoesOnWhereItWasCut) {
  FileServer files(3);
  DownloadWorld world;
  const auto got = world.get(files.server.url() + "/f", digest_of(content));
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->digest, digest_of(content));
  EXPECT_EQ(read_file(world.folder / "file").value(), content);
  EXPECT_THAT(world.files(), ::testing::ElementsAre("file"));
  const auto requests = files.server.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].header("range"), "");
  EXPECT_EQ(requests[3].header("range"), "bytes=90000-");
  EXPECT_EQ(requests[3].header("if-range"), "\"v1\"");
  EXPECT_THAT(world.clock.pauses, ::testing::IsEmpty());  // each try got further
}

TEST(Download, GoesOnInALaterCall) {
  FileServer files(1);
  DownloadWorld world;
  world.options.tries = 0;
  const auto first = world.get(files.server.url() + "/f");
  ASSERT_FALSE(first.ok());
  EXPECT_EQ(first.error().message, "GET " + files.server.url() + "/f: Transferred a partial file");
  EXPECT_THAT(first.error().notes, ::testing::ElementsAre("30000 bytes are kept; the same command goes on from there"));
  EXPECT_THAT(world.files(), ::testing::ElementsAre("file.part", "file.part.etag"));
  world.options.tries = 5;
  const auto second = world.get(files.server.url() + "/f");
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ(second->resumed_at, 30000);
  EXPECT_EQ(second->digest, digest_of(content));
}

TEST(Download, BeginsAgainWhenTheFileChanged) {
  FileServer files(1);
  DownloadWorld world;
  world.options.tries = 0;
  ASSERT_FALSE(world.get(files.server.url() + "/f").ok());
  files.etag = "\"v2\"";
  files.body = "another file";
  const auto second = world.get(files.server.url() + "/f");
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ(read_file(world.folder / "file").value(), "another file");
}

// A server that ignores If-Range: only the digest tells that the two halves do not belong together.
TEST(Download, ThrowsAwayWhatDoesNotFitOnce) {
  FileServer files(0);
  DownloadWorld world;
  world.folder.write("file.part", std::string(1000, 'x'));
  const auto got = world.get(files.server.url() + "/f", digest_of(content));
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->resumed_at, 0);
  EXPECT_EQ(read_file(world.folder / "file").value(), content);
  EXPECT_EQ(files.server.requests().size(), 2U);
}

TEST(Download, KeepsNothingOfTheWrongDigest) {
  FileServer files(0);
  DownloadWorld world;
  const auto got = world.get(files.server.url() + "/f", digest_of("something else"));
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().message,
            "GET " + files.server.url() + "/f: the bytes have the digest " + digest_of(content).str() + ", expected " + digest_of("something else").str());
  EXPECT_FALSE(std::filesystem::exists(world.folder / "file"));
  EXPECT_EQ(std::filesystem::file_size(world.folder / "file.part"), 0U);
}

TEST(Download, RefusesAnotherSizeBeforeItComes) {
  FileServer files(0);
  DownloadWorld world;
  const auto got = world.get(files.server.url() + "/f", {}, 10);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().message, "GET " + files.server.url() + "/f: is " + std::to_string(content.size()) + " bytes long, expected 10");
}

TEST(Download, BeginsAgainWhenThePartIsTooLong) {
  FileServer files(0);
  files.body = "short";
  DownloadWorld world;
  world.folder.write("file.part", std::string(1000, 'x'));
  world.folder.write("file.part.etag", "\"v1\"");
  const auto got = world.get(files.server.url() + "/f");
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(read_file(world.folder / "file").value(), "short");
}

TEST(Download, TakesAnEmptyFile) {
  FileServer files(0);
  files.body = "";
  DownloadWorld world;
  const auto got = world.get(files.server.url() + "/f", digest_of(""), 0);
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(std::filesystem::file_size(world.folder / "file"), 0U);
}

TEST(Download, SaysWhatTheServerRefused) {
  HttpServer server([](const HttpRequest&) { return HttpReply{404, {}, "a page about it"}; });
  DownloadWorld world;
  EXPECT_EQ(world.get(server.url() + "/f").error().message, "GET " + server.url() + "/f: HTTP 404 Not Found");
  EXPECT_EQ(server.requests().size(), 1U);
}

}  // namespace
}  // namespace mlopsctl::net
