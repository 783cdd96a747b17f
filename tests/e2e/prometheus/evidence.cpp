// prometheus_evidence URL same OLD_METRICS NEW_METRICS | without-candidate | unreachable: asks a Prometheus, for ten seconds at most, until it is so;
// ends with 1 where it does not become so. See run.sh.
#include <iostream>

#include "pipeline/k8s/rollout/prometheus.hpp"
#include "pipeline/k8s/rollout/verdict.hpp"
#include "pipeline/net/client.hpp"

using namespace mlopsctl;

namespace {

constexpr const char* champion = "web-5d4f8-aaaaa";
constexpr const char* candidate = "web-candidate-7c6b9-bbbbb";

k8s::Counts read(net::Client& client, const std::string& url) {
  const auto response = client.send({"GET", url, {}});
  return response ? k8s::read_counts(response->body) : k8s::Counts();
}

bool is_so(net::Client& client, const Result<std::map<std::string, k8s::Counts>>& pods, const std::vector<std::string>& words) {
  if (words[1] == "unreachable") return !pods && pods.error().message.find("onnect") != std::string::npos;
  if (!pods) return false;
  if (words[1] == "without-candidate") return pods->contains(champion) && !pods->contains(candidate);
  const k8s::Counts old_model = read(client, words[2]), new_model = read(client, words[3]);
  const auto known = [&](const char* pod, const k8s::Counts& itself) { return pods->contains(pod) && pods->at(pod) == itself; };
  if (new_model.requests != 300 || new_model.texts() != 300 || !known(champion, old_model) || !known(candidate, new_model)) return false;
  const auto verdict = k8s::judge({new_model, old_model, {}, {}}, {});
  std::cout << verdict.text() << "\n";
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  const SystemClock clock;
  const CancelToken cancel;
  net::ClientOptions options;
  options.tries = 1;
  net::Client client(options, clock, cancel);
  Result<std::map<std::string, k8s::Counts>> pods = std::map<std::string, k8s::Counts>();
  for (int i = 0; i < 200; ++i) {
    pods = k8s::ask_prometheus(client, {words[0], "", "pod", ""}, "shop", "web");
    if (is_so(client, pods, words)) return 0;
    clock.pause(std::chrono::milliseconds(50), cancel);
  }
  if (!pods) std::cerr << pods.error().message << "\n";
  else
    for (const auto& [pod, counts] : *pods)
      std::cerr << pod << ": " << counts.requests << " requests, " << counts.errors << " errors, " << counts.texts() << " texts\n";
  return 1;
}
