#include "pipeline/k8s/deploy.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "pipeline/k8s/diff.hpp"
#include "pipeline/k8s/lease.hpp"
#include "pipeline/k8s/render.hpp"
#include "tests/support/real_cluster.hpp"
#include "tests/unit/k8s/release_options.hpp"

namespace mlopsctl::k8s {
namespace {

using ::testing::Contains, ::testing::ElementsAre, ::testing::HasSubstr, ::testing::IsEmpty, ::testing::StartsWith;

class DeployOnCluster : public testing::RealCluster {
 protected:
  static ManifestSet set_of(const std::vector<Json>& objects) {
    std::string text;
    for (const Json& object : objects) text += "---\n" + canonical(object) + "\n";
    auto set = parse_manifests(text, "test");
    if (!set) throw std::runtime_error(set.error().message);
    return std::move(set).value();
  }
  Result<DeployReport> deployed(const std::vector<Json>& objects, DeployOptions options = {}) {
    if (options.holder.empty()) options.holder = "test";
    return deploy(cluster(), set_of(objects), options);
  }
  // "created Deployment" and so on, without the namespace.
  static std::vector<std::string> words(const Result<DeployReport>& report) {
    if (!report) return {"error: " + report.error().message};
    std::vector<std::string> all;
    for (const Applied& each : report->applied) all.push_back(std::string(to_string(each.what)) + " " + each.object.substr(0, each.object.find(' ')));
    return all;
  }
  // "check: message" of every problem that preflight finds, without the object's name.
  std::vector<std::string> problems(Cluster& as, const std::vector<Json>& objects) {
    const auto found = preflight(as, set_of(objects), false);
    if (!found) return {"error: " + found.error().message};
    std::vector<std::string> all;
    for (const Finding& each : found->findings)
      if (each.level == Finding::Level::problem) all.push_back(each.check + ": " + each.message);
    return all;
  }
  std::vector<std::string> problems(const std::vector<Json>& objects) { return problems(cluster(), objects); }
  Json service(const std::string& name) const {
    return {{"apiVersion", "v1"},
            {"kind", "Service"},
            {"metadata", {{"name", name}, {"namespace", name_space_}}},
            {"spec", {{"selector", {{"app", name}}}, {"ports", Json::array({{{"port", 80}, {"targetPort", 8080}}})}}}};
  }
  // The first trouble that is told; then the waiting ends.
  std::pair<Trouble, std::string> first_trouble(const Json& object) {
    std::pair<Trouble, std::string> first;
    CancelToken enough;
    Api api = connect("admin", clock_, enough);
    DeployOptions options;
    options.holder = "test";
    options.trouble = [&](const std::string&, const Trouble& trouble, const std::string& log) {
      first = {trouble, log};
      enough.cancel();
    };
    const auto report = deploy(api, set_of({object}), options);
    EXPECT_FALSE(report.ok());
    if (!report.ok() && report.error().kind != ErrorKind::interrupted) ADD_FAILURE() << report.error().message;
    return first;
  }
};

TEST_F(DeployOnCluster, CreatesThenChangesNothingThenRollsANewVersion) {
  Json web = deployment("web", 3);
  EXPECT_THAT(words(deployed({service("web"), web})), ElementsAre("created Service", "created Deployment"));
  const auto same = diff(cluster(), set_of({service("web"), web}), false);
  ASSERT_TRUE(same.ok()) << same.error().message;
  EXPECT_TRUE(same->same());
  EXPECT_THAT(words(deployed({service("web"), web})), ElementsAre("unchanged Service", "unchanged Deployment"));
  web["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.test/web:v2";
  const auto differs = diff(cluster(), set_of({service("web"), web}), false);
  ASSERT_TRUE(differs.ok());
  EXPECT_FALSE(differs->same());
  ASSERT_EQ(differs->objects[1].changes.size(), 1U);
  EXPECT_EQ(differs->objects[1].changes[0].path, ".spec.template.spec.containers[web].image");
  EXPECT_EQ(differs->objects[1].changes[0].before, "registry.test/web:v1");
  EXPECT_EQ(differs->objects[1].changes[0].after, "registry.test/web:v2");
  std::vector<std::string> seen;
  DeployOptions options;
  options.moved = [&](const std::string&, const Progress& progress) { seen.push_back(progress.text()); };
  EXPECT_THAT(words(deployed({service("web"), web}, options)), ElementsAre("unchanged Service", "changed Deployment"));
  EXPECT_EQ(seen.back(), "3 of 3 pods are up to date, 3 available");
}

TEST_F(DeployOnCluster, TellsThatAPodCrashesWithItsLastWords) {
  const auto [trouble, log] = first_trouble(deployment("web", 1, {{"EXIT", "7"}}));
  EXPECT_EQ(trouble.kind, Trouble::Kind::crash);
  EXPECT_EQ(trouble.container, "web");
  EXPECT_THAT(trouble.text, StartsWith("ended with exit code 7"));
  EXPECT_EQ(log, "web: told to end with code 7\n");
}

TEST_F(DeployOnCluster, TellsThatAnImageIsNotThere) {
  Json web = deployment("web", 1);
  web["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.test/nowhere:1";
  const auto trouble = first_trouble(web).first;
  EXPECT_EQ(trouble.kind, Trouble::Kind::image);
  EXPECT_THAT(trouble.text, StartsWith("the image registry.test/nowhere:1 cannot be pulled: "));
}

TEST_F(DeployOnCluster, TellsThatNoNodeTakesIt) {
  Json web = deployment("web", 1);
  web["spec"]["template"]["spec"]["nodeSelector"] = {{"disk", "gold"}};
  const auto trouble = first_trouble(web).first;
  EXPECT_EQ(trouble.kind, Trouble::Kind::unschedulable);
  EXPECT_THAT(trouble.text, HasSubstr("didn't match Pod's node affinity/selector"));
}

TEST_F(DeployOnCluster, FailsWithTheReasonWhenItsDeadlineHasPassed) {
  Json web = deployment("web", 2, {{"WARMUP", "-1"}});
  web["spec"]["progressDeadlineSeconds"] = 3;
  const auto report = deployed({web});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::timeout);
  EXPECT_EQ(report.error().message,
            "Deployment " + name_space_ + "/web makes no progress: its deadline of 3 s has passed: 2 of 2 pods are up to date, 0 available");
  EXPECT_THAT(report.error().notes, Contains(HasSubstr("Readiness probe failed: HTTP probe failed with statuscode: 503")));
  EXPECT_THAT(report.error().notes, Contains("its log ends with:\nweb: listening on 8080\n"));
  // The Lease is free for the next one.
  EXPECT_TRUE(Lease::acquire(cluster(), {name_space_, "mlopsctl-web", "next"}).ok());
}

TEST_F(DeployOnCluster, WaitsForASecretThatComesAMomentLater) {
  Json web = deployment("web", 1);
  web["spec"]["template"]["spec"]["containers"][0]["envFrom"] = Json::array({{{"secretRef", {{"name", "later"}}}}});
  Trouble told;
  DeployOptions options;
  options.trouble = [&](const std::string&, const Trouble& trouble, const std::string&) {
    told = trouble;
    applied({{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", "later"}, {"namespace", name_space_}}}});
  };
  const auto report = deployed({web}, options);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(told.kind, Trouble::Kind::configuration);
  EXPECT_EQ(told.text, "cannot be started: secret \"later\" not found");
}

TEST_F(DeployOnCluster, FindsOutWhatItMayNotDo) {
  Api dev = connect("dev");
  EXPECT_THAT(problems(dev, {deployment("web", 1)}), Contains("access: you may not patch deployments in " + name_space_));
}

TEST_F(DeployOnCluster, FindsOutThatItsPodsWouldBeRefusedAndChangesNothing) {
  ASSERT_FALSE(
      patch(cluster(), ref(resources::namespaces, "", name_space_), {{"metadata", {{"labels", {{"pod-security.kubernetes.io/enforce", "restricted"}}}}}})
          ->refusal);
  EXPECT_THAT(problems({deployment("web", 1)}), IsEmpty());
  Json web = deployment("web", 1);
  web["spec"]["template"]["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = true;
  EXPECT_THAT(problems({web}),
              ElementsAre(HasSubstr("pod security: its pods would be refused: HTTP 403 Forbidden: pods \"web-preflight\" is forbidden: violates "
                                    "PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false")));
  EXPECT_FALSE(deployed({web}).ok());
  EXPECT_FALSE(*get(cluster(), ref(resources::deployments, name_space_, "web")));
}

TEST_F(DeployOnCluster, FindsOutThatAQuotaOrTheNodesAreTooSmall) {
  applied({{"apiVersion", "v1"},
           {"kind", "ResourceQuota"},
           {"metadata", {{"name", "small"}, {"namespace", name_space_}}},
           {"spec", {{"hard", {{"pods", "2"}, {"requests.cpu", "1"}}}}}});
  // Its controller writes down what is used a moment later.
  WatchOptions quotas;
  quotas.name_space = name_space_;
  ASSERT_TRUE(follow(cluster(), resources::quotas, quotas, [](Change, const Json& quota) -> Result<bool> {
                return at(quota, "status", "hard", "pods").is_null();
              }).ok());
  EXPECT_THAT(problems({deployment("web", 3)}),
              ElementsAre("quota: 3 more pods at once need more pods than the ResourceQuota small has left: 0 of 2 are used"));
  EXPECT_THAT(problems({deployment("web", 2)}), IsEmpty());
  ASSERT_FALSE(remove(cluster(), ref(resources::quotas, name_space_, "small"))->refusal);
  Json large = deployment("web", 3);
  large["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "100";
  EXPECT_THAT(problems({large}), ElementsAre("capacity: 3 more pods at once are needed, and the 2 ready nodes have room for 0"));
}

TEST_F(DeployOnCluster, LeavesReplicasToAnAutoscaler) {
  applied({{"apiVersion", "autoscaling/v2"},
           {"kind", "HorizontalPodAutoscaler"},
           {"metadata", {{"name", "scaler"}, {"namespace", name_space_}}},
           {"spec", {{"scaleTargetRef", {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", "web"}}}, {"minReplicas", 1}, {"maxReplicas", 2}}}});
  Json web = deployment("web", 1);
  EXPECT_THAT(problems({web}), ElementsAre("autoscaler: the HorizontalPodAutoscaler scaler owns .spec.replicas, and the manifest sets it"));
  web["spec"].erase("replicas");
  EXPECT_THAT(problems({web}), IsEmpty());
}

TEST_F(DeployOnCluster, FindsOutWhoOwnsAFieldAndWhichAreForEver) {
  applied(deployment("web", 0));
  ASSERT_FALSE(apply_as("somebody-else", ref(resources::deployments, name_space_, "web"), {{"spec", {{"replicas", 1}}}}, "scale"));
  Json web = deployment("web", 0);
  EXPECT_THAT(problems({web}), ElementsAre("apply: .spec.replicas belongs to somebody-else (subresource scale)"));
  DeployOptions force;
  force.force = true;
  EXPECT_THAT(words(deployed({web}, force)), ElementsAre("changed Deployment"));
  web["spec"]["selector"]["matchLabels"]["app"] = web["spec"]["template"]["metadata"]["labels"]["app"] = "other";
  EXPECT_THAT(problems({web}), ElementsAre(HasSubstr("spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"other\"}}: field is immutable")));
}

// A process that is killed right after so many of its writes have reached the server, before it sees the answer to the last.
class Mortal final : public Cluster {
 public:
  Mortal(Cluster& real, int writes) : real_(real), writes_(writes) {}
  Result<Reply> send(const Call& call) override {
    if (dead_) return dead();
    auto reply = real_.send(call);
    const bool dry = std::any_of(call.query.begin(), call.query.end(), [](const auto& pair) { return pair.first == "dryRun"; });
    if (call.method == "GET" || dry || call.path.ends_with("selfsubjectaccessreviews") || --writes_ > 0) return reply;
    dead_ = true;
    return dead();
  }
  Result<Reply> stream(const Call& call, std::chrono::milliseconds still, const std::function<Status(std::string_view bytes)>& take) override {
    return real_.stream(call, still, take);
  }
  const Clock& clock() const override { return real_.clock(); }
  const CancelToken& cancel() const override { return real_.cancel(); }

 private:
  static Error dead() {
    Error error;
    error.kind = ErrorKind::interrupted;
    error.message = "killed";
    return error;
  }
  Cluster& real_;
  int writes_;
  bool dead_ = false;
};

TEST_F(DeployOnCluster, KilledAfterAnyOfItsWritesTheNextOneCompletes) {
  int killed = 0;
  for (int n = 1;; ++n) {
    Json web = deployment("web", 1);
    web["metadata"]["annotations"]["version"] = std::to_string(n);
    const ManifestSet set = set_of({config_map("settings", {{"version", std::to_string(n)}}), web});
    Mortal mortal(cluster(), n);
    DeployOptions options;
    options.lease = std::chrono::seconds(1);
    options.holder = "first";
    const auto first = deploy(mortal, set, options);
    options.holder = "second";
    const auto second = deploy(cluster(), set, options);
    ASSERT_TRUE(second.ok()) << "after write " << n << ": " << second.error().message;
    const auto same = diff(cluster(), set, false);
    ASSERT_TRUE(same.ok());
    EXPECT_TRUE(same->same()) << "after write " << n;
    if (first.ok() && first->findings.empty()) break;
    ++killed;
  }
  EXPECT_GE(killed, 4);  // the Lease, two objects, the Lease renewed while the first pod starts, the Lease given back
}

TEST_F(DeployOnCluster, OfTwoAtOnceTheSecondSaysWhoIsAtWork) {
  auto lease = Lease::acquire(cluster(), {name_space_, "mlopsctl-web", "ann@laptop", std::chrono::seconds(3)});
  ASSERT_TRUE(lease.ok());
  Api other = connect("admin");
  std::atomic<bool> stop = false;
  std::thread at_work([&] {
    for (; !stop; clock_.pause(std::chrono::milliseconds(100), cancel_)) EXPECT_TRUE(lease->check().ok());
  });
  DeployOptions options;
  options.holder = "bob";
  const auto second = deploy(other, set_of({deployment("web", 1)}), options);
  stop = true;
  at_work.join();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "the Lease " + name_space_ + "/mlopsctl-web is held by ann@laptop, who is at work");
  EXPECT_FALSE(*get(cluster(), ref(resources::deployments, name_space_, "web")));
}

// Whatever we render, the API server takes, strictly, and Pod Security lets its pods in.
TEST_F(DeployOnCluster, TheServerTakesAllThatWeRender) {
  for (auto& [name, options] : option_sets()) {
    SCOPED_TRACE(name);
    options.name_space = name_space_;
    const auto set = render(options);
    ASSERT_TRUE(set.ok()) << set.error().message;
    for (const Manifest& each : set->manifests)
      if (each.kind == "Namespace") applied(each.object, {.force = true});
    const auto found = preflight(cluster(), *set, false);
    ASSERT_TRUE(found.ok()) << found.error().message;
    for (const Finding& each : found->findings)
      if (each.check != "capacity") ADD_FAILURE() << each.object << ": " << each.message;
    EXPECT_GE(found->diff.objects.size(), 5U);
  }
}

}  // namespace
}  // namespace mlopsctl::k8s
