#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <gmock/gmock.h>

#include "hub.hpp"
#include "tests/support/json_shape.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl {
namespace {

using ::testing::ElementsAre, ::testing::HasSubstr, ::testing::Not, ::testing::StartsWith;
using testing::HttpRequest, testing::TestHub, testing::hub_commit;

const std::string weights = [] {
  std::string bytes;
  for (int i = 0; bytes.size() < 3'000'000; ++i) bytes += std::to_string(i) + ",";
  return bytes;
}();

struct Ended {
  int code = -1;
  std::string out, err;
};

// A project folder, a hub, and the program between them.
struct World {
  TestHub hub;
  testing::TemporaryFolder folder;
  std::vector<std::string> variables;  // "NAME=value", besides HF_ENDPOINT

  World() {
    hub.files = {{"config.json", "{\"model_type\": \"bert\"}"},
                 {"vocab.txt", "[PAD]\n[UNK]\n"},
                 {"tokenizer_config.json", "{}"},
                 {"model.safetensors", weights},
                 {"pytorch_model.bin", "not this"},
                 {"README.md", "nor this"},
                 {"onnx/model.onnx", "nor this"}};
  }

  pid_t start(const std::vector<std::string>& words) {
    std::vector<std::string> all{MLOPSCTL_BINARY, "-C", folder.path().string()},
        environment{"PATH=/usr/bin:/bin", "HF_ENDPOINT=" + hub.server.url(), "no_proxy=*"};
    all.insert(all.end(), words.begin(), words.end());
    environment.insert(environment.end(), variables.begin(), variables.end());
    std::vector<char*> arguments, names;
    for (std::string& word : all) arguments.push_back(word.data());
    for (std::string& name : environment) names.push_back(name.data());
    arguments.push_back(nullptr);
    names.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, (folder / "out").c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&actions, 2, (folder / "err").c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
    pid_t child = -1;
    EXPECT_EQ(posix_spawn(&child, MLOPSCTL_BINARY, &actions, nullptr, arguments.data(), names.data()), 0);
    posix_spawn_file_actions_destroy(&actions);
    return child;
  }
  Ended wait(pid_t child) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), tidy(read_file(folder / "out").value()), tidy(read_file(folder / "err").value())};
  }
  Ended run(const std::vector<std::string>& words) { return wait(start(words)); }
  Ended fetch() { return run({"model", "fetch", "hf://org/tiny"}); }

  std::string tidy(std::string text) const {
    for (const auto& [what, with] : {std::pair{hub.server.url(), "HUB"}, {hub.cdn.url(), "CDN"}})
      for (size_t at = text.find(what); at != std::string::npos; at = text.find(what)) text.replace(at, what.size(), with);
    return text;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const char* each : {"tiny", "tiny.part"}) {
      if (!std::filesystem::exists(folder / each)) continue;
      const auto all = list_files(folder / each);
      for (const auto& file : *all) names.push_back(std::string(each) + "/" + file.relative);
    }
    return names;
  }
  // Waits until the held answer's bytes are on disk, and so many of them.
  void wait_for_part(uintmax_t size) {
    hub.cdn.wait_until_held();
    std::error_code none_yet;
    for (uintmax_t there = 0; there < size; there = none_yet ? 0 : there) {
      there = std::filesystem::file_size(folder / "tiny.part/model.safetensors.part", none_yet);
      std::this_thread::yield();
    }
  }
  void expect_whole() {
    EXPECT_THAT(files(), ElementsAre("tiny/config.json", "tiny/fetched.json", "tiny/model.safetensors", "tiny/tokenizer_config.json", "tiny/vocab.txt"));
    EXPECT_TRUE(read_file(folder / "tiny/model.safetensors").value() == weights);
  }
};

TEST(ModelFetch, TakesWhatABertNeeds) {
  World world;
  const Ended ended = world.fetch();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "fetching commit aaaaaaaaaaaa of hf://org/tiny@main: 4 files, 3.0 MB\n");
  EXPECT_THAT(ended.out, HasSubstr("tiny now holds commit aaaaaaaaaaaa of hf://org/tiny: 4 files, 3.0 MB\n"));
  world.expect_whole();
  const size_t requests = world.hub.server.requests().size();
  const Ended again = world.fetch();
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("tiny holds commit aaaaaaaaaaaa of hf://org/tiny already, whole: 4 files"));
  EXPECT_EQ(world.hub.server.requests().size(), requests + 1);  // the listing
}

TEST(ModelFetch, AnswersInJson) {
  World world;
  const Ended ended = world.run({"model", "fetch", "hf://org/tiny@" + hub_commit, "--to", "models/base/", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json answer = Json::parse(ended.out);
  std::vector<std::string> faults;
  testing::check_shape(answer, Json::parse(read_file(testing::source_root() / "tests/cli/schemas/model-fetch.json").value()), "", faults);
  EXPECT_THAT(faults, ElementsAre());
  EXPECT_EQ(answer["folder"], "models/base");
  EXPECT_EQ(answer["commit"], hub_commit);
  EXPECT_EQ(answer["files"][3]["digest"], digest_of(weights).str());
}

TEST(ModelFetch, GetsThroughABadDay) {
  World world;
  world.hub.first = {{429, {{"Retry-After", "0"}}, ""}, {500, {{"Retry-After", "0"}}, ""}, {503, {{"Retry-After", "0"}}, ""}};
  world.hub.cut_at = 1'000'000;
  const Ended ended = world.fetch();
  EXPECT_EQ(ended.code, 0) << ended.err;
  const std::string listing = "GET HUB/api/models/org/tiny/revision/main: HTTP ";
  EXPECT_THAT(ended.err, StartsWith(listing + "429 Too Many Requests; trying again\n" + listing + "500 Internal Server Error; trying again\n" + listing +
                                    "503 Service Unavailable; trying again\nfetching "));
  world.expect_whole();
  EXPECT_EQ(world.hub.cdn.requests()[1].header("range"), "bytes=1000000-");
}

TEST(ModelFetch, GoesOnAfterAKill) {
  World world;
  world.hub.hold_at = 2'000'000;
  const pid_t child = world.start({"model", "fetch", "hf://org/tiny"});
  world.wait_for_part(2'000'000);
  ::kill(child, SIGKILL);
  EXPECT_EQ(world.wait(child).code, 137);
  EXPECT_FALSE(std::filesystem::exists(world.folder / "tiny"));
  const Ended ended = world.fetch();
  EXPECT_EQ(ended.code, 0) << ended.err;
  world.expect_whole();
  const auto requests = world.hub.cdn.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].header("range"), "bytes=2000000-");
  EXPECT_EQ(world.hub.server.requests().size(), 4U + 1 + 1 + 1);  // the second time: the listing and the weights
}

TEST(ModelFetch, StopsWhenInterrupted) {
  World world;
  world.hub.hold_at = 2'000'000;
  const pid_t child = world.start({"model", "fetch", "hf://org/tiny"});
  world.wait_for_part(2'000'000);
  ::kill(child, SIGINT);
  const Ended ended = world.wait(child);
  EXPECT_EQ(ended.code, 130);
  EXPECT_THAT(ended.err, HasSubstr("interrupted\n"));
  EXPECT_THAT(ended.err, HasSubstr("2000000 bytes are kept; the same command goes on from there"));
}

TEST(ModelFetch, RefusesWrongBytes) {
  for (const bool told : {true, false}) {
    World world;
    world.hub.tells_lfs = told;  // else by X-Linked-Etag
    world.hub.spoilt = "model.safetensors";
    const Ended ended = world.fetch();
    EXPECT_EQ(ended.code, 3);
    EXPECT_THAT(ended.err, HasSubstr("error: GET HUB/org/tiny/resolve/" + hub_commit + "/model.safetensors: the bytes have the digest " +
                                     digest_of("spoilt" + weights.substr(6)).str() + ", expected " + digest_of(weights).str() +
                                     "\nhint: the file was changed on the way or on the server; nothing of it was kept\n"));
    EXPECT_FALSE(std::filesystem::exists(world.folder / "tiny"));
  }
  World world;
  world.hub.spoilt = "vocab.txt";
  const Ended ended = world.fetch();
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("/vocab.txt: the bytes have the git id "));
  EXPECT_FALSE(std::filesystem::exists(world.folder / "tiny.part/vocab.txt"));
}

TEST(ModelFetch, TakesATokenFromTheEnvironmentAndKeepsIt) {
  World world;
  world.hub.token = "hf_secret";
  const Ended without = world.fetch();
  EXPECT_EQ(without.code, 2);
  EXPECT_EQ(without.err,
            "error: GET HUB/api/models/org/tiny/revision/main: HTTP 401 Unauthorized\n"
            "hint: the repository is private, or not there; put a token that may read it into HF_TOKEN\n");
  world.variables = {"HF_TOKEN=hf_wrong"};
  const Ended wrong = world.fetch();
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("hint: the token in use is not valid, or the repository is not there\n"));
  EXPECT_THAT(wrong.err, Not(HasSubstr("hf_wrong")));
  world.folder.write("token", "hf_secret\n");
  world.variables = {"HF_TOKEN_PATH=token"};
  const Ended with = world.run({"model", "fetch", "hf://org/tiny", "-v"});
  EXPECT_EQ(with.code, 0) << with.err;
  EXPECT_THAT(with.out + with.err, Not(HasSubstr("hf_secret")));
  for (const HttpRequest& request : world.hub.cdn.requests()) EXPECT_EQ(request.header("authorization"), "");
}

TEST(ModelFetch, WorksWithoutTheNetwork) {
  World world;
  world.variables = {"HF_HUB_OFFLINE=1"};
  const Ended before = world.fetch();
  EXPECT_EQ(before.code, 2);
  EXPECT_EQ(before.err, "error: tiny is not there, and HF_HUB_OFFLINE forbids to fetch it\nhint: unset HF_HUB_OFFLINE\n");
  EXPECT_EQ(world.hub.server.requests().size(), 0U);
  world.variables = {};
  ASSERT_EQ(world.fetch().code, 0);
  world.variables = {"HF_HUB_OFFLINE=1"};
  EXPECT_EQ(world.fetch().code, 0);
  world.folder.write("tiny/vocab.txt", "[PAD]\n");
  const Ended damaged = world.fetch();
  EXPECT_EQ(damaged.code, 2);
  EXPECT_EQ(damaged.err, "error: tiny/vocab.txt is not what was fetched\nhint: remove tiny and fetch it again\n");
}

TEST(ModelFetch, SaysWhatIsWrong) {
  World world;
  EXPECT_EQ(world.run({"model", "fetch", "hf://org/tiny@v9"}).err,
            "error: GET HUB/api/models/org/tiny/revision/v9: HTTP 404 Not Found\nhint: org/tiny has no revision v9; see HUB/org/tiny/tree/main\n");
  EXPECT_EQ(world.run({"model", "fetch", "hf://org/other"}).err,
            "error: GET HUB/api/models/org/other/revision/main: HTTP 404 Not Found\nhint: see whether HUB/org/other is there, and spelt like that\n");
  world.folder.write("tiny/mine", "x");
  EXPECT_EQ(world.fetch().err, "error: tiny is there, and was not made by `mlopsctl model fetch`\nhint: choose another folder with --to\n");
  world.hub.files.erase("model.safetensors");
  world.hub.files.erase("pytorch_model.bin");
  EXPECT_EQ(world.run({"model", "fetch", "hf://org/tiny", "--to", "x"}).err, "error: hf://org/tiny@" + hub_commit +
                                                                                 " has no model.safetensors and no pytorch_model.bin\n"
                                                                                 "hint: choose a repository with a BERT in transformers' layout\n");
}

TEST(ModelFetch, PrefersPartsOfSafetensorsToPickles) {
  World world;
  world.hub.files.erase("model.safetensors");
  world.hub.files["model.safetensors.index.json"] = "{}";
  world.hub.files["model-00001-of-00002.safetensors"] = "one";
  world.hub.files["model-00002-of-00002.safetensors"] = "two";
  const Ended ended = world.fetch();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(world.files(),
              ElementsAre("tiny/config.json", "tiny/fetched.json", "tiny/model-00001-of-00002.safetensors", "tiny/model-00002-of-00002.safetensors",
                          "tiny/model.safetensors.index.json", "tiny/tokenizer_config.json", "tiny/vocab.txt"));
}

TEST(ModelFetch, LetsOneFetchAtATime) {
  World world;
  world.hub.hold_at = 1000;
  const pid_t first = world.start({"model", "fetch", "hf://org/tiny"});
  world.wait_for_part(1000);
  const Ended second = world.fetch();
  EXPECT_EQ(second.code, 3);
  EXPECT_EQ(second.err.substr(second.err.find("error:")),
            "error: process " + std::to_string(first) + " is fetching into tiny.part\nhint: wait for it, or choose another folder with --to\n");
  ::kill(first, SIGKILL);
  world.wait(first);
}

}  // namespace
}  // namespace mlopsctl
