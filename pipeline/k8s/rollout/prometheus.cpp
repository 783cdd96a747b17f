#include "pipeline/k8s/rollout/prometheus.hpp"

#include <charconv>
#include <cstdlib>
#include <set>

#include "pipeline/base/secret.hpp"
#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/resources.hpp"
#include "pipeline/net/client.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::k8s {

namespace {

std::optional<std::string> variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// What it says of a request that it does not answer.
Error refused(const std::string& who, const net::Response& response) {
  const Json said = Json::parse(response.body, nullptr, false);
  std::string text = who + ": HTTP " + std::to_string(response.head.status);
  if (at(said, "error").is_string()) text += ": " + text_at(at(said, "error")).substr(0, 400);
  return cluster_error(std::move(text));
}

constexpr std::string_view token_variable = "env:PROMETHEUS_";

// Digits as it writes them: "95", "1.5e+06". Nothing: no count of anything, or more than a double counts exactly.
std::optional<double> count_in(const std::string& text) {
  double value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 0x1p53)) return std::nullopt;
  return value;
}

// What our own labels say. What differs in others only, such as the job that scraped it or the replica that did, is the same once more.
std::string series_of(const Sample& sample, const std::string& pod) {
  Json series = Json::array({pod});
  for (const char* label : {"__name__", "route", "status", "le", "model", "version", "digest", "label"}) series.push_back(sample.label(label));
  return canonical(series);
}

}  // namespace

Json to_json(const Prometheus& prometheus) {
  Json json{{"url", prometheus.url}, {"pod_label", prometheus.pod}};
  if (!prometheus.query.empty()) json["query"] = prometheus.query;
  if (!prometheus.token.empty()) json["token"] = prometheus.token;
  return json;
}

Prometheus read_prometheus(const Json& json) {
  return {text_at(at(json, "url")), text_at(at(json, "query")), text_at(at(json, "pod_label"), "pod"), text_at(at(json, "token"))};
}

std::string fault_of(const Prometheus& prometheus) {
  const auto url = net::parse_url(prometheus.url);
  if (!url) return url.error().message;
  if (prometheus.url.find_first_of("?#") != std::string::npos) return "expected a url without ? and #";
  if (prometheus.pod.empty()) return "expected the name of the label that has the pod's name as pod_label, got \"\"";
  if (!prometheus.token.empty() && url->scheme != "https" && !url->is_loopback()) return "a token is sent over https only, got " + net::shown(prometheus.url);
  if (!prometheus.token.empty() && !prometheus.token.starts_with(token_variable)) return "expected a token as env:PROMETHEUS_..., such as env:PROMETHEUS_TOKEN";
  return {};
}

std::string prometheus_query(const Prometheus& prometheus, const std::string& name_space, const std::string& name) {
  if (!prometheus.query.empty()) return prometheus.query;
  return R"q({__name__=~"mlopsctl_(requests_total|request_seconds_bucket|predictions_total)",namespace=")q" + name_space + "\"," + prometheus.pod + "=~\"" +
         name + R"q((-candidate)?-[a-z0-9]+-[a-z0-9]+"})q";
}

Result<std::map<std::string, Counts>> ask_prometheus(net::Client& client, const Prometheus& prometheus, const std::string& name_space,
                                                     const std::string& name) {
  const std::string who = "Prometheus at " + net::shown(prometheus.url);
  if (const std::string fault = fault_of(prometheus); !fault.empty()) return cluster_error(who + ": " + fault);
  std::string base = prometheus.url;
  while (base.ends_with('/')) base.pop_back();
  net::Request request{"GET", base + "/api/v1/query?query=" + net::percent_encoded(prometheus_query(prometheus, name_space, name), false), {}};
  if (!prometheus.token.empty()) {
    TRY_ASSIGN(const std::string token, secret_at(prometheus.token, variable));
    request.headers.emplace_back("Authorization", "Bearer " + token);
  }
  TRY_ASSIGN(const auto response, client.send(request));
  if (response.head.status != 200) return refused(who, response);
  const Json answer = Json::parse(response.body, nullptr, false);
  if (at(answer, "data", "resultType") != "vector") return cluster_error(who + ": the query gives no instant vector");
  // A part would be judged as if it were all.
  if (const Json& warnings = at(answer, "warnings"); warnings.is_array() && !warnings.empty())
    return cluster_error(who + " answers in part only: " + text_at(warnings[0]).substr(0, 400));
  std::map<std::string, Counts> pods;
  std::set<std::string> known;
  for (const Json& series : at(answer, "data", "result")) {
    Sample sample;
    for (const auto& [key, value] : at(series, "metric").items()) sample.labels.emplace(key, text_at(value));
    sample.name = sample.label("__name__");
    const std::string pod(sample.label(prometheus.pod));
    if (sample.name.empty() || pod.empty())
      return cluster_error(who + ": a series of the query has no label " + (pod.empty() ? prometheus.pod : std::string("__name__")));
    Counts& counts = pods[pod];
    if (!is_counted(sample)) continue;
    const Json& value = at(series, "value");
    if (!value.is_array() || value.size() != 2 || !value[1].is_string()) return cluster_error(who + ": a series of the query has no value");
    const auto counted = count_in(text_at(value[1]));
    if (!counted) return cluster_error(who + ": expected a count, got \"" + text_at(value[1]) + "\" as " + sample.name + " of the pod " + pod);
    sample.value = *counted;
    if (!known.insert(series_of(sample, pod)).second)
      return cluster_error(who + ": the pod " + pod + " is scraped twice").with_hint("narrow gates.prometheus.query to one job and one replica");
    count(sample, counts);
  }
  return pods;
}

}  // namespace mlopsctl::k8s
