#include <gmock/gmock.h>

#include <thread>

#include "pipeline/k8s/lease.hpp"
#include "pipeline/k8s/objects.hpp"
#include "pipeline/k8s/watch.hpp"
#include "tests/support/real_cluster.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre, ::testing::HasSubstr, ::testing::UnorderedElementsAre;

class ClientOnCluster : public testing::RealCluster {
 protected:
  Json pod(const std::string& name, const Json& spec) const {
    return {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", name}, {"namespace", name_space_}}}, {"spec", spec}};
  }
  // Follows the pods until this one fits.
  Json wait_for_pod(const std::string& name, const std::function<bool(const Json&)>& fits) {
    Json found;
    WatchOptions options;
    options.name_space = name_space_;
    const auto done = follow(cluster(), resources::pods, options, [&](Change change, const Json& object) -> Result<bool> {
      const bool fit = change == Change::present && at(object, "metadata", "name") == name && fits(object);
      if (fit) found = object;
      return !fit;
    });
    EXPECT_TRUE(done.ok()) << done.error().message;
    return found;
  }
};

TEST_F(ClientOnCluster, AppliesAndAppliesAgainWithoutAChange) {
  const auto first = apply(cluster(), config_map("a", {{"x", "1"}}), {});
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_TRUE(first->created);
  const Json again = applied(config_map("a", {{"x", "1"}}));
  EXPECT_EQ(at(again, "metadata", "resourceVersion"), at(first->object, "metadata", "resourceVersion"));
  const Json dry = applied(config_map("a", {{"y", "2"}}), {.dry_run = true});
  EXPECT_EQ(at(dry, "data"), (Json{{"y", "2"}}));  // what we said before and do not say now goes away
  const auto there = get(cluster(), ref(resources::config_maps, name_space_, "a"));
  ASSERT_TRUE(there.ok());
  EXPECT_EQ(at(**there, "data"), (Json{{"x", "1"}}));
  const auto none = get(cluster(), ref(resources::config_maps, name_space_, "b"));
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(*none);
}

TEST_F(ClientOnCluster, NamesWhoOwnsAField) {
  applied(config_map("a", {{"x", "1"}}));
  ASSERT_FALSE(apply_as("somebody-else", ref(resources::config_maps, name_space_, "a"), config_map("a", {{"x", "2"}})));
  const auto conflict = apply(cluster(), config_map("a", {{"x", "3"}}), {});
  ASSERT_TRUE(conflict.ok()) << conflict.error().message;
  ASSERT_TRUE(conflict->refusal);
  EXPECT_TRUE(conflict->refusal->owned());
  EXPECT_FALSE(conflict->refusal->stale());
  EXPECT_EQ(to_error(*conflict->refusal, "apply ConfigMap a").message, "apply ConfigMap a: .data.x belongs to somebody-else");
  EXPECT_EQ(at(applied(config_map("a", {{"x", "3"}}), {.force = true}), "data", "x"), "3");
}

TEST_F(ClientOnCluster, TellsAStaleVersionFromAnOwnedField) {
  Json old = applied(config_map("a", {{"x", "1"}}));
  ASSERT_FALSE(apply_as("somebody-else", ref(resources::config_maps, name_space_, "a"), config_map("a", {{"y", "2"}})));
  old["data"]["x"] = "3";
  const auto replaced = replace(cluster(), old);
  ASSERT_TRUE(replaced.ok());
  EXPECT_TRUE(replaced->refusal->stale());
  Json with_version = config_map("a", {{"x", "3"}});
  with_version["metadata"]["resourceVersion"] = at(old, "metadata", "resourceVersion");
  const auto refused = apply(cluster(), with_version, {});
  ASSERT_TRUE(refused.ok());
  EXPECT_TRUE(refused->refusal->stale());
}

TEST_F(ClientOnCluster, LeavesReplicasToWhoScalesThem) {
  applied(deployment("web", 0));
  const ObjectRef web = ref(resources::deployments, name_space_, "web");
  ASSERT_FALSE(apply_as("hpa", web, {{"spec", {{"replicas", 1}}}}, "scale"));
  const auto conflict = apply(cluster(), deployment("web", 0), {});
  ASSERT_TRUE(conflict.ok());
  ASSERT_TRUE(conflict->refusal && conflict->refusal->owned());
  const auto owner = conflict->refusal->owners().at(0);
  EXPECT_EQ(owner.field, ".spec.replicas");
  EXPECT_EQ(owner.manager, "hpa");
  EXPECT_EQ(owner.via, "subresource scale");
  Json without = deployment("web", 0);
  without["spec"].erase("replicas");
  EXPECT_EQ(at(applied(without), "spec", "replicas"), 1);
}

TEST_F(ClientOnCluster, RefusesWhatTheServerDoesNotKnow) {
  Json wrong = deployment("web", 0);
  wrong["spec"]["replica"] = 3;
  const auto refused = apply(cluster(), wrong, {});
  ASSERT_TRUE(refused.ok()) << refused.error().message;
  ASSERT_TRUE(refused->refusal);
  EXPECT_THAT(refused->refusal->message, HasSubstr(".spec.replica: field not declared in schema"));
  applied(deployment("web", 0));
  Json other = deployment("web", 0);
  other["spec"]["selector"]["matchLabels"]["app"] = other["spec"]["template"]["metadata"]["labels"]["app"] = "other";
  const auto immutable = apply(cluster(), other, {.dry_run = true});
  ASSERT_TRUE(immutable.ok());
  EXPECT_EQ(immutable->refusal->status, 422);
  EXPECT_EQ(to_error(*immutable->refusal, "apply").hint, "such a field needs a new object: delete the old one, or choose another name");
}

TEST_F(ClientOnCluster, ListsPageByPage) {
  for (int i = 0; i < 7; ++i) applied(config_map("c" + std::to_string(i), {}));
  std::vector<std::string> names;
  const auto version = list(cluster(), resources::config_maps, {name_space_, "", "metadata.name!=kube-root-ca.crt", 3},
                            [&](Json& object) { names.push_back(at(object, "metadata", "name")); });
  ASSERT_TRUE(version.ok()) << version.error().message;
  EXPECT_THAT(names, UnorderedElementsAre("c0", "c1", "c2", "c3", "c4", "c5", "c6"));
}

TEST_F(ClientOnCluster, FollowsWhatHappens) {
  applied(config_map("a", {{"x", "1"}}));
  std::vector<std::string> story;
  Api watching = cluster().clone();
  WatchOptions options;
  options.name_space = name_space_;
  options.field_selector = "metadata.name!=kube-root-ca.crt";
  const auto done = follow(watching, resources::config_maps, options, [&](Change change, const Json& object) -> Result<bool> {
    const std::string name = text_at(at(object, "metadata", "name"));
    story.push_back(change == Change::all ? "=" : (change == Change::present ? "+" : "-") + name);
    if (change == Change::all) applied(config_map("b", {}));
    if (story.back() == "+b") applied(config_map("a", {{"x", "2"}}));
    if (story.back() == "+a" && at(object, "data", "x") == "2") static_cast<void>(remove(cluster(), ref(resources::config_maps, name_space_, "a")));
    return story.back() != "-a";
  });
  EXPECT_TRUE(done.ok()) << done.error().message;
  EXPECT_THAT(story, ElementsAre("+a", "=", "+b", "+a", "-a"));
}

TEST_F(ClientOnCluster, KnowsWhatItMayDo) {
  Api dev = connect("dev");
  const std::vector<AccessQuestion> questions{{"patch", &resources::deployments, name_space_}, {"create", &resources::nodes, ""}};
  const auto no = may_we(dev, questions);
  ASSERT_TRUE(no.ok()) << no.error().message;
  EXPECT_FALSE(no->at(0).allowed || no->at(1).allowed);
  const auto yes = may_we(cluster(), questions);
  ASSERT_TRUE(yes.ok());
  EXPECT_TRUE(yes->at(0).allowed && yes->at(1).allowed);
  const auto refused = get(dev, ref(resources::config_maps, name_space_, "a"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::cluster);
  EXPECT_EQ(refused.error().message, "get ConfigMap " + name_space_ +
                                         "/a: HTTP 403 Forbidden: configmaps \"a\" is forbidden: User \"dev\" cannot get resource "
                                         "\"configmaps\" in API group \"\" in the namespace \"" +
                                         name_space_ + "\"");
}

TEST_F(ClientOnCluster, OfTwoOnlyOneHoldsTheLeaseHoweverWrongTheirClocks) {
  testing::WrongClock fast(seconds(3600));
  Api other = connect("admin", fast, cancel_);
  auto first = Lease::acquire(cluster(), {name_space_, "web", "ann", seconds(3)});
  ASSERT_TRUE(first.ok()) << first.error().message;
  std::atomic<bool> stop = false;
  std::thread at_work([&] {
    while (!stop) {
      EXPECT_TRUE(first->check().ok());
      clock_.pause(std::chrono::milliseconds(100), cancel_);
    }
  });
  LeaseOptions options{name_space_, "web", "bob", seconds(3)};
  options.look = std::chrono::milliseconds(100);
  const auto second = Lease::acquire(other, options);
  stop = true;
  at_work.join();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "the Lease " + name_space_ + "/web is held by ann, who is at work");
  // Now ann is gone without a word.
  const auto third = Lease::acquire(other, options);
  ASSERT_TRUE(third.ok()) << third.error().message;
  EXPECT_EQ(third->fence(), 2);
  EXPECT_FALSE(first->check().ok());
}

TEST_F(ClientOnCluster, ReadsLogsAndEvents) {
  const auto ends = create(
      cluster(),
      pod("ends",
          {{"restartPolicy", "Never"},
           {"containers", Json::array({{{"name", "c"}, {"image", "registry.test/web:v1"}, {"env", Json::array({{{"name", "EXIT"}, {"value", "7"}}})}}})}}));
  ASSERT_TRUE(ends.ok() && !ends->refusal) << (ends.ok() ? ends->refusal->message : ends.error().message);
  wait_for_pod("ends", [](const Json& object) { return at(object, "status", "phase") == "Failed"; });
  const auto log = last_lines(cluster(), ref(resources::pods, name_space_, "ends"), "c", 5);
  ASSERT_TRUE(log.ok()) << log.error().message;
  EXPECT_EQ(*log, "web: told to end with code 7\n");
  std::string followed;
  EXPECT_TRUE(follow_log(cluster(), ref(resources::pods, name_space_, "ends"), "c", [&](std::string_view bytes) { return followed += bytes, Status(); }).ok());
  EXPECT_EQ(followed, *log);

  const auto nowhere = create(
      cluster(), pod("nowhere", {{"nodeSelector", {{"disk", "gold"}}}, {"containers", Json::array({{{"name", "c"}, {"image", "registry.test/web:v1"}}})}}));
  ASSERT_TRUE(nowhere.ok() && !nowhere->refusal);
  const Json waiting = wait_for_pod("nowhere", [](const Json& object) { return !at(object, "status", "conditions").empty(); });
  const std::string uid = at(waiting, "metadata", "uid");
  std::vector<EventNote> notes;
  WatchOptions events;
  events.name_space = name_space_;
  events.field_selector = "involvedObject.uid=" + uid;
  ASSERT_TRUE(follow(cluster(), resources::events, events, [](Change change, const Json&) -> Result<bool> { return change != Change::present; }).ok());
  const auto found = events_of(cluster(), name_space_, uid);
  ASSERT_TRUE(found.ok()) << found.error().message;
  ASSERT_FALSE(found->empty());
  EXPECT_EQ(found->front().reason, "FailedScheduling");
  EXPECT_TRUE(record_event(cluster(), waiting, "Normal", "Noted", "we were here").ok());
  const auto more = events_of(cluster(), name_space_, uid);
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(std::any_of(more->begin(), more->end(), [](const EventNote& note) { return note.reason == "Noted" && note.message == "we were here"; }));
}

}  // namespace
}  // namespace mlopsctl::k8s
