// What went wrong with a cluster.
#pragma once

#include <string>

#include "pipeline/base/error.hpp"

namespace mlopsctl::k8s {

Error cluster_error(std::string message);
Error interrupted();

}  // namespace mlopsctl::k8s
