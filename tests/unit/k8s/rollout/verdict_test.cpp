#include "pipeline/k8s/rollout/verdict.hpp"

#include <gmock/gmock.h>

#include "stages/serve/observe/metrics.hpp"

namespace mlopsctl::k8s {
namespace {

using Outcome = Verdict::Outcome;
constexpr double infinity = std::numeric_limits<double>::infinity();

Counts counted(int64_t requests, int64_t errors = 0, int64_t slow = 0, int64_t good = -1) {
  if (good < 0) good = requests / 2;
  return {requests, errors, {{0.5, requests - slow}, {1, requests - slow}, {infinity, requests}}, {{"bad", requests - good}, {"good", good}}};
}
Outcome outcome(const Counts& candidate, const Counts& champion, const Counts& before = {}) { return judge({candidate, champion, before, {}}, {}).outcome; }

TEST(Judge, PassesWhatDoesAsWell) {
  EXPECT_EQ(outcome(counted(2000), counted(4000)), Outcome::pass);
  EXPECT_EQ(judge({counted(2000), counted(4000), {}, {}}, {}).text(),
            "0 errors in 2000 requests (0 to 0.538 %), 1 % allowed; 0 answers after more than 1 s in 2000 requests (0 to 0.538 %), 1 % allowed; "
            "its labels differ from the old model's in 0 % of 2000 texts, 10 % allowed, 5.66 % would show");
}

TEST(Judge, FailsErrorsSlownessAndOtherLabels) {
  EXPECT_EQ(outcome(counted(2000, 100), counted(4000)), Outcome::fail);
  EXPECT_EQ(outcome(counted(2000, 0, 100), counted(4000)), Outcome::fail);
  EXPECT_EQ(outcome(counted(2000, 0, 0, 1800), counted(4000)), Outcome::fail);
  EXPECT_EQ(judge({counted(2000, 0, 0, 1800), counted(4000), {}, {}}, {}).text(),
            "its labels differ from the old model's in 40 % of 2000 texts, 10 % allowed, 5.66 % would show");
}

TEST(Judge, IsInconclusiveWhereTooLittleWasSeen) {
  EXPECT_EQ(outcome({}, {}), Outcome::inconclusive);
  EXPECT_EQ(outcome(counted(500), counted(4000)), Outcome::inconclusive);            // an error rate of 1 % could have gone unseen
  EXPECT_EQ(outcome(counted(20, 20), counted(4000)), Outcome::inconclusive);         // a hiccup at the start
  EXPECT_EQ(outcome(counted(2000), counted(100)), Outcome::inconclusive);            // of the champion
  EXPECT_EQ(outcome(counted(116, 0, 0, 78), counted(4000)), Outcome::inconclusive);  // surely others, by 17 %, but perhaps by less than 10 %
  EXPECT_EQ(outcome(counted(1160, 0, 0, 780), counted(4000)), Outcome::fail);
  EXPECT_EQ(outcome(counted(2000), {}, counted(4000)), Outcome::pass);  // which has answered before, at least
}

TEST(Judge, LooksAtWhatTheOldModelAnsweredBeforeWhereItAnswersTooLittleNow) {
  EXPECT_EQ(outcome(counted(90'000), counted(300)), Outcome::inconclusive);  // its traffic went to the new one
  EXPECT_EQ(outcome(counted(90'000), counted(300), counted(4000)), Outcome::pass);
  EXPECT_EQ(outcome(counted(90'000, 0, 0, 80'000), counted(300), counted(4000)), Outcome::fail);
  EXPECT_EQ(outcome(counted(90'000), counted(300), counted(200)), Outcome::inconclusive);
}

TEST(Judge, DoesNotBlameTheNewModelForWhatTheOldOneDoesAsWell) {
  EXPECT_EQ(outcome(counted(20'000, 1000), counted(40'000, 2000)), Outcome::inconclusive);
  EXPECT_EQ(outcome(counted(20'000, 1000), counted(40'000, 4000)), Outcome::pass);
}

TEST(Judge, NamesTheBoundThatItCountsBy) {
  const auto slow = [](double p99) {
    const Counts counts{2000, 0, {{2.5, 1900}, {5, 2000}, {infinity, 2000}}, {{"bad", 1000}, {"good", 1000}}};
    Gates gates;
    gates.p99_seconds = p99;
    return judge({counts, counts, {}, {}}, gates);
  };
  EXPECT_THAT(slow(3).text(), ::testing::HasSubstr("; 0 answers after more than 5 s in 2000 requests (0 to 0.538 %), 1 % allowed; "));
  EXPECT_EQ(slow(3).outcome, Outcome::pass);
  EXPECT_EQ(slow(40).outcome, Outcome::inconclusive);
  EXPECT_EQ(slow(40).text(), "answers after more than 40 s cannot be told apart: the metrics' longest time is 5 s");
}

TEST(Judge, AsksForNothingWhereNoRequestsAreExpected) {
  Gates gates;
  gates.traffic = false;
  EXPECT_EQ(judge({}, gates).outcome, Outcome::pass);
  EXPECT_EQ(read_gates(to_json(gates)), gates);
}

TEST(Judge, SaysThatMetricsCannotBeRead) { EXPECT_EQ(judge({{}, {}, {}, "HTTP 403 Forbidden"}, {}).text(), "its metrics cannot be read: HTTP 403 Forbidden"); }

// What our own server says is what is read.
TEST(Counts, AreReadFromTheServersMetrics) {
  serve::Metrics metrics;
  const size_t predict = metrics.add_route("POST /"), ready = metrics.add_route("GET /v2/health/ready");
  for (int i = 0; i < 3; ++i) metrics.answered(predict, 200, 0.3);
  metrics.answered(predict, 503, 4);
  metrics.answered(ready, 503, 0.001);
  const Counts counts = read_counts(metrics.text({}));
  EXPECT_EQ(counts.requests, 4);
  EXPECT_EQ(counts.errors, 1);
  EXPECT_EQ(counts.within.at(0.25), 0);
  EXPECT_EQ(counts.within.at(0.5), 3);
  EXPECT_EQ(counts.within.at(infinity), 4);
}

TEST(Counts, AreReadFromWhateverElseThereIs) {
  const Counts counts = read_counts(
      "# HELP x\nmlopsctl_predictions_total{model=\"a\\\"}b\",label=\"g\\no\"} 3\nmlopsctl_predictions_total{label=\"bad\"} 2 1700000000\n"
      "mlopsctl_predictions_total{label=\"cut\nother 7\n{} 1\nmlopsctl_requests_total 5");
  EXPECT_EQ(counts.answered, (std::map<std::string, int64_t>{{"g\no", 3}, {"bad", 2}}));
  EXPECT_EQ(counts.requests, 5);
}

TEST(Meter, CountsWhatComesInWithinAWindowThoughPodsComeAndGo) {
  Meter meter;
  meter.see("old", Meter::Role::champion, counted(1000, 10));
  meter.see("new", Meter::Role::candidate, counted(50, 1));
  meter.see("old", Meter::Role::champion, counted(1100, 10));
  EXPECT_EQ(meter.evidence().candidate, counted(50, 1));
  EXPECT_EQ(meter.evidence().champion.requests, 100);
  EXPECT_EQ(meter.evidence().champion_before.requests, 1000);
  meter.see("new", Meter::Role::candidate, counted(20));  // its container was started anew
  EXPECT_EQ(meter.evidence().candidate.requests, 70);
  meter.see("newer", Meter::Role::candidate, counted(5));
  EXPECT_EQ(meter.evidence().candidate.requests, 75);
  meter.restart(false);
  meter.see("new", Meter::Role::candidate, counted(30));
  EXPECT_EQ(meter.evidence().candidate.requests, 10);
  EXPECT_EQ(meter.evidence().champion.requests, 0);
}

// A step begins between two scrapes: what the next one adds may be of the step before.
TEST(Meter, CountsNothingOfTheWindowBeforeThoughItIsToldOfItLate) {
  Meter meter;
  meter.see("new", Meter::Role::candidate, counted(50));
  meter.restart(true);
  for (const int64_t scraped : {50, 950, 950, 1000}) meter.see("new", Meter::Role::candidate, counted(scraped));
  meter.see("newer", Meter::Role::candidate, counted(5));
  EXPECT_EQ(meter.evidence().candidate.requests, 55);
  meter.see("new", Meter::Role::candidate, counted(20));  // its container was started anew
  EXPECT_EQ(meter.evidence().candidate.requests, 75);
  meter.restart(true);
  meter.see("new", Meter::Role::candidate, counted(2));
  meter.see("new", Meter::Role::candidate, counted(3));
  EXPECT_EQ(meter.evidence().candidate.requests, 1);
}

}  // namespace
}  // namespace mlopsctl::k8s
