#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/support/promotions.hpp"
#include "tests/support/requests.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using ::testing::ElementsAre, ::testing::HasSubstr, ::testing::IsEmpty, ::testing::StartsWith;
using Kind = Strategy::Kind;
using Phase = Rollout::Phase;

class PromoteOnCluster : public testing::Promotions {
 protected:
  std::unique_ptr<testing::SteadyRequests> requests(int threads = 4) {
    const std::string address = text_at(at(service(cluster(), "web"), "spec", "clusterIP")), request = "GET / HTTP/1.1\r\nhost: web\r\n\r\n";
    // The nodes hear of a new Service a moment later.
    while (!testing::ask_once(address, 80, request).starts_with("HTTP/1.1 200")) clock_.pause(milliseconds(20), cancel_);
    auto steady = std::make_unique<testing::SteadyRequests>(address, 80, request, threads, std::chrono::microseconds(1000));
    // The old model has to have answered enough to be compared with.
    while (steady->sent() < 3000) clock_.pause(milliseconds(20), cancel_);
    return steady;
  }
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
  ~FewestReady() { stop(); }
  int stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
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

// Ends this process, for good and without a word, right after so many of its writes have reached the server. That a Lease is renewed is none: how
// often that happens only the clock knows.
class Killed final : public Cluster {
 public:
  Killed(Cluster& real, int writes) : real_(real), writes_(writes) {}
  Result<Reply> send(const Call& call) override {
    auto reply = real_.send(call);
    const bool dry = std::any_of(call.query.begin(), call.query.end(), [](const auto& pair) { return pair.first == "dryRun"; });
    if (call.method == "GET" || dry || call.path.ends_with("selfsubjectaccessreviews") || is_renewal(call)) return reply;
    if (--writes_ == 0) ::raise(SIGKILL);
    return reply;
  }
  Result<Reply> stream(const Call& call, milliseconds still, const std::function<Status(std::string_view bytes)>& take) override {
    return real_.stream(call, still, take);
  }
  const Clock& clock() const override { return real_.clock(); }
  const CancelToken& cancel() const override { return real_.cancel(); }

 private:
  bool is_renewal(const Call& call) {
    if (call.path.find("/leases") == std::string::npos) return false;
    const Json lease = Json::parse(call.body);
    const std::string says = canonical({at(lease, "metadata", "annotations"), at(lease, "spec", "holderIdentity"), at(lease, "spec", "leaseTransitions")});
    return says == std::exchange(lease_, says);
  }
  Cluster& real_;
  int writes_;
  std::string lease_;
};

class KillOnCluster : public Ways {
 protected:
  static constexpr int many = 40;  // more writes than any promotion has: the last of them are not killed
  static int replicas() { return GetParam().strategy.kind == Kind::canary ? 2 : 1; }
  static std::string name_of(int writes) { return "web" + std::to_string(writes); }
  ManifestSet small(const std::string& model, int writes) const {
    return release(model, GetParam().strategy, {}, {{"traffic", false}}, name_of(writes), replicas());
  }
  // A process of its own that is killed after its n-th write; whether it was.
  pid_t start(const std::string& model, int writes) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    Api api = connect("admin");
    Killed killed(api, writes);
    DeployOptions options;
    options.holder = options.origin.who = "the first";
    options.lease = seconds(15);
    const auto report = deploy(killed, small(model, writes), options);
    if (!report.ok()) std::cerr << report.error().message << "\n";
    ::_exit(report.ok() && report->rollout && report->rollout->phase == Phase::promoted ? 0 : 1);
  }
};

// Then another machine goes on with it or undoes it: one with the other half of the writes each.
TEST_P(KillOnCluster, AfterAnyWriteOfAPromotionItCanBeEndedElsewhere) {
  std::atomic<int> killed = 0, unkilled = 0;
  const auto one = [&](int writes, Api api, pid_t child) {
    int ended = 0;
    ::waitpid(child, &ended, 0);
    const bool was_killed = WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL;
    ++(was_killed ? killed : unkilled);
    if (!was_killed) { EXPECT_EQ(WEXITSTATUS(ended), 0) << "without a kill, " << writes; }
    SCOPED_TRACE("killed after write " + std::to_string(writes));
    expect_ended_elsewhere(api, name_of(writes), replicas(), writes % 2 == 0);
  };
  // All of them at once: each waits for its pods most of the time.
  for (int first = 1; unkilled == 0 && first < many; first += 22) {
    std::vector<int> group;
    for (int writes = first; writes < first + 22; ++writes) group.push_back(writes);
    for (const int writes : group) {
      DeployOptions options;
      options.holder = "before";
      options.wait = false;
      ASSERT_TRUE(deploy(cluster(), small("old", writes), options).ok());
    }
    for (const int writes : group) ASSERT_TRUE(wait_until_done(cluster(), ref(resources::deployments, name_space_, name_of(writes)), {}).ok());
    std::vector<pid_t> children;
    for (const int writes : group) children.push_back(start("new", writes));
    std::vector<std::thread> others;
    for (size_t i = 0; i < group.size(); ++i) others.emplace_back([&, i] { one(group[i], connect("admin"), children[i]); });
    for (auto& other : others) other.join();
    for (const int writes : group)
      for (const auto* resource : {&resources::deployments, &resources::services})
        static_cast<void>(remove(cluster(), ref(*resource, name_space_, name_of(writes))));
  }
  EXPECT_GT(unkilled, 0);
  EXPECT_GE(killed, 8);
  RecordProperty("killed", killed);
  std::cout << killed << " kills\n";
}

INSTANTIATE_TEST_SUITE_P(Each, KillOnCluster,
                         ::testing::Values(Way{"rolling", {Kind::rolling, {}}}, Way{"bluegreen", {Kind::blue_green, {}}},
                                           Way{"canary", {Kind::canary, {50, 100}}}),
                         [](const auto& way) { return way.param.name; });

TEST_F(PromoteOnCluster, GoesBackToAModelByItsDigest) {
  const Strategy rolling{Kind::rolling, {}};
  const Json no_traffic{{"traffic", false}};
  for (const char* model : {"first", "second", "third"}) ASSERT_TRUE(deployed(cluster(), release(model, rolling, {}, no_traffic, "web", 1)).ok()) << story();
  const ObjectRef web = ref(resources::deployments, name_space_, "web");
  const auto back = [&](const std::string& digest) -> Result<Rollout> {
    TRY_ASSIGN(auto lease, Lease::acquire(cluster(), {name_space_, lease_name("web"), "bob"}));
    TRY_ASSIGN(auto rollout, begin_rollback(cluster(), web, digest, {"bob", "c0ffee", ""}));
    TRY_ASSIGN(auto end, drive(cluster(), lease, std::move(rollout), {}));
    TRY(lease.release());
    return end;
  };
  ASSERT_TRUE(back(digest_of("first").str()).ok());
  expect_settled(cluster(), "first", "web", 1);
  ASSERT_TRUE(back("").ok());  // the one before
  expect_settled(cluster(), "third", "web", 1);
  EXPECT_EQ(begin_rollback(cluster(), web, "sha256:0000", {}).error().message, "Deployment " + name_space_ + "/web never served a model sha256:0000");
  const auto journal = look_up_journal(cluster(), name_space_, "web");
  ASSERT_TRUE(journal.ok());
  ASSERT_EQ(journal->history.size(), 4U);
  EXPECT_EQ(journal->history[0].at("who"), "bob");
  EXPECT_EQ(journal->history[0].at("commit"), "c0ffee");
  // What is deployed anew afterwards is what was asked for.
  ASSERT_TRUE(deployed(cluster(), release("third", rolling, {}, no_traffic, "web", 1)).ok());
  const auto same = diff(cluster(), release("third", rolling, {}, no_traffic, "web", 1), false);
  ASSERT_TRUE(same.ok());
  EXPECT_TRUE(same->same());
}

TEST_F(PromoteOnCluster, ACanaryLeavesTheNumberOfPodsToTheirAutoscaler) {
  autoscale_ = Autoscale{4, 8, 70};
  const Strategy canary{Kind::canary, {25, 50, 100}};
  const Json gates{{"traffic", false}, {"watch", 0}};
  ASSERT_TRUE(deployed(cluster(), release("old", canary, {}, gates)).ok());
  const auto wait_for_pods = [&](int64_t count) {
    while (number_at(at(live(cluster(), "web"), "status", "availableReplicas")) != count) clock_.pause(milliseconds(100), cancel_);
  };
  wait_for_pods(4);
  // Once it wants more than at first, shares are shares of what is there.
  EXPECT_FALSE(apply_as("horizontal-pod-autoscaler", ref(resources::deployments, name_space_, "web"), {{"spec", {{"replicas", 5}}}}, "scale"));
  wait_for_pods(5);
  FewestReady fewest(cluster().clone(), name_space_, clock_);
  said_.clear();
  const auto report = deployed(cluster(), release("new", canary, {}, gates));
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->rollout->phase, Phase::promoted);
  EXPECT_GE(fewest.stop(), 5);
  EXPECT_THAT(story(), ::testing::AllOf(HasSubstr("canary, step 1 of 2: 29 % of the requests (2 new pods)"),
                                        HasSubstr("canary, step 2 of 2: 50 % of the requests (5 new pods)")));
  expect_settled(cluster(), "new", "web", 5);
  for (const Json& entry : at(live(cluster(), "web"), "metadata", "managedFields"))
    if (at(entry, "manager") == field_manager) { EXPECT_FALSE(at(entry, "fieldsV1", "f:spec").contains("f:replicas")) << entry; }
}

TEST_F(PromoteOnCluster, ClocksThatAreAnHourWrongChangeNothing) {
  const testing::WrongClock ahead(std::chrono::hours(1)), behind(-std::chrono::hours(1));
  Api ann = connect("admin", ahead, cancel_), bob = connect("admin", behind, cancel_);
  const auto of = [&](const std::string& model) { return release(model, {Kind::blue_green, {}}, {}, {{"traffic", false}, {"watch", 0}}, "web", 1); };
  ASSERT_TRUE(deployed(ann, of("old")).ok());
  // Bob comes while Ann is at work.
  std::thread meanwhile;
  std::optional<Result<DeployReport>> second;
  DeployOptions options;
  options.holder = options.origin.who = "ann";
  options.promoting = [&](const std::string&) {
    if (!meanwhile.joinable()) meanwhile = std::thread([&] { second = deployed(bob, of("newer"), "bob"); });
  };
  const auto first = deploy(ann, of("new"), options);
  ASSERT_TRUE(meanwhile.joinable());
  meanwhile.join();
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->rollout->phase, Phase::promoted);
  ASSERT_FALSE(second->ok());
  EXPECT_EQ(second->error().message, "the Lease " + name_space_ + "/mlopsctl-web is held by ann, who is at work");
  expect_settled(cluster(), "new", "web", 1);
  // Ann takes the Lease and is never heard of again: Bob waits for just as long as it lasts.
  const auto start = clock_.steady();
  ASSERT_TRUE(Lease::acquire(ann, {name_space_, lease_name("web"), "ann", seconds(3)}).ok());
  const auto third = deployed(bob, of("newer"), "bob");
  ASSERT_TRUE(third.ok()) << third.error().message;
  EXPECT_EQ(third->rollout->phase, Phase::promoted);
  EXPECT_GE(clock_.steady() - start, seconds(3));
  expect_settled(cluster(), "newer", "web", 1);
}

TEST_F(PromoteOnCluster, PausesWhereTooFewRequestsCameAndGoesOnWhenTold) {
  const Strategy canary{Kind::canary, {33, 100}};
  ASSERT_TRUE(deployed(cluster(), release("old", canary)).ok());
  const auto paused = deployed(cluster(), release("new", canary, {}, {{"watch", 0}, {"patience", 1}}));
  ASSERT_TRUE(paused.ok()) << paused.error().message;
  EXPECT_TRUE(paused->rollout->paused);
  const auto again = deployed(cluster(), release("newer", canary));
  ASSERT_FALSE(again.ok());
  EXPECT_THAT(again.error().message,
              StartsWith("a promotion of web by ann has not ended: canary, step 1 of 1: 33 % of the requests (1 new pod, 2 old ones); paused: "));
  EXPECT_EQ(again.error().hint, "go on with it or undo it: mlopsctl rollout resume|abort web");
  // Nor is it changed beside another, by manifests that promote nothing.
  ManifestSet set = release("old", {Kind::rolling, {}}, {}, {{"watch", 1}}, "first", 1), plain = release("newer", canary);
  for (Manifest& each : plain.manifests) {
    if (each.kind == "Deployment") each.object["metadata"]["annotations"].erase("mlopsctl/strategy");
    set.manifests.push_back(each);
  }
  const auto beside = deployed(cluster(), set);
  ASSERT_FALSE(beside.ok());
  EXPECT_THAT(beside.error().message, StartsWith("a promotion of web by ann has not ended: canary, step 1 of 1: "));
  EXPECT_TRUE(live(cluster(), "first").is_null());
  // Whoever had the Lease before the next one changes nothing more.
  auto late = Lease::acquire(cluster(), {name_space_, lease_name("web"), "late", seconds(1)});
  ASSERT_TRUE(late.ok());
  clock_.pause(milliseconds(1100), cancel_);
  auto lease = Lease::acquire(cluster(), {name_space_, lease_name("web"), "bob", seconds(15), milliseconds(100)});
  ASSERT_TRUE(lease.ok()) << lease.error().message;
  EXPECT_FALSE(late->note({{"mlopsctl/rollout", "mine"}}).ok());
  const auto journal = read_journal(lease->object());
  ASSERT_TRUE(journal.ok() && journal->now);
  const auto end = drive(cluster(), *lease, resumed(*journal->now, true), {});
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->phase, Phase::promoted);
  expect_settled("new");
}

}  // namespace
}  // namespace mlopsctl::k8s
