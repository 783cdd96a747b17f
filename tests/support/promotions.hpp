// Promotions of the test's web server on the real cluster.
#pragma once

#include "pipeline/k8s/deploy.hpp"
#include "pipeline/k8s/render.hpp"
#include "pipeline/k8s/rollout/drive.hpp"
#include "tests/support/real_cluster.hpp"

namespace mlopsctl::testing {

class Promotions : public RealCluster {
 protected:
  // A release of the test's web server, as `render` makes it, but that its probes look every second.
  k8s::ManifestSet release(const std::string& model, const k8s::Strategy& strategy, std::map<std::string, std::string> env = {},
                           const Json& gates = {{"watch", 1}}, const std::string& name = "web", int replicas = 3) const {
    k8s::ReleaseOptions options;
    options.name = name;
    options.name_space = name_space_;
    options.create_namespace = false;
    options.image = "registry.test/web:v1";
    options.replicas = replicas;
    options.model = digest_of(model);
    options.strategy = strategy;
    options.env = std::move(env);
    options.autoscale = autoscale_;
    options.resources = {"5m", "16Mi", "500m", "64Mi"};
    auto set = k8s::render(options);
    if (!set) throw std::runtime_error(set.error().message);
    for (k8s::Manifest& each : set->manifests)
      if (each.kind == "Deployment") {
        each.object["metadata"]["annotations"]["mlopsctl/gates"] = canonical(gates);
        Json& container = each.object["spec"]["template"]["spec"]["containers"][0];
        for (const char* probe : {"startupProbe", "readinessProbe"}) container[probe]["periodSeconds"] = 1;
      }
    return std::move(set).value();
  }

  Result<k8s::DeployReport> deployed(k8s::Cluster& as, const k8s::ManifestSet& set, const std::string& who = "ann") {
    k8s::DeployOptions options;
    options.holder = options.origin.who = who;
    options.lease = std::chrono::seconds(15);
    options.timeout = std::chrono::seconds(120);
    options.promoting = [this](const std::string& sentence) { said_.push_back(sentence); };
    return k8s::deploy(as, set, options);
  }
  Json live(k8s::Cluster& as, const std::string& name) const {
    const auto found = k8s::get(as, k8s::ref(k8s::resources::deployments, name_space_, name));
    return found && *found ? **found : Json();
  }
  Json service(k8s::Cluster& as, const std::string& name) const { return **k8s::get(as, k8s::ref(k8s::resources::services, name_space_, name)); }
  std::string story() const {
    std::string all;
    for (const auto& sentence : said_) all += sentence + "\n";
    return all;
  }
  // One Deployment, all of whose pods are the model's, and a Service that takes them all.
  void expect_settled(const std::string& model) { expect_settled(cluster(), model, "web", 3); }
  void expect_settled(k8s::Cluster& as, const std::string& model, const std::string& name, int replicas) const {
    const Json deployment = live(as, name);
    EXPECT_EQ(k8s::model_of(deployment), digest_of(model).str()) << story();
    const k8s::Progress progress = k8s::judge({deployment, {}});
    EXPECT_EQ(progress.available, replicas) << story();
    EXPECT_EQ(progress.phase, k8s::Progress::Phase::done) << story();
    EXPECT_TRUE(live(as, k8s::candidate_name(name)).is_null()) << story();
    EXPECT_EQ(k8s::traffic_of(service(as, name)), k8s::Traffic::all) << story();
    const auto journal = k8s::look_up_journal(as, name_space_, name);
    ASSERT_TRUE(journal.ok()) << journal.error().message;
    EXPECT_FALSE(journal->now) << journal->now->text();
  }
  // Whatever became of a promotion from "old" to "new": another machine undoes it or goes on with it, if it has not ended, and all is settled.
  void expect_ended_elsewhere(k8s::Cluster& as, const std::string& name, int replicas, bool abort) const {
    k8s::LeaseOptions options{name_space_, k8s::lease_name(name), "another", std::chrono::seconds(15)};
    options.look = std::chrono::milliseconds(200);
    auto lease = k8s::Lease::acquire(as, options);
    ASSERT_TRUE(lease.ok()) << lease.error().message;
    const auto journal = k8s::read_journal(lease->object());
    ASSERT_TRUE(journal.ok()) << journal.error().message;
    std::string expected = "old";
    if (journal->now) {
      const auto end = k8s::drive(as, *lease, abort ? k8s::aborted(*journal->now, "told to") : k8s::resumed(*journal->now, false), {});
      ASSERT_TRUE(end.ok()) << end.error().message;
      EXPECT_TRUE(end->ended());
      if (!abort && journal->now->phase != k8s::Rollout::Phase::aborting) { EXPECT_EQ(end->phase, k8s::Rollout::Phase::promoted); }
      if (end->phase == k8s::Rollout::Phase::promoted) expected = "new";
    } else if (k8s::model_of(live(as, name)) == digest_of("new").str()) {
      expected = "new";
    }
    ASSERT_TRUE(lease->release().ok());
    expect_settled(as, expected, name, replicas);
  }

  std::optional<k8s::Autoscale> autoscale_;  // of releases
  std::vector<std::string> said_;
};

}  // namespace mlopsctl::testing
