#include "pipeline/net/published_model.hpp"

#include <gmock/gmock.h>

#include "pipeline/base/files.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::net {
namespace {

using ::testing::EndsWith, ::testing::HasSubstr;
using testing::HttpReply, testing::HttpRequest, testing::HttpServer;

// A model of two files, published, and a web server of the folder.
struct PublishedWorld {
  testing::TemporaryFolder folder;
  testing::ManualClock clock;
  CancelToken cancel;
  Digest digest;
  std::string asked_with;  // the token of the last request
  HttpServer server{[this](const HttpRequest& request) {
    asked_with = request.header("authorization");
    auto bytes = read_file(folder.path() / ("web" + request.target));
    if (!bytes) return HttpReply{404, {}, "no", {}, {}};
    return HttpReply{200, {}, std::move(*bytes), {}, {}};
  }};

  PublishedWorld() {
    folder.write("model/model.json", "{}");
    folder.write("model/weights/weights.bin", std::string(100'000, 'w'));
    std::filesystem::permissions(folder / "model/model.json", std::filesystem::perms::owner_all);
    digest = *digest_of_path(folder / "model");
    EXPECT_FALSE(publish_model(folder / "model", folder / "web")->already);
    EXPECT_TRUE(publish_model(folder / "model", folder / "web")->already);
  }
  Result<ModelFiles> fetch(const std::string& token = "") {
    ClientOptions options;
    options.tries = 1;
    Client client(options, clock, cancel);
    return fetch_published(client, {server.url(), digest}, token, folder / "fetched", {});
  }
};

TEST(PublishedModel, IsFetchedWholeByItsDigest) {
  PublishedWorld world;
  const auto files = world.fetch("secret");
  ASSERT_TRUE(files.ok()) << files.error().message;
  EXPECT_EQ(files->count, 2U);
  EXPECT_EQ(files->bytes, 100'002U);
  EXPECT_EQ(*digest_of_path(world.folder / "fetched"), world.digest);
  EXPECT_EQ(world.asked_with, "Bearer secret");
  EXPECT_TRUE(world.fetch()->already);
  world.folder.write("fetched/model.json", "{ }");
  EXPECT_THAT(world.fetch().error().message, HasSubstr("fetched is there and has the digest sha256:"));
}

TEST(PublishedModel, GoesOnWhereItWasCutOff) {
  PublishedWorld world;
  world.folder.write("fetched.part/model.json", "{}");
  world.folder.write("fetched.part/of-another-model", "x");
  const auto mixed = world.fetch();
  ASSERT_FALSE(mixed.ok());
  EXPECT_THAT(mixed.error().message, EndsWith("fetched.part had other files in it, and was removed"));
  ASSERT_TRUE(world.fetch().ok());
}

TEST(PublishedModel, NothingElseIsTakenForIt) {
  PublishedWorld world;
  const std::string hex = world.digest.hex();
  world.folder.write("web/" + hex + "/weights/weights.bin", std::string(100'000, 'x'));
  EXPECT_THAT(world.fetch().error().message, HasSubstr("the bytes have the digest sha256:"));
  EXPECT_FALSE(std::filesystem::exists(world.folder / "fetched"));
  const std::string list = *read_file(world.folder.path() / ("web/" + hex + ".json"));
  world.folder.write("web/" + hex + ".json", R"({"files": [{"path": "../../out", "digest": ")" + world.digest.str() + "\"}]}");
  EXPECT_THAT(world.fetch().error().message, EndsWith("a file has no digest, or a path that leads out of the model"));
  world.folder.write("web/" + hex + ".json", R"({"files": [{"path": "model.json", "digest": ")" + digest_of("{}").str() + "\"}]}");
  EXPECT_THAT(world.fetch().error().message, HasSubstr(": lists a model with the digest sha256:"));
  world.digest = digest_of("another");
  EXPECT_THAT(world.fetch().error().message, EndsWith("HTTP 404 Not Found"));
}

TEST(PublishedModel, IsNamedByAnAddressAndADigest) {
  const std::string digest = digest_of("x").str();
  const auto model = parse_published_model("https://models.example.com/airline/@" + digest);
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model->str(), "https://models.example.com/airline@" + digest);
  EXPECT_EQ(parse_published_model("https://models.example.com/airline@v1").error().message,
            "\"https://models.example.com/airline@v1\" names no model by its digest");
  testing::ManualClock clock;
  CancelToken cancel;
  Client client({}, clock, cancel);
  EXPECT_EQ(fetch_published(client, {"http://models.example.com/airline", model->digest}, "secret", "nowhere", {}).error().message,
            "the token would go to http://models.example.com unprotected");
}

}  // namespace
}  // namespace mlopsctl::net
