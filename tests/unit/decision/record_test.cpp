#include "pipeline/decision/record.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace mlopsctl::decision {
namespace {

const SigningKey ours = *SigningKey::parse("ed25519-secret:" + std::string(64, '1'), "ours");
const SigningKey theirs = *SigningKey::parse("ed25519-secret:" + std::string(64, '2'), "theirs");
const std::vector<PublicKey> trusted = {ours.public_key()};
const std::string model = "sha256:" + std::string(64, 'a'), other_model = "sha256:" + std::string(64, 'b');
const Json params = {{"champion", nullptr}, {"gate", {{"accuracy", {{"min", 0.83}}}}}};

Json with(const char* gate) { return {{"champion", nullptr}, {"gate", Json::parse(gate)}}; }

Record decided(const std::string& outcome = "pass", const SigningKey& key = ours) {
  const Json statement = {{"kind", "gate"},
                          {"stage", "judge"},
                          {"model", model},
                          {"params", params},
                          {"verdict", {{"outcome", outcome}, {"checks", {{{"outcome", outcome}, {"detail", "accuracy is 0.79, the floor 0.83"}}}}}}};
  return *sign(statement, key, "judge.json");
}
std::string said(const Status& status) { return status ? "yes" : status.error().message; }
std::string asked(const Record& record, const Demand& demand = {model, {{"judge", params}}}) { return said(grants({record}, demand, trusted)); }

TEST(Record, GrantsWhatItIsAbout) {
  EXPECT_EQ(asked(decided()), "yes");
  EXPECT_EQ(asked(decided(), {model, {}}), "yes");
}

TEST(Record, SurvivesItsFile) {
  const auto again = parse_record(to_text(decided()), "judge.json");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(asked(*again), "yes");
}

TEST(Record, ChangedAfterSigningIsRefused) {
  Record record = decided("fail");
  record.statement["verdict"]["outcome"] = "pass";
  EXPECT_EQ(asked(record), "judge.json is not what was signed: it was changed, or " + ours.public_key().str() + " did not sign it");
  record = decided();
  record.statement["params"]["gate"]["accuracy"]["min"] = 0.5;  // the threshold
  EXPECT_EQ(asked(record), "judge.json is not what was signed: it was changed, or " + ours.public_key().str() + " did not sign it");
  record = decided("pass", theirs);
  record.key = ours.public_key();  // under our name
  EXPECT_EQ(asked(record), "judge.json is not what was signed: it was changed, or " + ours.public_key().str() + " did not sign it");
}

TEST(Record, OfAnotherKeyIsRefused) {
  EXPECT_EQ(asked(decided("pass", theirs)),
            "judge.json is signed with " + theirs.public_key().str() + ", which is not trusted; trusted: " + ours.public_key().str());
}

TEST(Record, AboutAnotherModelIsRefused) {
  EXPECT_EQ(asked(decided(), {other_model, {{"judge", params}}}), "judge.json is about the model " + model + ", not " + other_model);
  EXPECT_EQ(said(grants({decided(), decided()}, {other_model, {{"judge", params}}}, trusted)),
            "there is no decision record by the gate judge about the model " + other_model);
  EXPECT_EQ(said(grants({}, {model, {}}, trusted)), "there is no decision record about the model " + model);
}

TEST(Record, UnderAnotherThresholdIsRefused) {
  EXPECT_EQ(asked(decided(), {model, {{"judge", with(R"({"accuracy": {"min": 0.9}})")}}}),
            "judge.json was decided with gate.accuracy.min 0.83; the pipeline asks for 0.9");
  EXPECT_EQ(asked(decided(), {model, {{"judge", with(R"({"accuracy": {"min": 0.83}, "macro_f1": {"min": 0.7}})")}}}),
            "judge.json was decided with gate.macro_f1 nothing; the pipeline asks for {\"min\":0.7}");
}

TEST(Record, OfAGateThatSaidNoIsRefused) {
  EXPECT_EQ(asked(decided("fail")), "the gate judge said fail: accuracy is 0.79, the floor 0.83 (judge.json)");
  EXPECT_EQ(asked(decided("inconclusive")), "the gate judge said inconclusive: accuracy is 0.79, the floor 0.83 (judge.json)");
}

// The same gate at another time.
Record at(const char* time, const std::string& outcome, const SigningKey& key = ours, const Json& with_params = params) {
  Record record = decided(outcome, key);
  Json statement = record.statement;
  statement.update({{"time", time}, {"params", with_params}});
  return *sign(statement, key, std::string(time) + ".json");
}

TEST(Record, TheNewestDecides) {
  const auto asked_of = [](std::vector<Record> records, const Demand& demand) {
    newest_first(records);
    return said(grants(records, demand, trusted));
  };
  const std::string no = "the gate judge said fail: accuracy is 0.79, the floor 0.83 (2026-02.json)";
  for (const Demand& demand : {Demand{model, {{"judge", params}}}, Demand{model, {}}}) {
    EXPECT_EQ(asked_of({at("2026-01", "pass"), at("2026-02", "fail")}, demand), no);
    EXPECT_EQ(asked_of({at("2026-01", "fail"), at("2026-02", "pass")}, demand), "yes");
    EXPECT_EQ(asked_of({at("2026-01", "pass"), at("2026-02", "fail", theirs)}, demand), "yes");  // a stranger's no is none
    Record changed = at("2026-02", "fail");
    changed.statement["verdict"]["outcome"] = "inconclusive";
    EXPECT_EQ(asked_of({at("2026-01", "pass"), changed}, demand),
              "2026-02.json is not what was signed: it was changed, or " + ours.public_key().str() + " did not sign it");
  }
  // What was decided under thresholds that the pipeline no longer has says nothing.
  EXPECT_EQ(asked_of({at("2026-01", "pass"), at("2026-02", "fail", ours, with(R"({"accuracy": {"min": 0.9}})"))}, {model, {{"judge", params}}}), "yes");
}

TEST(Record, EveryGateMustHavePassed) {
  EXPECT_EQ(asked(decided(), {model, {{"judge", params}, {"slices", params}}}), "there is no decision record by the gate slices about the model " + model);
}

TEST(Record, AnOverrideGrantsNothing) {
  const auto record = *sign({{"kind", "override"}, {"model", model}}, ours, "override.json");
  EXPECT_EQ(asked(record, {model, {}}), "there is no decision record about the model " + model);
}

TEST(Record, NumbersThatJsonDoesNotKnowBecomeNull) {
  const auto record = sign({{"measured", std::numeric_limits<double>::quiet_NaN()}}, ours, "x");
  ASSERT_TRUE(record.ok());
  EXPECT_TRUE(record->statement["measured"].is_null());
  EXPECT_EQ(said(check(*record, trusted)), "yes");
}

TEST(Record, WhatIsNoneIsTold) {
  const auto fault = [](const std::string& text) { return parse_record(text, "x.json").error().message; };
  EXPECT_EQ(fault("{}"), "x.json is not a decision record: it has no statement");
  EXPECT_EQ(fault(R"({"statement": {"format": "mlopsctl-decision-2"}})"),
            "x.json is not a decision record: its format is \"mlopsctl-decision-2\", expected \"mlopsctl-decision-1\"");
  EXPECT_EQ(fault(R"({"statement": {"format": "mlopsctl-decision-1"}})"), "x.json is not a decision record: its signature has no algorithm");
  EXPECT_EQ(fault(R"({"statement": {"format": "mlopsctl-decision-1"}, "signature": {"algorithm": "none", "key": "", "value": ""}})"),
            "x.json is not a decision record: its signature is \"none\", expected \"ed25519\"");
}

}  // namespace
}  // namespace mlopsctl::decision
