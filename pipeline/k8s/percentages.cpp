#include <algorithm>
#include <cmath>
#include <cstdio>

#include "pipeline/k8s/options.hpp"

namespace mlopsctl::k8s {

bool can_express(int replicas, int percent) {
  const double pods = std::round(replicas * percent / 100.0);
  return pods >= 1 && std::fabs(100.0 * pods / replicas - percent) <= 0.5;
}

std::string expressible_text(int replicas) {
  if (replicas > 12) {
    char text[32];
    std::snprintf(text, sizeof text, "multiples of %.3g %%", 100.0 / replicas);
    return text;
  }
  std::string text;
  for (int pods = 1; pods <= replicas; ++pods)
    text += (pods == 1 ? "" : pods == replicas ? " or " : ", ") + std::to_string(std::lround(100.0 * pods / replicas));
  return text + " %";
}

std::optional<int> fewest_replicas(const std::vector<int>& percentages) {
  for (int replicas = 1; replicas <= 100; ++replicas)
    if (std::all_of(percentages.begin(), percentages.end(), [&](int percent) { return can_express(replicas, percent); })) return replicas;
  return std::nullopt;
}

std::vector<std::string> warnings(const ReleaseOptions& options) {
  std::vector<std::string> all;
  const int replicas = options.autoscale ? options.autoscale->min : options.replicas;
  const size_t tag = options.image.rfind(':'), slash = options.image.rfind('/');
  const bool tagged = tag != std::string::npos && (slash == std::string::npos || tag > slash) && options.image.substr(tag) != ":latest";
  if (!tagged) all.push_back("the image " + options.image + " has no fixed tag or digest: what runs may change under its name");
  if (replicas == 1)
    all.push_back("one replica: the service is away while its node is drained; a disruption budget would only block the drain, so there is none");
  return all;
}

}  // namespace mlopsctl::k8s
