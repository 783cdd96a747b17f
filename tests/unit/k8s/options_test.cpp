#include <gtest/gtest.h>

#include "pipeline/k8s/render.hpp"
#include "tests/unit/k8s/release_options.hpp"

namespace mlopsctl::k8s {
namespace {

std::vector<std::string> said(const ReleaseOptions& options) {
  std::vector<std::string> all;
  for (const auto& error : faults(options)) all.push_back(error.field + ": " + error.message);
  return all;
}

using Messages = std::vector<std::string>;

TEST(Options, WhatTheTestsUseIsFaultless) {
  for (const auto& [name, options] : option_sets()) EXPECT_EQ(said(options), Messages{}) << name;
}

TEST(Options, EveryFaultIsFoundAtOnce) {
  ReleaseOptions o = sentiment140();
  o.name = "Sentiment_140";
  o.name_space = "-x";
  o.image = "";
  o.replicas = 0;
  o.port = 80;
  o.service.type = "ClusterIP";
  o.strategy = {Strategy::Kind::canary, {10, 10, 90}};
  o.autoscale = Autoscale{5, 2, 70};
  o.resources = {"2", "1Gi", "1500m", "1Zi"};
  o.env["1BAD"] = "x";
  o.env["SLACK_WEBHOOK"] = "https://example.com";
  o.labels["app.kubernetes.io/name"] = "mine";
  o.egress = {{"10.0.0.0/33", 0}};
  o.jobs = {{"predict", {}, "0 24 * * *", "", ""}, {"once", {"version"}, "", "Etc/UTC", ""}};
  EXPECT_EQ(
      said(o),
      (Messages{"name: expected at most 63 small letters, digits and -, starting with a letter, got \"Sentiment_140\"",
                "namespace: expected at most 63 small letters, digits and -, starting with a letter, got \"-x\"",
                "image: expected an image reference, got \"\"",
                "labels.app.kubernetes.io/name: expected a label key outside app.kubernetes.io/, which mlopsctl sets itself, got \"app.kubernetes.io/name\"",
                "replicas: expected 1 to 1000, got 0", "port: expected 1024 to 65535, got 80",
                "service.node_port: expected no node port for a service of type ClusterIP, got 30080", "autoscale.max: expected at least min, 5, got 2",
                "egress.0.cidr: expected an address range, got \"10.0.0.0/33\"", "egress.0.port: expected 1 to 65535, got 0",
                "strategy.canary: expected percentages that ascend to 100, got [10, 10, 90]",
                "resources.limits.cpu: expected at least what is requested, 2, got 1500m", "resources.limits.memory: expected a quantity, got \"1Zi\"",
                "env.1BAD: expected letters, digits and _, not starting with a digit, got \"1BAD\"",
                "secrets.SLACK_WEBHOOK: SLACK_WEBHOOK stands under env and under secrets; expected it once",
                "jobs.predict.args: expected a command of mlopsctl, got no arguments",
                "jobs.predict.cron: hour: expected 0 to 23, a range, * or a step such as */2, got \"24\"",
                "jobs.once.time_zone: a time zone without a schedule means nothing"}));
  const auto set = render(o);
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.error().also.size(), 17u);
}

TEST(Options, WhatAVersionOfKubernetesLacksIsRefused) {
  ReleaseOptions o = airline();
  o.kubernetes = 34;
  EXPECT_EQ(said(o), Messages{"model.from: image volumes are on by default from Kubernetes 1.35, and the release has to run on 1.34"});
  o.kubernetes = 35;
  EXPECT_EQ(said(o), Messages{});
  o.kubernetes = 30;
  o.delivery = {};
  EXPECT_EQ(said(o), Messages{"version: expected Kubernetes 1.31 or newer, for older ones lack what every release has, got 1.30"});
}

TEST(Options, AModelIsFetchedFromSomewhereThatMayBeReached) {
  ReleaseOptions o = fetched();
  o.delivery.url = "models/feedback";
  o.egress.clear();
  EXPECT_EQ(said(o), (Messages{"model.url: expected the address of a folder on a web server, got \"models/feedback\"",
                               "egress: the pods are to fetch their model, and may connect to nothing but name resolution"}));
}

TEST(Options, APrometheusIsToBeAskedSomewhere) {
  ReleaseOptions o = minimal();
  o.gates.prometheus = Prometheus{"", "", "pod", ""};
  ASSERT_EQ(said(o).size(), 1u);
  EXPECT_TRUE(said(o)[0].starts_with("gates.prometheus: ")) << said(o)[0];
  o.gates.prometheus->url = "http://prometheus.monitoring:9090";
  EXPECT_EQ(said(o), Messages{});
}

TEST(Options, CanaryStepsAscendToHundred) {
  ReleaseOptions o = minimal();
  o.strategy.kind = Strategy::Kind::canary;
  for (const std::vector<int>& bad : {std::vector<int>{}, {0, 100}, {50, 20, 100}, {10, 50}, {10, 101}}) {
    o.strategy.percentages = bad;
    EXPECT_EQ(said(o).size(), 1u) << ::testing::PrintToString(bad);
  }
  o.replicas = 100;
  o.autoscale.reset();
  o.strategy.percentages = {1, 99, 100};
  EXPECT_EQ(said(o), Messages{});
}

TEST(Percentages, AreWhatWholePodsGive) {
  EXPECT_EQ(expressible_text(4), "25, 50, 75 or 100 %");
  EXPECT_EQ(expressible_text(1), "100 %");
  EXPECT_TRUE(can_express(3, 33));
  EXPECT_TRUE(can_express(3, 67));
  EXPECT_TRUE(can_express(10, 10));
  EXPECT_FALSE(can_express(3, 10));
  EXPECT_FALSE(can_express(3, 50));
  EXPECT_FALSE(can_express(400, 0));
}

TEST(Percentages, WhatReplicasCannotExpressIsRefused) {
  ReleaseOptions o = airline();
  o.autoscale->min = 3;
  EXPECT_EQ(said(o), (Messages{"strategy.canary.0: 3 replicas cannot take 10 % of the traffic; they can take 33, 67 or 100 %",
                               "strategy.canary.1: 3 replicas cannot take 50 % of the traffic; they can take 33, 67 or 100 %"}));
  EXPECT_EQ(faults(o)[0].hint, "set autoscale.min: 10, or choose among these percentages");
  o.autoscale.reset();
  o.replicas = 20;
  o.strategy.percentages = {1, 50, 100};
  EXPECT_EQ(said(o), (Messages{"strategy.canary.0: 20 replicas cannot take 1 % of the traffic; they can take multiples of 5 %"}));
  EXPECT_EQ(faults(o)[0].hint, "set replicas: 68, or choose among these percentages");
  o.replicas = 1;
  o.strategy.percentages = {50, 100};
  EXPECT_EQ(said(o), (Messages{"strategy.canary.0: 1 replica cannot take 50 % of the traffic; it can take 100 %"}));
  o.replicas = 3;
  o.strategy.percentages = {33, 67, 100};
  EXPECT_EQ(said(o), Messages{});
}

TEST(Options, OneReplicaIsSaid) {
  EXPECT_EQ(warnings(minimal()),
            (Messages{"one replica: the service is away while its node is drained; a disruption budget would only block the drain, so there is none"}));
}

TEST(Options, AnImageThatMayChangeUnderItsNameIsSaid) {
  ReleaseOptions o = sentiment140();
  for (const char* fixed : {"mlopsctl:0.1.0", "localhost:5000/mlopsctl:1", "mlopsctl@sha256:00"}) {
    o.image = fixed;
    EXPECT_EQ(warnings(o), Messages{}) << fixed;
  }
  for (const std::string moving : {"mlopsctl", "mlopsctl:latest", "localhost:5000/mlopsctl"}) {
    o.image = moving;
    EXPECT_EQ(warnings(o), Messages{"the image " + moving + " has no fixed tag or digest: what runs may change under its name"});
  }
}

}  // namespace
}  // namespace mlopsctl::k8s
