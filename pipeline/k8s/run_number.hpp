// The numbers of a work's runs, counted in the cluster: none is handed out twice, whatever became of the Job that had it.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/k8s/cluster.hpp"

namespace mlopsctl::k8s {

inline constexpr const char* run_numbers = "mlopsctl-run-numbers";  // the ConfigMap that keeps the highest of each work

// Of the work whose Jobs are called INSTANCE-rNUMBER; above `known`. One that is not used in the end is lost. Fails (cluster) where we may not write the
// ConfigMap.
Result<int64_t> next_run_number(Cluster& cluster, const std::string& name_space, const std::string& instance, int64_t known);

}  // namespace mlopsctl::k8s
