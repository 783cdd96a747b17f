// What went wrong with a cluster.
#pragma once

#include <string>

#include "pipeline/base/error.hpp"

namespace mlopsctl::k8s {

Error cluster_error(std::string message);
Error interrupted();
// What a server said with that status, as to_error() has it: "HTTP 403 Forbidden: ..."; empty: it said no such thing.
std::string said_with(const Error& error, int status);

}  // namespace mlopsctl::k8s
