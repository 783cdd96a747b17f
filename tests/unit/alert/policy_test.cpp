#include "pipeline/alert/policy.hpp"

#include <gtest/gtest.h>

#include "tests/unit/alert/alerts.hpp"

namespace mlopsctl::alert {
namespace {

constexpr auto hour = std::chrono::hours(1);

// One channel's memory, told what is found as time goes by.
struct Channelled {
  Policy policy{{"gate", "drift"}, true, 86400, 0};
  Json memory;
  TimePoint now = *from_rfc3339("2026-01-31T08:15:00Z");
  int unchanged = 0;

  // The titles of what is sent now.
  std::vector<std::string> told(const std::vector<Alert>& alerts) {
    unchanged = take_in(alerts, policy, now, memory);
    std::vector<std::string> titles;
    const auto messages = due(memory, policy, now);
    for (const Message& message : *messages) titles.push_back(message.title());
    if (!titles.empty()) memory["waiting"] = Json::array();
    return titles;
  }
};
using Titles = std::vector<std::string>;

TEST(Policy, TellsOnceThenAgainAfterATimeThenThatItIsOver) {
  Channelled channel;
  EXPECT_EQ(channel.told({an_alert()}), Titles{"airline: the gate judge says fail"});
  EXPECT_EQ(channel.told({an_alert()}), Titles{});
  EXPECT_EQ(channel.unchanged, 1);
  channel.now += 23 * hour;
  EXPECT_EQ(channel.told({an_alert()}), Titles{});
  channel.now += hour;
  EXPECT_EQ(channel.told({an_alert()}), Titles{"airline: the gate judge says fail"});
  EXPECT_EQ(channel.told({an_alert("pass", {})}), Titles{"airline: resolved, the gate judge passes again"});
  EXPECT_EQ(channel.told({an_alert("pass", {})}), Titles{});
}

TEST(Policy, AnotherFaultOfTheSameStageIsNews) {
  Channelled channel;
  (void)channel.told({an_alert()});
  EXPECT_EQ(channel.told({an_alert("inconclusive", {"accuracy >= 0.83"})}), Titles{"airline: the gate judge says inconclusive"});
  EXPECT_EQ(channel.told({an_alert("inconclusive", {"accuracy >= 0.83", "macro_f1 >= 0.7"})}), Titles{"airline: the gate judge says inconclusive"});
}

TEST(Policy, WhatPassesFromTheFirstIsNoNews) {
  Channelled channel;
  EXPECT_EQ(channel.told({an_alert("pass", {})}), Titles{});
}

TEST(Policy, KeepsToItsSourcesAndSwitches) {
  Channelled channel;
  channel.policy = {{"drift"}, false, 0, 0};
  EXPECT_EQ(channel.told({an_alert()}), Titles{});
  Alert drift = an_alert("warn", {"text length"});
  drift.source = "drift";
  drift.stage = "watch";
  EXPECT_EQ(channel.told({drift}), Titles{"airline: the drift check watch says warn"});
  channel.now += 1000 * hour;
  EXPECT_EQ(channel.told({drift}), Titles{});  // repeat: 0
  drift.outcome = "pass";
  EXPECT_EQ(channel.told({drift}), Titles{});  // resolved: false
}

TEST(Policy, ADigestCollectsThenTellsAllAtOnce) {
  Channelled channel;
  channel.policy.digest = 3600;
  EXPECT_EQ(channel.told({an_alert()}), Titles{});
  channel.now += std::chrono::minutes(30);
  EXPECT_EQ(channel.told({an_alert("pass", {})}), Titles{});
  channel.now += std::chrono::minutes(30);
  EXPECT_EQ(channel.told({}), (Titles{"airline: the gate judge says fail", "airline: resolved, the gate judge passes again"}));
  EXPECT_EQ(channel.told({}), Titles{});
}

TEST(Policy, AServerThatIsAwayForeverDoesNotFillTheDisk) {
  Channelled channel;
  for (int i = 0; i < 250; ++i) take_in({an_alert("fail", {"check " + std::to_string(i)})}, channel.policy, channel.now, channel.memory);
  EXPECT_EQ(channel.memory["waiting"].size(), 100U);
  EXPECT_EQ(channel.memory["waiting"].back()["checks"][0], "check 249");
}

}  // namespace
}  // namespace mlopsctl::alert
