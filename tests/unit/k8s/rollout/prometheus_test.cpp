#include "pipeline/k8s/rollout/prometheus.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/rollout/verdict.hpp"
#include "pipeline/net/client.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/manual_clock.hpp"

namespace mlopsctl::k8s {
namespace {

using ::testing::EndsWith, ::testing::HasSubstr;

// One that gives this answer to every query.
class PrometheusTest : public ::testing::Test {
 protected:
  PrometheusTest()
      : server_([this](const testing::HttpRequest& request) -> testing::HttpReply {
          target_ = request.target;
          return {status_, {}, answer_};
        }),
        client_(once(), clock_, cancel_) {}
  static net::ClientOptions once() {
    net::ClientOptions options;
    options.tries = 1;
    return options;
  }
  Result<std::map<std::string, Counts>> ask(Prometheus prometheus = {}) {
    prometheus.url = server_.url();
    return ask_prometheus(client_, prometheus, "shop", "web");
  }

  int status_ = 200;
  std::string answer_, target_;
  testing::HttpServer server_;
  testing::ManualClock clock_;
  CancelToken cancel_;
  net::Client client_;
};

// As Prometheus 2.42 writes it.
constexpr const char* two_pods = R"({"status":"success","data":{"resultType":"vector","result":[
 {"metric":{"__name__":"mlopsctl_requests_total","namespace":"shop","pod":"web-1-a","route":"POST /predict","status":"200"},"value":[1764180000.5,"95"]},
 {"metric":{"__name__":"mlopsctl_requests_total","namespace":"shop","pod":"web-1-a","route":"POST /predict","status":"500"},"value":[1764180000.5,"5"]},
 {"metric":{"__name__":"mlopsctl_requests_total","namespace":"shop","pod":"web-1-a","route":"GET /metrics","status":"200"},"value":[1764180000.5,"9"]},
 {"metric":{"__name__":"mlopsctl_request_seconds_bucket","pod":"web-1-a","route":"POST /predict","le":"0.5"},"value":[1764180000.5,"90"]},
 {"metric":{"__name__":"mlopsctl_request_seconds_bucket","pod":"web-1-a","route":"POST /predict","le":"+Inf"},"value":[1764180000.5,"100"]},
 {"metric":{"__name__":"mlopsctl_predictions_total","pod":"web-2-b","label":"good"},"value":[1764180000.5,"7"]}]}})";

TEST_F(PrometheusTest, SaysWhatEachPodHasCounted) {
  answer_ = two_pods;
  const auto pods = ask();
  ASSERT_TRUE(pods.ok()) << pods.error().message;
  ASSERT_EQ(pods->size(), 2U);
  const Counts first{100, 5, {{0.5, 90}, {std::numeric_limits<double>::infinity(), 100}}, {}}, second{0, 0, {}, {{"good", 7}}};
  EXPECT_EQ(pods->at("web-1-a"), first);
  EXPECT_EQ(pods->at("web-2-b"), second);
  EXPECT_THAT(target_, HasSubstr("/api/v1/query?query=%7B__name__%3D~%22mlopsctl_%28requests_total%7C"));
  EXPECT_THAT(target_, HasSubstr("namespace%3D%22shop%22%2Cpod%3D~%22web%28-candidate%29%3F-"));
}

TEST_F(PrometheusTest, AsksWhatItIsTold) {
  answer_ = two_pods;
  EXPECT_TRUE(ask({"", "{job=\"x\"}", "pod", ""}).ok());
  EXPECT_EQ(target_, "/api/v1/query?query=%7Bjob%3D%22x%22%7D");
  EXPECT_THAT(ask({"", "", "kubernetes_pod", ""}).error().message, EndsWith(": a series of the query has no label kubernetes_pod"));
}

TEST_F(PrometheusTest, TakesNoPartForTheWhole) {
  answer_ = R"({"status":"success","warnings":["fetching series failed"],"data":{"resultType":"vector","result":[]}})";
  EXPECT_THAT(ask().error().message, EndsWith(" answers in part only: fetching series failed"));
  answer_ = R"({"status":"success","data":{"resultType":"matrix","result":[]}})";
  EXPECT_THAT(ask().error().message, EndsWith(": the query gives no instant vector"));
  answer_ = "<html>";
  EXPECT_THAT(ask().error().message, EndsWith(": the query gives no instant vector"));
  status_ = 400, answer_ = R"({"status":"error","errorType":"bad_data","error":"1:3: parse error"})";
  EXPECT_THAT(ask().error().message, EndsWith(": HTTP 400: 1:3: parse error"));
}

TEST_F(PrometheusTest, CountsNothingTwice) {
  const auto series = [](const std::string& labels) {
    return R"({"metric":{"__name__":"mlopsctl_requests_total","pod":"web-1-a","status":"200",)" + labels + R"(},"value":[1,"501"]})";
  };
  const auto answer = [&](const std::string& first, const std::string& second) {
    answer_ = R"({"status":"success","data":{"resultType":"vector","result":[)" + series(first) + "," + series(second) + "]}}";
    return ask();
  };
  const auto twice = answer(R"("job":"pods")", R"("job":"services")");
  ASSERT_FALSE(twice.ok());
  EXPECT_THAT(twice.error().message, EndsWith(": the pod web-1-a is scraped twice"));
  EXPECT_EQ(twice.error().hint, "narrow gates.prometheus.query to one job and one replica");
  const auto once = answer(R"("route":"POST /predict")", R"("route":"POST /v2/models/web/infer")");
  ASSERT_TRUE(once.ok()) << once.error().message;
  EXPECT_EQ(once->at("web-1-a").requests, 1002);
}

TEST_F(PrometheusTest, TakesNothingForACountThatIsNone) {
  for (const std::string value : {"NaN", "-900", "+Inf", "Inf", "1e300", "abc", "5x", ""}) {
    answer_ = R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"mlopsctl_requests_total","pod":"web-1-a"},"value":[1,")" +
              value + R"("]}]}})";
    const auto pods = ask();
    ASSERT_FALSE(pods.ok()) << value;
    EXPECT_THAT(pods.error().message, EndsWith(": expected a count, got \"" + value + "\" as mlopsctl_requests_total of the pod web-1-a"));
  }
  answer_ =
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"mlopsctl_requests_total","pod":"a"},"value":[1,"1.5e+06"]}]}})";
  EXPECT_EQ(ask()->at("a").requests, 1'500'000);
  // A query may select more than what is judged by.
  const auto other = [](const std::string& label) {
    return R"(,{"metric":{"__name__":"mlopsctl_confidence","pod":"a","stage":")" + label + R"("},"value":[1,"NaN"]})";
  };
  answer_.insert(answer_.size() - 3, other("parse") + other("score"));
  const auto pods = ask();
  ASSERT_TRUE(pods.ok()) << pods.error().message;
  EXPECT_EQ(pods->at("a").requests, 1'500'000);
}

TEST(Prometheus, IsAskedWhereItCanBe) {
  EXPECT_EQ(fault_of({"http://p:9090/?x=1", "", "pod", ""}), "expected a url without ? and #");
  EXPECT_EQ(fault_of({"http://p:9090/#x", "", "pod", ""}), "expected a url without ? and #");
  EXPECT_EQ(fault_of({"http://p:9090", "", "", ""}), "expected the name of the label that has the pod's name as pod_label, got \"\"");
  EXPECT_NE(fault_of({"", "", "pod", ""}), "");
}

TEST(Prometheus, KeepsTokensToItself) {
  EXPECT_EQ(fault_of({"http://prometheus.monitoring:9090", "", "pod", ""}), "");
  EXPECT_EQ(fault_of({"https://prometheus.example.com", "", "pod", "env:PROMETHEUS_TOKEN"}), "");
  EXPECT_EQ(fault_of({"http://prometheus.example.com", "", "pod", "env:PROMETHEUS_TOKEN"}),
            "a token is sent over https only, got http://prometheus.example.com");
  EXPECT_EQ(fault_of({"https://prometheus.example.com", "", "pod", "s3cret"}), "expected a token as env:PROMETHEUS_..., such as env:PROMETHEUS_TOKEN");
  // The cluster's journal says it, too.
  for (const char* other : {"env:GITHUB_TOKEN", "file:.pgpass", "prometheus"})
    EXPECT_EQ(fault_of({"https://prometheus.example.com", "", "pod", other}), "expected a token as env:PROMETHEUS_..., such as env:PROMETHEUS_TOKEN");
  EXPECT_NE(fault_of({"ftp://x", "", "pod", ""}), "");
}

TEST(Prometheus, TravelsWithTheGates) {
  Gates gates;
  EXPECT_FALSE(to_json(gates).contains("prometheus"));
  gates.prometheus = Prometheus{"https://prometheus.example.com", "{job=\"x\"}", "instance", "env:PROMETHEUS_TOKEN"};
  EXPECT_EQ(read_gates(to_json(gates)), gates);
}

// What nobody has seen does not pass; what was seen before may fail.
TEST(Prometheus, IsMissedWhereItSaysNothing) {
  const auto counted = [](int64_t errors) {
    return Counts{20'000, errors, {{1, 20'000}, {std::numeric_limits<double>::infinity(), 20'000}}, {{"bad", 10'000}, {"good", 10'000}}};
  };
  Evidence evidence{counted(0), counted(0), {}, {}};
  EXPECT_EQ(judge(evidence, {}).outcome, Verdict::Outcome::pass);
  evidence.missing = "Prometheus knows nothing of the pod web-2-b yet";
  EXPECT_EQ(judge(evidence, {}).outcome, Verdict::Outcome::inconclusive);
  EXPECT_EQ(judge(evidence, {}).text(), "its metrics are missing: Prometheus knows nothing of the pod web-2-b yet");
  evidence.candidate = counted(1'000);
  EXPECT_EQ(judge(evidence, {}).outcome, Verdict::Outcome::fail);
}

}  // namespace
}  // namespace mlopsctl::k8s
