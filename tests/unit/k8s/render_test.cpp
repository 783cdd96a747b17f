#include "pipeline/k8s/render.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "pipeline/base/document.hpp"
#include "pipeline/base/files.hpp"
#include "tests/support/places.hpp"
#include "tests/unit/k8s/release_options.hpp"

namespace mlopsctl::k8s {
namespace {

const std::filesystem::path golden = testing::source_root() / "tests/golden/manifests";

ManifestSet rendered(const ReleaseOptions& options) {
  auto set = render(options);
  EXPECT_TRUE(set.ok()) << (set.ok() ? "" : set.error().message);
  return set.ok() ? std::move(set).value() : ManifestSet{};
}

const Json* object(const ManifestSet& set, std::string_view kind) {
  for (const auto& manifest : set.manifests)
    if (manifest.kind == kind) return &manifest.object;
  return nullptr;
}

Json value_at(const Json& value, const std::string& pointer) {
  const Json::json_pointer path(pointer);
  return value.contains(path) ? value.at(path) : Json();
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, ManifestsAreByteForByteAsKept) {
  const ManifestSet set = rendered(option_sets().at(GetParam()));
  const auto file = golden / (GetParam() + ".yaml");
  if (std::getenv("MLOPSCTL_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(make_folders(golden).ok());
    ASSERT_TRUE(write_file(file, set.stream()).ok());
    GTEST_SKIP() << "rewrote " << file;
  }
  const auto kept = read_file(file);
  ASSERT_TRUE(kept.ok()) << kept.error().message << "; make it with MLOPSCTL_UPDATE_GOLDEN=1";
  EXPECT_EQ(*kept, set.stream());
}

TEST_P(Golden, RenderingTwiceGivesTheSameBytesAndTheYamlReadsBackAsTheObject) {
  const ManifestSet first = rendered(option_sets().at(GetParam())), second = rendered(option_sets().at(GetParam()));
  EXPECT_EQ(first.stream(), second.stream());
  for (const auto& manifest : first.manifests) {
    const auto read = parse_yaml(manifest.bytes, manifest.path);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(to_json(*read), manifest.object);
  }
}

TEST_P(Golden, PathsSortInApplyOrderAndAreUnique) {
  const ManifestSet set = rendered(option_sets().at(GetParam()));
  std::vector<std::string> paths;
  for (const auto& manifest : set.manifests) paths.push_back(manifest.path);
  EXPECT_TRUE(std::is_sorted(paths.begin(), paths.end()));
  EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), paths.size());
}

// https://kubernetes.io/docs/concepts/security/pod-security-standards/, profile "restricted", and what we ask beyond it.
TEST_P(Golden, EveryPodIsRestricted) {
  int pods = 0;
  for (const auto& manifest : rendered(option_sets().at(GetParam())).manifests) {
    Json pod = value_at(manifest.object, "/spec/template/spec");
    if (pod.is_null()) pod = value_at(manifest.object, "/spec/jobTemplate/spec/template/spec");
    if (pod.is_null()) continue;
    ++pods;
    EXPECT_EQ(value_at(pod, "/securityContext/runAsNonRoot"), true);
    EXPECT_EQ(value_at(pod, "/securityContext/seccompProfile/type"), "RuntimeDefault");
    EXPECT_EQ(value_at(pod, "/automountServiceAccountToken"), false);
    for (const auto& container : pod.at("containers")) {
      EXPECT_EQ(value_at(container, "/securityContext/allowPrivilegeEscalation"), false);
      EXPECT_EQ(value_at(container, "/securityContext/readOnlyRootFilesystem"), true);
      EXPECT_EQ(value_at(container, "/securityContext/capabilities/drop"), Json::array({"ALL"}));
      for (const char* part : {"/resources/requests/cpu", "/resources/requests/memory", "/resources/limits/cpu", "/resources/limits/memory"})
        EXPECT_FALSE(value_at(container, part).is_null()) << part;
    }
    for (const auto& volume : pod.at("volumes")) EXPECT_FALSE(volume.contains("hostPath"));
  }
  EXPECT_GE(pods, 1);
}

INSTANTIATE_TEST_SUITE_P(Options, Golden, ::testing::Values("minimal", "airline", "sentiment140", "fetched"), [](const auto& name) { return name.param; });

TEST(Render, SelectorsHoldNoMoreThanWhatNeverChangesAndEveryPodOfTheServerHasIt) {
  const ManifestSet set = rendered(airline());
  const Json own = {{"app.kubernetes.io/name", "model-server"}, {"app.kubernetes.io/instance", "airline-sentiment"}};
  // The candidate of a promotion answers beside it, under another name.
  const Json all = {{"app.kubernetes.io/component", "server"}, {"app.kubernetes.io/instance", "airline-sentiment"}};
  const Json& deployment = *object(set, "Deployment");
  EXPECT_EQ(value_at(deployment, "/spec/selector/matchLabels"), own);
  EXPECT_EQ(value_at(*object(set, "Service"), "/spec/selector"), all);
  EXPECT_EQ(value_at(*object(set, "PodDisruptionBudget"), "/spec/selector/matchLabels"), all);
  EXPECT_EQ(value_at(*object(set, "NetworkPolicy"), "/spec/podSelector/matchLabels"), all);
  const Json labels = value_at(deployment, "/spec/template/metadata/labels");
  for (const Json* selector : {&own, &all})
    for (const auto& [key, value] : selector->items()) EXPECT_EQ(labels.at(key), value);
}

TEST(Render, PodsOfJobsAreNotTheServers) {
  const ManifestSet set = rendered(sentiment140());
  const Json selector = value_at(*object(set, "Service"), "/spec/selector");
  const Json labels = value_at(*object(set, "Job"), "/spec/template/metadata/labels");
  EXPECT_NE(labels.at("app.kubernetes.io/component"), selector.at("app.kubernetes.io/component"));
}

TEST(Render, AnAutoscalerOwnsTheReplicas) {
  EXPECT_EQ(value_at(*object(rendered(sentiment140()), "Deployment"), "/spec/replicas"), 2);
  EXPECT_EQ(object(rendered(sentiment140()), "HorizontalPodAutoscaler"), nullptr);
  EXPECT_TRUE(value_at(*object(rendered(airline()), "Deployment"), "/spec/replicas").is_null());
  EXPECT_EQ(value_at(*object(rendered(airline()), "HorizontalPodAutoscaler"), "/spec/minReplicas"), 10);
}

TEST(Render, OneReplicaHasNoDisruptionBudget) {
  EXPECT_EQ(object(rendered(minimal()), "PodDisruptionBudget"), nullptr);
  EXPECT_EQ(value_at(*object(rendered(sentiment140()), "PodDisruptionBudget"), "/spec/maxUnavailable"), 1);
}

TEST(Render, ANewModelChangesThePodTemplateAndNothingImmutable) {
  ReleaseOptions next = airline();
  next.model = digest_of("a better model");
  const ManifestSet before = rendered(airline()), after = rendered(next);
  const Json &old_one = *object(before, "Deployment"), &new_one = *object(after, "Deployment");
  EXPECT_NE(old_one.at("spec").at("template"), new_one.at("spec").at("template"));
  EXPECT_EQ(value_at(new_one, "/spec/template/metadata/annotations/mlopsctl~1model"), next.model.str());
  EXPECT_EQ(old_one.at("spec").at("selector"), new_one.at("spec").at("selector"));
  EXPECT_NE(value_at(*object(before, "ConfigMap"), "/metadata/name"), value_at(*object(after, "ConfigMap"), "/metadata/name"));
}

TEST(Render, AJobWithOtherArgumentsHasAnotherName) {
  ReleaseOptions next = sentiment140();
  next.jobs[1].args.push_back("--limit=10");
  EXPECT_NE(value_at(*object(rendered(sentiment140()), "Job"), "/metadata/name"), value_at(*object(rendered(next), "Job"), "/metadata/name"));
}

TEST(Render, TheDefaultNamespaceIsNeverOurs) {
  EXPECT_EQ(object(rendered(minimal()), "Namespace"), nullptr);
  ReleaseOptions own = airline();
  EXPECT_NE(object(rendered(own), "Namespace"), nullptr);
  own.create_namespace = false;
  EXPECT_EQ(object(rendered(own), "Namespace"), nullptr);
}

}  // namespace
}  // namespace mlopsctl::k8s
