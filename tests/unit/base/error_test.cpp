#include "pipeline/base/error.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/error_json.hpp"

namespace mlopsctl {
namespace {

TEST(Nearest, SuggestsTypingErrorsOnly) {
  const std::vector<std::string> names = {"train", "test", "validation"};
  EXPECT_EQ(nearest("tarin", names), "train");
  EXPECT_EQ(nearest("validaton", names), "validation");
  EXPECT_EQ(nearest("tset", names), "test");
  EXPECT_EQ(nearest("deploy", names), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

TEST(ExitCode, IsThePublishedContract) {
  EXPECT_EQ(exit_code(ErrorKind::usage), 2);
  EXPECT_EQ(exit_code(ErrorKind::config), 2);
  EXPECT_EQ(exit_code(ErrorKind::stage), 3);
  EXPECT_EQ(exit_code(ErrorKind::cluster), 4);
  EXPECT_EQ(exit_code(ErrorKind::timeout), 5);
  EXPECT_EQ(exit_code(ErrorKind::refused), 1);
  EXPECT_EQ(exit_code(ErrorKind::interrupted), 130);
}

TEST(ErrorJson, ComesBackWhole) {
  Error error = config_error("expected a number, got \"fast\"").note("while reading").with_hint("use 0.001");
  error.span = SourceSpan{"pipeline.yaml", 14, 13, 4, "        lr: fast"};
  error.field = "stages.train.lr";
  error.also.push_back(stage_error("another"));
  const Error back = error_from_json(to_json(error));
  EXPECT_EQ(to_json(back), to_json(error));
  EXPECT_EQ(back.kind, ErrorKind::config);
  EXPECT_EQ(back.also[0].message, "another");
  EXPECT_EQ(to_json(error)["exit_code"], 2);
}

TEST(ErrorJson, WhatCannotBeReadIsSaid) {
  const Error error = error_from_json(Json{{"kind", "stage"}, {"message", "m"}});
  EXPECT_EQ(error.kind, ErrorKind::internal);
  EXPECT_EQ(error.message.rfind("m; part of this error could not be read back: ", 0), 0u) << error.message;
}

TEST(Join, KeepsTheOrderAndFlattens) {
  Error second = config_error("2");
  second.also.push_back(config_error("3"));
  const Error all = join({config_error("1"), std::move(second), config_error("4")});
  EXPECT_EQ(all.message, "1");
  ASSERT_EQ(all.also.size(), 3u);
  EXPECT_EQ(all.also[0].message + all.also[1].message + all.also[2].message, "234");
  EXPECT_TRUE(all.also[0].also.empty());
}

TEST(Json, IsStrictAndCanonical) {
  EXPECT_EQ(parse_json("{\"a\":1,\"a\":2}", "f").error().message, "f: key \"a\" appears twice in one object");
  EXPECT_FALSE(parse_json("{} x", "f").ok());
  EXPECT_FALSE(parse_json(std::string(100, '[') + std::string(100, ']'), "f").ok());
  EXPECT_EQ(canonical(Json{{"b", 1}, {"a", "\xff"}}), "{\"a\":\"\xEF\xBF\xBD\",\"b\":1}");
}

TEST(Time, IsWrittenForMachinesAndForPeople) {
  EXPECT_EQ(rfc3339(TimePoint(std::chrono::milliseconds(1769847300123))), "2026-01-31T08:15:00.123Z");
  EXPECT_EQ(human_duration(0.004), "4 ms");
  EXPECT_EQ(human_duration(0.8), "0.8 s");
  EXPECT_EQ(human_duration(12.4), "12 s");
  EXPECT_EQ(human_duration(200), "3 min 20 s");
  EXPECT_EQ(human_duration(59.6), "1 min 0 s");
  EXPECT_EQ(human_duration(7500), "2 h 5 min");
}

}  // namespace
}  // namespace mlopsctl
