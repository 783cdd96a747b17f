// What `--json` prints, checked against tests/cli/schemas: one story told by the real program.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "tests/support/json_shape.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl {
namespace {

struct Finished {
  int code = -1;
  std::string out, err;
};

class JsonContract : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { folder_ = new testing::TemporaryFolder(); }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static Finished run(const std::string& words) {
    asked_.insert(words + " ");
    const std::string command =
        "cd '" + folder_->path().string() + "' && env -u GITHUB_ACTIONS '" MLOPSCTL_BINARY "' " + words + " --json >.out 2>.err </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, *read_file(*folder_ / ".out"), *read_file(*folder_ / ".err")};
  }

  static void expect_shape(const Json& value, const std::string& name) {
    const auto text = read_file(testing::source_root() / "tests/cli/schemas" / (name + ".json"));
    ASSERT_TRUE(text.ok()) << name;
    std::vector<std::string> faults;
    testing::check_shape(value, *parse_json(*text, name), "", faults);
    for (const auto& fault : faults) ADD_FAILURE() << name << ": " << fault;
    checked_.insert(name);
  }

  // One answer on stdout of that shape, nothing on stderr.
  static void expect_answer(const std::string& words, const std::string& name, int code = 0) {
    SCOPED_TRACE(words);
    const Finished finished = run(words);
    EXPECT_EQ(finished.code, code) << finished.err;
    EXPECT_EQ(finished.err, "");
    const auto json = parse_json(finished.out, words);
    ASSERT_TRUE(json.ok()) << finished.out;
    ASSERT_TRUE(json->is_object());
    expect_shape(*json, name);
  }

  // One object on stderr, nothing on stdout.
  static void expect_error(const std::string& words, int code) {
    SCOPED_TRACE(words);
    const Finished finished = run(words);
    EXPECT_EQ(finished.code, code);
    EXPECT_EQ(finished.out, "");
    const auto json = parse_json(finished.err, words);
    ASSERT_TRUE(json.ok()) << finished.err;
    expect_shape(*json, "error");
    EXPECT_EQ((*json)["exit_code"], code);
  }

  static void expect_events(const std::string& words) {
    SCOPED_TRACE(words);
    const Finished finished = run(words);
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_EQ(finished.err, "");
    std::string last;
    for (size_t from = 0; from < finished.out.size();) {
      const size_t end = finished.out.find('\n', from);
      const auto event = parse_json(finished.out.substr(from, end - from), "event");
      ASSERT_TRUE(event.ok()) << finished.out.substr(from, end - from);
      last = (*event)["type"];
      expect_shape(*event, last == "result" ? "run" : "event-" + last);
      from = end + 1;
    }
    EXPECT_EQ(last, "result");
  }

  // A run that meets another one: its lock is held here until the run has said that it waits.
  static void expect_waiting() {
    auto lock = FileLock::try_lock(*folder_ / ".mlopsctl/locks/run-feedback.lock", FileLock::Mode::exclusive);
    ASSERT_TRUE(lock.ok() && lock->has_value());
    std::filesystem::remove(*folder_ / ".out");
    std::thread other([&] {
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
      while (std::chrono::steady_clock::now() < deadline) {
        const auto said = read_file(*folder_ / ".out");
        if (said.ok() && said->find("\"waiting\"") != std::string::npos) break;
        std::this_thread::yield();
      }
      lock->reset();
    });
    expect_events("run");
    other.join();
  }

  static testing::TemporaryFolder* folder_;
  static std::set<std::string> checked_, asked_;
};

testing::TemporaryFolder* JsonContract::folder_ = nullptr;
std::set<std::string> JsonContract::checked_, JsonContract::asked_;

TEST_F(JsonContract, HoldsForEveryCommand) {
  expect_error("plan", 2);
  expect_answer("history", "history");
  expect_answer("gate plan --gain 0.01", "gate-plan");
  expect_answer("model list", "model-list");
  expect_answer("decision show", "decision-list");
  expect_answer("init", "init");
  expect_error("init", 2);
  expect_answer("validate", "validate");
  expect_answer("plan", "plan");
  expect_answer("plan --detailed-exitcode", "plan", 2);
  expect_answer("status", "status");
  expect_answer("explain fit", "explain");
  expect_error("explain fti", 2);
  expect_events("run -j 2");
  expect_events("run");
  expect_answer("plan --detailed-exitcode", "plan");
  expect_answer("explain fit", "explain");
  expect_answer("explain fit --set stages.fit.model.c=2", "explain");
  expect_events("run --set stages.fit.model.c=2");
  expect_answer("status", "status");
  expect_answer("history", "history");
  expect_answer("history latest", "history-run");
  expect_answer("diff", "diff", 1);
  expect_answer("diff latest latest", "diff");
  expect_answer("report", "report");
  expect_answer("report --format markdown --output -", "report");
  expect_answer("decision show", "decision-list");
  expect_answer("decision show judge", "decision-show");
  expect_answer("decision verify judge --model feedback", "decision-verify");
  expect_answer("decision verify judge --model sha256:" + std::string(64, '0'), "decision-verify", 1);
  expect_answer("decision replay judge", "decision-replay");
  expect_answer("decision keygen --output signing.key", "decision-keygen");
  expect_error("decision verify nothing", 2);
  expect_error("alert test", 2);
  expect_error("alert flush", 2);
  const std::string nobody = " --set alerts.ops.to=webhook --set alerts.ops.url=http://127.0.0.1:1/ --set alerts.ops.tries=1";
  expect_answer("alert test" + nobody, "alert", 6);
  expect_answer("alert flush" + nobody, "alert");
  expect_answer("model list", "model-list");
  expect_answer("model show feedback", "model-show");
  expect_answer("model alias feedback baseline", "model-alias");
  expect_answer("model alias feedback", "model-alias-history");
  folder_->write("base/config.json", "{}");
  folder_->write("base/fetched.json",
                 R"({"repository": "org/base", "commit": "c", "files": {"config.json": {"size": 2, "digest": ")" + digest_of("{}").str() + "\"}}}");
  ::setenv("HF_HUB_OFFLINE", "1", 1);  // what was fetched before
  expect_answer("model fetch hf://org/base", "model-fetch");
  expect_answer("model publish feedback --to published", "model-publish");
  expect_answer("rollback feedback", "rollback");
  expect_error("rollback nothing", 2);
  expect_answer("predict --model feedback --input data/feedback.csv --output labelled.csv", "predict");
  expect_error("predict --model feedback --input data/feedback.csv --output -", 2);
  expect_answer("label sample --champion baseline --challenger fit --input data/feedback.csv --rows 20 --output form.csv", "label-sample");
  expect_error("label sample --champion baseline --challenger fit --input data/feedback.csv --rows 20 --output form.csv", 2);
  std::string filled = read_file(*folder_ / "form.csv").value();
  for (size_t at = filled.find(",\n"); at != std::string::npos; at = filled.find(",\n", at + 1)) filled.insert(at + 1, "negative");
  folder_->write("form.csv", filled);
  expect_answer("label import form.csv --labels labels.csv", "label-import");
  expect_answer("drift self-test --model feedback --input data/feedback.csv --trials 20", "drift-self-test");
  expect_answer("drift monitor --model feedback --store sqlite:kept.sqlite", "drift-monitor");
  expect_answer("probe http://127.0.0.1:1", "probe", 1);
  expect_error("probe nonsense", 2);
  expect_error("serve --model nothing", 2);
  expect_error("pages --api nonsense", 2);
  folder_->write("local.yaml", "stages: {release: {target: {kubernetes: null}}}\n");
  expect_error("render -f pipeline.yaml -f local.yaml", 2);
  expect_answer("render", "render");
  expect_answer("rehearse", "rehearse");
  expect_error("rehearse --rate much", 2);
  expect_error("deploy --kubeconfig nowhere", 2);
  expect_error("diff --live --kubeconfig nowhere", 2);
  for (const char* words : {"promote feedback", "rollout status feedback", "rollout watch feedback", "rollout pause feedback", "rollout resume feedback",
                            "rollout abort feedback", "rollout history feedback", "job start once", "job list", "job logs once", "job cancel once",
                            "schedule apply once", "schedule status", "schedule fire once"})
    expect_error(std::string(words) + " --kubeconfig nowhere", 2);
  expect_error("retrain", 2);
  folder_->write("upkeep.yaml",
                 "retrain: {age: 30d}\nstages: {release: {target: {local: {jobs: {retrain: {args: [retrain], cron: 0 3 * * *, time_zone: UTC}}}}}}\n");
  const std::string upkeep = " -f pipeline.yaml -f upkeep.yaml";
  expect_answer("retrain --dry-run" + upkeep, "retrain");
  expect_answer("retrain" + upkeep, "retrain");
  expect_answer("schedule status --local" + upkeep, "schedule-status", 1);
  expect_answer("schedule render --for systemd" + upkeep, "schedule-render");
  expect_answer("schedule status --local" + upkeep, "schedule-status");
  expect_error("schedule run once" + upkeep, 2);
  expect_answer("cache gc --dry-run", "cache-gc");
  expect_answer("cache verify --read-data", "cache-verify");
  expect_answer("doctor", "doctor");
  expect_answer("completion bash", "completion");
  expect_answer("completion --names stages", "completion-names");
  expect_answer("schema --commands", "schema-page");
  expect_answer("version", "version");
  expect_error("rnu", 2);
  expect_error("run --colour always", 2);

  expect_waiting();

  // Each schema was met, and each command.
  const auto schemas = list_files(testing::source_root() / "tests/cli/schemas");
  ASSERT_TRUE(schemas.ok());
  for (const auto& file : *schemas) {
    const std::string name = file.relative.substr(0, file.relative.rfind('.'));
    if (!file.relative.ends_with(".json")) continue;
    EXPECT_TRUE(checked_.contains(name)) << name << " was never checked";
  }
  const std::string page = (*parse_json(run("schema --commands").out, "schema"))["markdown"], heading = "\n## mlopsctl ";
  size_t commands = 0;
  for (size_t at = page.find(heading); at != std::string::npos; at = page.find(heading, at + 1), ++commands) {
    const size_t name = at + heading.size();
    const std::string command = page.substr(name, page.find('\n', name) - name) + " ";
    EXPECT_TRUE(std::any_of(asked_.begin(), asked_.end(), [&](const std::string& words) { return words.starts_with(command); }))
        << command << "was never asked";
  }
  EXPECT_GE(commands, 20U);
}

TEST(JsonShape, CanFail) {
  const Json schema = {{"type", "object"},
                       {"required", {"a"}},
                       {"additionalProperties", false},
                       {"properties", {{"a", {{"type", {"integer", "null"}}}}, {"b", {{"enum", {"x"}}}}}}};
  const auto faults = [&](const Json& value) {
    std::vector<std::string> found;
    testing::check_shape(value, schema, "", found);
    return found;
  };
  EXPECT_TRUE(faults({{"a", 1}}).empty());
  EXPECT_TRUE(faults({{"a", nullptr}, {"b", "x"}}).empty());
  EXPECT_EQ(faults({{"b", "y"}}), (std::vector<std::string>{"b: expected one of [\"x\"], got \"y\"", "(top): lacks a"}));
  EXPECT_EQ(faults({{"a", "t"}}), (std::vector<std::string>{"a: expected [\"integer\",\"null\"], got \"t\""}));
  EXPECT_EQ(faults({{"a", 1}, {"c", 1}}), (std::vector<std::string>{"(top): has c, which its schema does not know"}));
}

}  // namespace
}  // namespace mlopsctl
