#include "pipeline/net/hub.hpp"

#include <gtest/gtest.h>

#include "tests/support/http_server.hpp"
#include "tests/support/manual_clock.hpp"

namespace mlopsctl::net {
namespace {

using testing::HttpReply, testing::HttpRequest, testing::HttpServer;

std::string parsed_source(const std::string& text) {
  const auto reference = parse_hub_reference(text);
  return reference ? reference->str() : reference.error().message;
}

const std::string commit(40, 'a');

struct HubWorld {
  testing::ManualClock clock;
  CancelToken cancel;
  Client client{{}, clock, cancel};
  std::string listing(const std::string& body, const std::string& revision = "main") {
    HttpServer server([&](const HttpRequest&) { return HttpReply{200, {}, body}; });
    Hub hub(client, server.url(), "");
    const auto snapshot = hub.list({"org/name", revision});
    std::string text = snapshot ? "" : snapshot.error().message;
    if (const size_t at = text.find(server.url()); at != std::string::npos) text.replace(at, server.url().size(), "HUB");
    return text;
  }
};

TEST(HubReference, SaysWhatItExpects) {
  EXPECT_EQ(parsed_source("hf://org/name"), "hf://org/name@main");
  EXPECT_EQ(parsed_source("hf://bert-base-uncased@refs/pr/1"), "hf://bert-base-uncased@refs/pr/1");
  EXPECT_EQ(parsed_source("org/name"), "\"org/name\" names no repository: expected hf:// in front");
  EXPECT_EQ(parsed_source("hf://org/../x"), "\"hf://org/../x\" names no repository: expected letters, digits and -_. on both sides of one /");
  EXPECT_EQ(parsed_source("hf://../x"), "\"hf://../x\" names no repository: expected letters, digits and -_. on both sides of one /");
  EXPECT_EQ(parsed_source("hf://org/name@"), "\"hf://org/name@\" names no repository: the revision after @ is empty or has blanks in it");
}

TEST(Hub, ReadsWhatAFileIs) {
  const std::string sum(64, 'b');
  HttpServer server([&](const HttpRequest&) {
    return HttpReply{200,
                     {},
                     R"({"sha":")" + commit + R"(","siblings":[{"rfilename":"config.json","size":3,"blobId":")" + commit +
                         R"("},{"rfilename":"model.safetensors","size":9,"blobId":"x","lfs":{"sha256":")" + sum + R"(","size":9}},{"rfilename":"a/b"}]})"};
  });
  HubWorld world;
  Hub hub(world.client, server.url(), "token123");
  const auto snapshot = hub.list({"org/name", "refs/pr/1"});
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
  EXPECT_EQ(snapshot->commit, commit);
  ASSERT_EQ(snapshot->files.size(), 3U);
  EXPECT_EQ(snapshot->files[0].blob_id, commit);
  EXPECT_EQ(snapshot->files[0].size, 3);
  EXPECT_EQ(snapshot->files[1].sha256->hex(), sum);
  EXPECT_EQ(snapshot->files[1].blob_id, "");
  EXPECT_EQ(snapshot->files[2].size, std::nullopt);
  EXPECT_EQ(server.requests()[0].target, "/api/models/org/name/revision/refs%2Fpr%2F1?blobs=true");
  EXPECT_EQ(server.requests()[0].header("authorization"), "Bearer token123");
}

TEST(Hub, RefusesListsThatAreNone) {
  HubWorld world;
  const std::string head = "HUB/api/models/org/name/revision/main: is no list of a repository: ";
  EXPECT_EQ(world.listing("[]"), head + "it names no commit");
  EXPECT_EQ(world.listing(R"({"sha":"../../x","siblings":[]})"), head + "it names no commit");
  EXPECT_EQ(world.listing(R"({"sha":")" + commit + R"("})"), head + "it has no siblings");
  EXPECT_EQ(world.listing(R"({"sha":")" + commit + R"(","siblings":[{"rfilename":1}]})"), head + "a file has no rfilename");
  const std::string other(40, 'c');
  EXPECT_EQ(world.listing(R"({"sha":")" + commit + R"(","siblings":[]})", other),
            "HUB/api/models/org/name/revision/" + other + ": answers for commit " + commit + ", asked for " + other);
}

TEST(Hub, SendsATokenOnlyWhereItIsSafe) {
  HubWorld world;
  Hub hub(world.client, "http://hub.example", "token123");
  EXPECT_EQ(hub.list({"org/name", "main"}).error().message, "the token would go to http://hub.example without protection");
}

}  // namespace
}  // namespace mlopsctl::net
