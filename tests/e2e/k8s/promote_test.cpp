#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include "pipeline/k8s/deploy.hpp"
#include "pipeline/k8s/render.hpp"
#include "pipeline/k8s/rollout/drive.hpp"
#include "tests/support/real_cluster.hpp"
#include "tests/support/requests.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using ::testing::ElementsAre, ::testing::HasSubstr, ::testing::IsEmpty, ::testing::StartsWith;
using Kind = Strategy::Kind;
using Phase = Rollout::Phase;

class PromoteOnCluster : public testing::RealCluster {
 protected:
  // A release of the test's web server, as `render` makes it, but that its probes look every second.
  ManifestSet release(const std::string& model, const Strategy& strategy, std::map<std::string, std::string> env = {}, const Json& gates = {{"watch", 1}},
                      const std::string& name = "web", int replicas = 3) const {
    ReleaseOptions options;
    options.name = name;
    options.name_space = name_space_;
    options.create_namespace = false;
    options.image = "registry.test/web:v1";
    options.replicas = replicas;
    options.model = digest_of(model);
    options.strategy = strategy;
    options.env = std::move(env);
    options.resources = {"5m", "16Mi", "500m", "64Mi"};
    auto set = render(options);
    if (!set) throw std::runtime_error(set.error().message);
    for (Manifest& each : set->manifests)
      if (each.kind == "Deployment") {
        each.object["metadata"]["annotations"]["mlopsctl/gates"] = canonical(gates);
        Json& container = each.object["spec"]["template"]["spec"]["containers"][0];
        for (const char* probe : {"startupProbe", "readinessProbe"}) container[probe]["periodSeconds"] = 1;
      }
    return std::move(set).value();
  }

  Result<DeployReport> deployed(Cluster& as, const ManifestSet& set, const std::string& who = "ann") {
    DeployOptions options;
    options.holder = options.origin.who = who;
    options.lease = seconds(3);
    options.timeout = seconds(120);
    options.promoting = [this](const std::string& sentence) { said_.push_back(sentence); };
    return deploy(as, set, options);
  }
  Json live(const std::string& name = "web") {
    const auto found = get(cluster(), ref(resources::deployments, name_space_, name));
    return found && *found ? **found : Json();
  }
  Json service(const std::string& name = "web") { return **get(cluster(), ref(resources::services, name_space_, name)); }
  std::unique_ptr<testing::SteadyRequests> requests(int threads = 4) {
    const std::string address = text_at(at(service(), "spec", "clusterIP")), request = "GET / HTTP/1.1\r\nhost: web\r\n\r\n";
    // The nodes hear of a new Service a moment later.
    while (!testing::ask_once(address, 80, request).starts_with("HTTP/1.1 200")) clock_.pause(milliseconds(20), cancel_);
    return std::make_unique<testing::SteadyRequests>(address, 80, request, threads, std::chrono::microseconds(1000));
  }
  std::string story() const {
    std::string all;
    for (const auto& sentence : said_) all += sentence + "\n";
    return all;
  }
  // One Deployment, all of whose pods are the model's, and a Service that takes them all.
  void expect_settled(const std::string& model, const std::string& name = "web", int replicas = 3) {
    const Json deployment = live(name);
    EXPECT_EQ(model_of(deployment), digest_of(model).str()) << story();
    const Progress progress = judge({deployment, {}});
    EXPECT_EQ(progress.available, replicas) << story();
    EXPECT_EQ(progress.phase, Progress::Phase::done) << story();
    EXPECT_TRUE(live(candidate_name(name)).is_null()) << story();
    EXPECT_EQ(traffic_of(service(name)), Traffic::all) << story();
    const auto journal = look_up_journal(cluster(), name_space_, name);
    ASSERT_TRUE(journal.ok()) << journal.error().message;
    EXPECT_FALSE(journal->now) << journal->now->text();
  }

  std::vector<std::string> said_;
};

// The fewest addresses that a Service ever had while it was looked at.
class FewestReady {
 public:
  FewestReady(Api api, std::string name_space, const Clock& clock) : api_(std::move(api)), name_space_(std::move(name_space)), clock_(clock) {
    thread_ = std::thread([this] {
      while (!stop_) {
        int ready = 0;
        const auto listed = list(api_, resources::endpoint_slices, {name_space_, "kubernetes.io/service-name=web", ""}, [&](Json& slice) {
          for (const Json& endpoint : at(slice, "endpoints")) ready += at(endpoint, "conditions", "ready") == true ? 1 : 0;
        });
        if (listed) fewest_ = std::min<int>(fewest_, ready);
        clock_.pause(milliseconds(50), never_);
      }
    });
  }
  int stop() {
    stop_ = true;
    thread_.join();
    return fewest_;
  }

 private:
  Api api_;
  std::string name_space_;
  const Clock& clock_;
  CancelToken never_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> fewest_ = 1000;
  std::thread thread_;
};

struct Way {
  const char* name;
  Strategy strategy;
};
class Ways : public PromoteOnCluster, public ::testing::WithParamInterface<Way> {};

TEST_P(Ways, PutANewModelInPlace) {
  const auto first = deployed(cluster(), release("old", GetParam().strategy));
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_FALSE(first->rollout);
  auto load = requests();
  FewestReady fewest(cluster().clone(), name_space_, clock_);
  const auto second = deployed(cluster(), release("new", GetParam().strategy));
  ASSERT_TRUE(second.ok()) << second.error().message << "\n" << story();
  ASSERT_TRUE(second->rollout);
  EXPECT_EQ(second->rollout->phase, Phase::promoted) << story();
  while (load->sent() < 20'000) clock_.pause(milliseconds(50), cancel_);
  load->stop();
  EXPECT_EQ(load->failed(), 0) << load->first_failure();
  EXPECT_GE(fewest.stop(), 3);
  expect_settled("new");
  RecordProperty("requests", load->sent());
  // It is what was asked for, to the last field.
  const auto same = diff(cluster(), release("new", GetParam().strategy), false);
  ASSERT_TRUE(same.ok());
  for (const ObjectDiff& each : same->objects)
    for (const FieldChange& change : each.changes) ADD_FAILURE() << each.object << change.path << ": " << change.before << " -> " << change.after;
}

TEST_P(Ways, UndoAModelThatFails) {
  ASSERT_TRUE(deployed(cluster(), release("old", GetParam().strategy)).ok());
  auto load = requests();
  FewestReady fewest(cluster().clone(), name_space_, clock_);
  const auto bad = deployed(cluster(), release("bad", GetParam().strategy, {{"FAIL_PERCENT", "5"}}));
  ASSERT_TRUE(bad.ok()) << bad.error().message << "\n" << story();
  ASSERT_TRUE(bad->rollout);
  EXPECT_EQ(bad->rollout->phase, Phase::aborted) << story();
  EXPECT_THAT(bad->rollout->reason, HasSubstr(" errors in "));
  load->stop();
  EXPECT_GE(fewest.stop(), 3);
  expect_settled("old");
}

INSTANTIATE_TEST_SUITE_P(Each, Ways,
                         ::testing::Values(Way{"rolling", {Kind::rolling, {}}}, Way{"bluegreen", {Kind::blue_green, {}}},
                                           Way{"canary", {Kind::canary, {33, 67, 100}}}),
                         [](const auto& way) { return way.param.name; });

TEST_F(PromoteOnCluster, UndoesAModelThatCrashesOrStartsTooSlowlyOrNamesOtherLabels) {
  const Strategy canary{Kind::canary, {33, 100}};
  ASSERT_TRUE(deployed(cluster(), release("old", canary)).ok());
  auto load = requests(2);
  FewestReady fewest(cluster().clone(), name_space_, clock_);
  const auto outcome = [&](const std::string& model, const std::map<std::string, std::string>& env, const Json& gates) {
    const auto report = deployed(cluster(), release(model, canary, env, gates));
    if (!report || !report->rollout) return "error: " + (report ? "no promotion" : report.error().message);
    expect_settled("old");
    return std::string(to_string(report->rollout->phase)) + ": " + report->rollout->reason;
  };
  EXPECT_THAT(outcome("crash", {{"EXIT", "7"}}, {{"watch", 1}}),
              ::testing::AllOf(StartsWith("aborted: pod web-candidate-"), HasSubstr("ended with exit code 7, restarted ")));
  EXPECT_THAT(outcome("slow", {{"WARMUP", "-1"}}, {{"start", 5}}), "aborted: its pods are too slow to start: 1 of 1 pod is up to date, 0 available");
  EXPECT_THAT(outcome("labels", {{"GOOD_PERCENT", "90"}}, {{"watch", 1}}), HasSubstr("aborted: its labels differ from the old model's in "));
  load->stop();
  EXPECT_EQ(load->failed(), 0) << load->first_failure();
  EXPECT_GE(fewest.stop(), 3);
  const auto journal = look_up_journal(cluster(), name_space_, "web");
  ASSERT_TRUE(journal.ok());
  ASSERT_EQ(journal->history.size(), 3U);
  EXPECT_EQ(journal->history[0].at("to"), digest_of("labels").str());
  EXPECT_EQ(journal->history[0].at("from"), digest_of("old").str());
  EXPECT_EQ(journal->history[0].at("outcome"), "aborted");
  EXPECT_EQ(journal->history[2].at("who"), "ann");
}

}  // namespace
}  // namespace mlopsctl::k8s
