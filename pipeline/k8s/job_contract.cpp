#include "pipeline/k8s/job_contract.hpp"

#include <algorithm>
#include <iterator>

namespace mlopsctl::k8s {

namespace {

using Then = JobEnd::Then;

constexpr JobEnd ends[] = {{1, Then::fail, "a verdict said no"},
                           {2, Then::fail, "the command line, the pipeline or an input is wrong"},
                           {3, Then::count, "a stage failed"},
                           {4, Then::count, "a cluster refused or could not be reached"},
                           {5, Then::count, "it ran out of time"},
                           {6, Then::count, "an alert could not be sent"},  // what was found is kept: another try only sends
                           {70, Then::count, "a fault of mlopsctl itself"},
                           {130, Then::ignore, "it was told to stop"}};

}  // namespace

const JobEnd* job_end(int code) {
  const auto found = std::find_if(std::begin(ends), std::end(ends), [&](const JobEnd& end) { return end.code == code; });
  return found == std::end(ends) ? nullptr : found;
}

Json pod_failure_policy() {
  // A node that goes away or a pod that is evicted is no failure of the work.
  Json rules = Json::array({{{"action", "Ignore"}, {"onPodConditions", Json::array({{{"type", "DisruptionTarget"}, {"status", "True"}}})}}});
  for (const auto& [then, action] : {std::pair(Then::fail, "FailJob"), std::pair(Then::ignore, "Ignore"), std::pair(Then::count, "Count")}) {
    Json codes = Json::array();
    for (const JobEnd& end : ends)
      if (end.then == then) codes.push_back(end.code);
    rules.push_back({{"action", action}, {"onExitCodes", {{"containerName", job_container}, {"operator", "In"}, {"values", codes}}}});
  }
  return {{"rules", rules}};
}

}  // namespace mlopsctl::k8s
