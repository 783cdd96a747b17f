// Prometheus as the place where counts are read from, instead of the pods themselves: for when they cannot be reached through the API server, or for
// when what has been recorded is to be what decides. One instant query (HTTP API v1) for all pods at once: what belongs together is of one moment.
#pragma once

#include <map>
#include <string>

#include "pipeline/base/json.hpp"
#include "pipeline/k8s/rollout/counts.hpp"

namespace mlopsctl::net {
class Client;
}

namespace mlopsctl::k8s {

struct Prometheus {
  std::string url;          // "http://prometheus.monitoring:9090"
  std::string query;        // instead of prometheus_query(): series with __name__ and the labels of our metrics
  std::string pod = "pod";  // the label that has the pod's name
  // Sent as a bearer token: env:PROMETHEUS_...; empty: none. No other place, for it is read out of the cluster's journal, too: whoever may write
  // there must not choose which of our secrets is sent where.
  std::string token;
  bool operator==(const Prometheus&) const = default;
};
Json to_json(const Prometheus& prometheus);
Prometheus read_prometheus(const Json& json);
// What cannot work; empty: nothing.
std::string fault_of(const Prometheus& prometheus);

// The metrics of ours that are judged by, of a Deployment's pods and its candidate's.
std::string prometheus_query(const Prometheus& prometheus, const std::string& name_space, const std::string& name);

// What each pod has counted by its last scrape, by its name. Fails (cluster) where there is no answer, or one that lacks something,
// counts something twice, or no number of requests.
Result<std::map<std::string, Counts>> ask_prometheus(net::Client& client, const Prometheus& prometheus, const std::string& name_space, const std::string& name);

}  // namespace mlopsctl::k8s
