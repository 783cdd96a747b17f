#include "pipeline/k8s/watch.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/errors.hpp"
#include "tests/support/scripted_cluster.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre, ::testing::Each, ::testing::Ge;
using testing::query_of, testing::ScriptedCluster;

Json pod(const std::string& name, const std::string& version) {
  return {{"kind", "Pod"}, {"apiVersion", "v1"}, {"metadata", {{"name", name}, {"namespace", "shop"}, {"uid", "uid-" + name}, {"resourceVersion", version}}}};
}
std::string event(const std::string& type, const Json& object) { return canonical({{"type", type}, {"object", object}}) + "\n"; }
std::string error_event(int code) {
  return event("ERROR", {{"kind", "Status"}, {"code", code}, {"reason", "Expired"}, {"message", "too old resource version"}});
}
Json page(const std::vector<Json>& items, const std::string& version, const std::string& more = {}) {
  return {{"items", items}, {"metadata", {{"resourceVersion", version}, {"continue", more}}}};
}

// What follow() told, one word a change: "+a", "-a", "=".
struct Story {
  ScriptedCluster cluster;
  std::vector<std::string> told, why;
  size_t enough = 100;
  std::function<void(size_t watches)> before_watch;

  // Lists and watches are answered in turn.
  Status run(std::vector<Result<Reply>> lists, std::vector<Result<Reply>> watches) {
    cluster.answer = [lists, watches, listed = size_t{0}, watched = size_t{0}, this](const Call& call) mutable -> Result<Reply> {
      if (query_of(call, "watch").empty()) return listed < lists.size() ? lists[listed++] : cluster_error("no more lists");
      if (before_watch) before_watch(watched);
      return watched < watches.size() ? watches[watched++] : Result<Reply>(ScriptedCluster::refused(404, "NotFound", "the end of the story"));
    };
    WatchOptions options;
    options.name_space = "shop";
    options.interrupted = [this](const std::string& text) { why.push_back(text); };
    return follow(cluster, resources::pods, options, [this](Change change, const Json& object) -> Result<bool> {
      const std::string name = text_at(at(object, "metadata", "name"));
      told.push_back(change == Change::all ? "=" : (change == Change::present ? "+" : "-") + name);
      return told.size() < enough;
    });
  }
};

Reply stream_of(const std::string& body) { return {200, body, {}, {}}; }

TEST(Watch, ListsPageByPageAndGoesOnFromThere) {
  Story story;
  const auto ended = story.run({ScriptedCluster::ok(page({pod("a", "1"), pod("b", "2")}, "5", "token")), ScriptedCluster::ok(page({pod("c", "3")}, "5"))},
                               {stream_of(event("MODIFIED", pod("b", "6")) + event("BOOKMARK", pod("", "8")) + event("DELETED", pod("a", "9")))});
  EXPECT_THAT(story.told, ElementsAre("+a", "+b", "+c", "=", "+b", "-a"));
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().message, "watch pods: HTTP 404 NotFound: the end of the story");
  EXPECT_EQ(query_of(story.cluster.calls[1], "continue"), "token");
  EXPECT_EQ(query_of(story.cluster.calls[2], "resourceVersion"), "5");
  EXPECT_EQ(query_of(story.cluster.calls[2], "allowWatchBookmarks"), "true");
  EXPECT_EQ(query_of(story.cluster.calls[3], "resourceVersion"), "9");
}

TEST(Watch, GoesOnFromABookmark) {
  Story story;
  const auto ended = story.run({ScriptedCluster::ok(page({}, "5"))}, {stream_of(event("BOOKMARK", pod("", "70")))});
  EXPECT_FALSE(ended.ok());
  EXPECT_EQ(query_of(story.cluster.calls[2], "resourceVersion"), "70");
  EXPECT_TRUE(story.why.empty());
  EXPECT_TRUE(story.cluster.manual_clock.pauses.empty());
}

TEST(Watch, StopsWhenItIsEnough) {
  Story story;
  story.enough = 2;
  EXPECT_TRUE(story.run({ScriptedCluster::ok(page({pod("a", "1"), pod("b", "2"), pod("c", "3")}, "5"))}, {}).ok());
  EXPECT_THAT(story.told, ElementsAre("+a", "+b"));
  Story later;
  later.enough = 2;
  EXPECT_TRUE(later.run({ScriptedCluster::ok(page({}, "5"))}, {stream_of(event("ADDED", pod("a", "6")) + event("ADDED", pod("b", "7")))}).ok());
  EXPECT_THAT(later.told, ElementsAre("=", "+a"));
}

TEST(Watch, ListsAgainWhenItsVersionIsTooOldAndSaysWhatWentMeanwhile) {
  for (const bool as_event : {true, false}) {  // the API server sends 200 and an event; what stands between may send 410
    Story story;
    const auto ended =
        story.run({ScriptedCluster::ok(page({pod("a", "1"), pod("b", "2")}, "5")), ScriptedCluster::ok(page({pod("b", "2"), pod("c", "8")}, "9"))},
                  {as_event ? stream_of(error_event(410)) : ScriptedCluster::refused(410, "Expired", "too old resource version")});
    EXPECT_FALSE(ended.ok());
    EXPECT_THAT(story.told, ElementsAre("+a", "+b", "=", "+b", "+c", "-a", "="));
    EXPECT_EQ(query_of(story.cluster.calls[3], "resourceVersion"), "9");
    EXPECT_THAT(story.why, ElementsAre("watch pods: HTTP 410 Expired: too old resource version"));
    EXPECT_TRUE(story.cluster.manual_clock.pauses.empty());
  }
}

TEST(Watch, WaitsLongerEachTimeItIsCutOff) {
  Story story;
  const Error cut = cluster_error("connection reset");
  const auto ended = story.run({ScriptedCluster::ok(page({}, "5"))}, {cut, cut, cut, stream_of(event("ADDED", pod("a", "6"))), cut});
  EXPECT_FALSE(ended.ok());
  EXPECT_THAT(story.told, ElementsAre("=", "+a"));
  const auto& pauses = story.cluster.manual_clock.pauses;
  ASSERT_EQ(pauses.size(), 4U);
  EXPECT_THAT(pauses[0].count(), ::testing::AllOf(Ge(800), ::testing::Lt(1600)));
  EXPECT_THAT(pauses[1].count(), ::testing::AllOf(Ge(1600), ::testing::Lt(3200)));
  EXPECT_THAT(pauses[2].count(), ::testing::AllOf(Ge(3200), ::testing::Lt(6400)));
  EXPECT_THAT(pauses[3].count(), ::testing::AllOf(Ge(800), ::testing::Lt(1600)));  // it had worked in between
}

TEST(Watch, WaitsAsLongAsTheServerAsks) {
  Story story;
  Reply busy = ScriptedCluster::refused(429, "TooManyRequests");
  busy.refusal->retry_after = 7;
  EXPECT_FALSE(story.run({ScriptedCluster::ok(page({}, "5"))}, {busy}).ok());
  EXPECT_THAT(story.cluster.manual_clock.pauses, ElementsAre(milliseconds(7000)));
}

TEST(Watch, ListsAgainAfterSilence) {
  Story story;
  Error silent = cluster_error("nothing came");
  silent.kind = ErrorKind::timeout;
  EXPECT_FALSE(story.run({ScriptedCluster::ok(page({}, "500")), ScriptedCluster::ok(page({}, "7"))}, {silent}).ok());
  EXPECT_EQ(query_of(story.cluster.calls.back(), "resourceVersion"), "7");
}

TEST(Watch, AListThatFailsIsTriedAgainUnlessItIsForGood) {
  Story story;
  EXPECT_FALSE(
      story.run({ScriptedCluster::refused(500, "InternalError", "etcd"), cluster_error("reset"), ScriptedCluster::ok(page({pod("a", "1")}, "5"))}, {}).ok());
  EXPECT_THAT(story.told, ElementsAre("+a", "="));
  EXPECT_THAT(story.why, ElementsAre("list pods: HTTP 500 InternalError: etcd", "reset"));
  Story forbidden;
  const auto ended = forbidden.run({ScriptedCluster::refused(403, "Forbidden", "no")}, {});
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().message, "list pods: HTTP 403 Forbidden: no");
  EXPECT_EQ(forbidden.cluster.calls.size(), 1U);
}

TEST(Watch, WhatIsNoEventEndsTheWatchNotTheProgram) {
  Story story;
  EXPECT_FALSE(story.run({ScriptedCluster::ok(page({}, "5"))}, {stream_of("<html>\n"), stream_of(event("ADDED", pod("a", "6")))}).ok());
  EXPECT_THAT(story.told, ElementsAre("=", "+a"));
  EXPECT_EQ(story.why[0], "the watch sent something that is no event");
}

TEST(Lines, AreBounded) {
  std::vector<std::string> got;
  Lines lines(10);
  const auto take = [&](std::string_view line) { return got.emplace_back(line), Status(); };
  EXPECT_TRUE(lines.add("one\ntw", take).ok());
  EXPECT_TRUE(lines.add("o\n\nthree", take).ok());
  EXPECT_THAT(got, ElementsAre("one", "two", ""));
  EXPECT_TRUE(lines.add("45678", take).ok());
  const auto over = lines.add("9", take);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().message, "a line of the stream is longer than 10 bytes");
}

}  // namespace
}  // namespace mlopsctl::k8s
