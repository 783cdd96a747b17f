#include <cmath>

#include "pipeline/k8s/options.hpp"

namespace mlopsctl::k8s {

std::vector<double> expressible_percentages(int replicas) {
  std::vector<double> shares;
  for (int pods = 1; pods <= replicas; ++pods) shares.push_back(100.0 * pods / replicas);
  return shares;
}

bool can_express(int replicas, int percent) {
  const double pods = std::round(replicas * percent / 100.0);
  return pods >= 1 && std::fabs(100.0 * pods / replicas - percent) <= 0.5;
}

std::vector<std::string> warnings(const ReleaseOptions& options) {
  std::vector<std::string> all;
  const int replicas = options.autoscale ? options.autoscale->min : options.replicas;
  for (const int percent : options.strategy.percentages) {
    if (can_express(replicas, percent)) continue;
    std::string can;
    for (const double share : expressible_percentages(std::min(replicas, 12))) can += (can.empty() ? "" : ", ") + std::to_string(std::lround(share));
    all.push_back(std::to_string(replicas) + " replicas cannot take " + std::to_string(percent) + " % of the traffic by their number; they can take " +
                  (replicas > 12 ? "multiples of " + std::to_string(100.0 / replicas).substr(0, 4) : can) + " %");
  }
  const size_t tag = options.image.rfind(':'), slash = options.image.rfind('/');
  const bool tagged = tag != std::string::npos && (slash == std::string::npos || tag > slash) && options.image.substr(tag) != ":latest";
  if (!tagged) all.push_back("the image " + options.image + " has no fixed tag or digest: what runs may change under its name");
  if (replicas == 1)
    all.push_back("one replica: the service is away while its node is drained; a disruption budget would only block the drain, so there is none");
  return all;
}

}  // namespace mlopsctl::k8s
