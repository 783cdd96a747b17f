#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "pipeline/base/document.hpp"
#include "pipeline/base/files.hpp"
#include "stages/deploy/deploy_stage.hpp"
#include "stages/deploy/render.hpp"

namespace mlopsctl::deploy {
namespace {

namespace fs = std::filesystem;
using engine::InputShape;
using engine::StageInput;

StageInput input(const std::string& name, const std::string& type) {
  StageInput made;
  made.name = name;
  made.type = type;
  made.digest = digest_of(name);
  return made;
}

// A folder of the test's own, removed at its end.
class Deploy : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = fs::path(::testing::TempDir()) / ("mlopsctl-deploy-" + name + "-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // A pipeline with the given deploy stage (YAML, indented by four), as the real reader understands it.
  Result<spec::StageSpec> load(const std::string& stage) {
    const fs::path file = folder_ / "pipeline.yaml";
    EXPECT_TRUE(
        write_file(
            file, "apiVersion: mlopsctl/v1\nname: p\ninputs:\n  m: {path: m.csv, text: text}\nstages:\n  release:\n    kind: deploy\n    inputs: [m]\n" + stage)
            .ok());
    spec::LoadOptions options;
    options.files = {file};
    TRY_ASSIGN(const auto pipeline, spec::load(options, {stage_->spec()}));
    return *pipeline.stage("release");
  }

  // What judge and drift hand over; the evaluation is of the model `of`.
  std::vector<StageInput> judged(const Digest& of = digest_of("judge.model")) {
    const auto file = [&](const std::string& name, const Json& content) {
      EXPECT_TRUE(make_folders((folder_ / name).parent_path()).ok());
      EXPECT_TRUE(write_file(folder_ / name, pretty(content)).ok());
    };
    file("judge/evaluation.json", {{"challenger", {{"digest", of.str()}, {"metrics", {{"accuracy", 0.87}, {"macro_f1", 0.8}, {"kappa", 0.7}, {"rows", 100}}}}},
                                   {"verdict", {{"outcome", "pass"}, {"summary", "accuracy 0.87, floor 0.83"}, {"checks", Json::array()}}}});
    file("drift.json", {{"verdict", {{"outcome", "pass"}, {"summary", "no drift in 3 signals"}}}});
    std::vector<StageInput> all = {input("judge.model", "model"), input("judge.evaluation", "evaluation"), input("drift.drift", "drift")};
    all[1].path = folder_ / "judge";
    all[2].path = folder_ / "drift.json";
    return all;
  }

  std::unique_ptr<engine::Stage> stage_ = make_deploy_stage();
  fs::path folder_;
};

class FakeContext final : public engine::StageContext {
 public:
  FakeContext(spec::StageSpec spec, std::vector<StageInput> inputs, fs::path folder)
      : spec_(std::move(spec)), inputs_(std::move(inputs)), folder_(std::move(folder)) {}
  const std::string& stage() const override { return spec_.name; }
  const Json& params() const override { return spec_.params; }
  uint64_t seed() const override { return 1; }
  const std::vector<StageInput>& inputs() const override { return inputs_; }
  const CancelToken& cancel() const override { return cancel_; }
  fs::path output(std::string_view name) override { return folder_ / name; }
  void forward(std::string_view name, const StageInput& input) override { forwarded[std::string(name)] = input.digest; }
  Result<fs::path> checkpoints() override { return folder_; }
  Result<fs::path> memo(const Digest&) override { return folder_; }
  void progress(double, std::string_view) override {}
  engine::StageReport& report() override { return report_; }

  std::map<std::string, Digest> forwarded;

 private:
  spec::StageSpec spec_;
  std::vector<StageInput> inputs_;
  fs::path folder_;
  CancelToken cancel_;
  engine::StageReport report_;
};

std::vector<std::string> said(const Error& error) {
  const auto line = [](const Error& e) {
    return (e.span ? std::to_string(e.span->line) + ":" + std::to_string(e.span->column) + " " : "") + e.field + ": " + e.message;
  };
  std::vector<std::string> all = {line(error)};
  for (const auto& other : error.also) all.push_back(line(other));
  return all;
}

using Lines = std::vector<std::string>;

TEST_F(Deploy, ALocalReleaseIsAnAliasAndARecord) {
  const auto spec = load("    alias: airline\n    api: airline-ulmfit\n    target: {local: {}}\n");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  FakeContext context(*spec, judged(), folder_);
  ASSERT_TRUE(stage_->run(context).ok());

  EXPECT_EQ(context.forwarded, (std::map<std::string, Digest>{{"model", digest_of("judge.model")}}));
  ASSERT_EQ(context.report().publications.size(), 1u);
  EXPECT_EQ(context.report().publications[0].alias, "airline");
  EXPECT_EQ(context.report().publications[0].output, "model");

  const auto text = read_file(folder_ / "release/release.json");
  ASSERT_TRUE(text.ok());
  const auto release = parse_json(*text, "release.json");
  ASSERT_TRUE(release.ok());
  EXPECT_EQ(*release, (Json{{"format", "mlopsctl-release-1"},
                            {"alias", "airline"},
                            {"api", "airline-ulmfit"},
                            {"model", digest_of("judge.model").str()},
                            {"target", {{"local", true}, {"kubernetes", nullptr}}},
                            {"inputs", Json::array({{{"name", "judge.model"}, {"type", "model"}, {"digest", digest_of("judge.model").str()}},
                                                    {{"name", "judge.evaluation"},
                                                     {"type", "evaluation"},
                                                     {"digest", digest_of("judge.evaluation").str()},
                                                     {"verdict", {{"outcome", "pass"}, {"summary", "accuracy 0.87, floor 0.83"}}},
                                                     {"metrics", {{"accuracy", 0.87}, {"macro_f1", 0.8}, {"rows", 100}}}},
                                                    {{"name", "drift.drift"},
                                                     {"type", "drift"},
                                                     {"digest", digest_of("drift.drift").str()},
                                                     {"verdict", {{"outcome", "pass"}, {"summary", "no drift in 3 signals"}}}}})}}));
  EXPECT_FALSE(fs::exists(folder_ / "release/manifests"));
}

TEST_F(Deploy, AKubernetesReleaseHoldsTheManifestsThatItsRecordLists) {
  const auto spec = load("    target: {kubernetes: {namespace: airline, replicas: 10, strategy: {canary: [10, 50, 100]}}}\n");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  FakeContext context(*spec, judged(), folder_);
  ASSERT_TRUE(stage_->run(context).ok());
  EXPECT_TRUE(context.report().publications.empty());
  EXPECT_TRUE(context.forwarded.empty());
  EXPECT_EQ(context.report().warnings.size(), 0u);

  const auto release = parse_json(*read_file(folder_ / "release/release.json"), "release.json");
  ASSERT_TRUE(release.ok());
  const Json& kubernetes = release->at("target").at("kubernetes");
  EXPECT_EQ(kubernetes.at("namespace"), "airline");
  EXPECT_EQ(kubernetes.at("name"), "release");
  const auto rendered = render_stage(*spec, digest_of("judge.model"));
  ASSERT_TRUE(rendered.ok());
  ASSERT_EQ(kubernetes.at("manifests").size(), rendered->manifests.size());
  for (size_t i = 0; i < rendered->manifests.size(); ++i) {
    const Json& listed = kubernetes.at("manifests")[i];
    EXPECT_EQ(listed.at("kind"), rendered->manifests[i].kind);
    const auto bytes = read_file(folder_ / "release" / listed.at("path").get<std::string>());
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(*bytes, rendered->manifests[i].bytes);
    EXPECT_EQ(listed.at("digest"), digest_of(*bytes).str());
  }
}

TEST_F(Deploy, AVerdictOnAnotherModelReleasesNothing) {
  const auto spec = load("    target: {local: {}}\n");
  FakeContext context(*spec, judged(digest_of("baseline")), folder_);
  const auto done = stage_->run(context);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message,
            "judge.evaluation judged the model " + digest_of("baseline").str() + "; the one to be released is " + digest_of("judge.model").str());
  EXPECT_TRUE(context.report().publications.empty());
  EXPECT_FALSE(fs::exists(folder_ / "release/release.json"));
}

TEST_F(Deploy, EveryKeyReachesTheRenderer) {
  const auto spec = load(R"(    alias: sentiment140
    api: sentiment140-k8s
    target:
      kubernetes:
        name: tweets
        namespace: sentiment
        create_namespace: false
        image: registry.example.com/mlopsctl:2
        replicas: 4
        port: 9000
        service: {type: NodePort, port: 8000, node_port: 30080}
        strategy: blue-green
        resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 2, memory: 2Gi}}
        autoscale: {min: 4, max: 8, cpu: 50}
        model: {from: volume-claim, claim: models, path: s140}
        env: {LOG_LEVEL: info}
        secrets: {SLACK_WEBHOOK: {secret: slack, key: webhook}}
        labels: {team: feedback}
        egress: [{cidr: 10.0.0.0/8, port: 5432}]
        jobs:
          predict: {args: [predict], cron: 0 3 * * *, time_zone: Etc/UTC, claim: data, deadline: 2h, retries: 1}
        grace_period: 1m
)");
  ASSERT_TRUE(spec.ok()) << spec.error().message << " " << (spec.error().span ? spec.error().span->excerpt : "");
  const auto set = render_stage(*spec, digest_of("m"));
  ASSERT_TRUE(set.ok()) << set.error().message;
  const std::string stream = set->stream();
  for (const char* part : {"name: tweets\n",
                           "namespace: sentiment\n",
                           "image: registry.example.com/mlopsctl:2\n",
                           "containerPort: 9000\n",
                           "type: NodePort\n",
                           "port: 8000\n",
                           "nodePort: 30080\n",
                           "mlopsctl/strategy: blue-green\n",
                           "mlopsctl/api: sentiment140-k8s\n",
                           "cpu: \"500m\"\n",
                           "memory: \"2Gi\"\n",
                           "minReplicas: 4\n",
                           "maxReplicas: 8\n",
                           "averageUtilization: 50\n",
                           "claimName: models\n",
                           "- /models/s140\n",
                           "LOG_LEVEL: info\n",
                           "name: SLACK_WEBHOOK\n",
                           "team: feedback\n",
                           "cidr: \"10.0.0.0/8\"\n",
                           "port: 5432\n",
                           "schedule: \"0 3 * * *\"\n",
                           "timeZone: Etc/UTC\n",
                           "claimName: data\n",
                           "activeDeadlineSeconds: 7200\n",
                           "backoffLimit: 1\n",
                           "terminationGracePeriodSeconds: 60\n"})
    EXPECT_NE(stream.find(part), std::string::npos) << part;
  EXPECT_EQ(stream.find("kind: Namespace\n"), std::string::npos);
  EXPECT_EQ(stream.find("\n  replicas:"), std::string::npos);
}

TEST_F(Deploy, WhatTheClusterWouldRefuseIsFoundAtItsPlace) {
  const auto spec = load(R"(    alias: movie_reviews
    target:
      kubernetes:
        strategy: {canary: [50, 10]}
        resources: {requests: {cpu: 2 cores}}
        jobs: {retrain: {args: [run], cron: monthly}}
)");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  const auto declared = stage_->outputs(*spec, {{"judge.model", "model", "model"}});
  ASSERT_FALSE(declared.ok());
  EXPECT_EQ(said(declared.error()),
            (Lines{"9:12 stages.release.alias: expected at most 63 small letters, digits and -, starting with a letter, got \"movie_reviews\"",
                   "12:28 stages.release.target.kubernetes.strategy.canary: expected percentages that ascend to 100, got [50, 10]",
                   "13:37 stages.release.target.kubernetes.resources.requests.cpu: expected a quantity, got \"2 cores\"",
                   "14:45 stages.release.target.kubernetes.jobs.retrain.cron: expected five fields (minute, hour, day of month, month, day of week), got 1"}));
  EXPECT_EQ(declared.error().hint, "add target.kubernetes.name: the alias cannot be one");
}

TEST_F(Deploy, ATargetIsNeeded) {
  const auto spec = load("    target: {}\n");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  const auto declared = stage_->outputs(*spec, {{"judge.model", "model", "model"}});
  ASSERT_FALSE(declared.ok());
  EXPECT_EQ(said(declared.error()), (Lines{"9:13 stages.release.target: expected kubernetes, local, or both, got neither"}));
}

TEST_F(Deploy, ExactlyOneModelIsNeeded) {
  const auto spec = load("    target: {local: {}}\n");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  const auto none = stage_->outputs(*spec, {{"drift.drift", "drift", "drift"}, {"clean.test", "test", "rows"}});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(said(none.error()), (Lines{"8:13 stages.release.inputs: found rows, clean.test; expected a model, evaluations and drift reports",
                                       "8:13 stages.release.inputs: found no model among the inputs; expected one"}));
  const auto two = stage_->outputs(*spec, {{"fit.model", "model", "model"}, {"judge.model", "model", "model"}});
  ASSERT_FALSE(two.ok());
  EXPECT_EQ(said(two.error()), (Lines{"8:13 stages.release.inputs: found 2 models among the inputs, fit.model and judge.model; expected one"}));
}

TEST_F(Deploy, OnlyALocalTargetDeclaresTheModelAsAnOutput) {
  const auto names = [&](const std::string& stage) {
    std::vector<std::string> all;
    const auto declared = stage_->outputs(*load(stage), {{"judge.model", "model", "model"}});
    for (const auto& output : *declared) all.push_back(output.name + ":" + output.type);
    return all;
  };
  EXPECT_EQ(names("    target: {local: {}}\n"), (Lines{"release:release", "model:model"}));
  EXPECT_EQ(names("    target: {kubernetes: {}}\n"), (Lines{"release:release"}));
}

TEST_F(Deploy, RenderingWithoutAKubernetesTargetSaysSo) {
  const auto spec = load("    target: {local: {}}\n");
  const auto set = render_stage(*spec, Digest());
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.error().message, "stage release has no kubernetes target: there is nothing to render");
  EXPECT_EQ(set.error().hint, "add kubernetes: {namespace: default} under stages.release.target");
}

TEST_F(Deploy, ThePlanKnowsTheModelOnceTheJudgeIsReused) {
  spec::StageSpec spec;
  spec.inputs = {{"drift", {}}, {"judge", {}}};
  engine::Plan plan;
  plan.stages.resize(2);
  plan.stages[0].name = "judge";
  plan.stages[1].name = "drift";
  EXPECT_EQ(planned_model(spec, plan), std::nullopt);
  plan.stages[0].artifacts = {{"evaluation", "evaluation", digest_of("e"), 1}, {"model", "model", digest_of("m"), 1}};
  EXPECT_EQ(planned_model(spec, plan), digest_of("m"));
  spec.inputs = {{"judge.evaluation", {}}};
  EXPECT_EQ(planned_model(spec, plan), std::nullopt);
}

TEST_F(Deploy, TheTemplatesArePartOfTheKeyOfAKubernetesRelease) {
  EXPECT_TRUE(stage_->backend(load("    target: {kubernetes: {}}\n")->params).starts_with("templates sha256:"));
  EXPECT_EQ(stage_->backend(load("    target: {local: {}}\n")->params), "");
}

}  // namespace
}  // namespace mlopsctl::deploy
