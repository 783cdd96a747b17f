#include "pipeline/k8s/errors.hpp"

#include "pipeline/net/client.hpp"

namespace mlopsctl::k8s {

Error cluster_error(std::string message) {
  Error error = stage_error(std::move(message));
  error.kind = ErrorKind::cluster;
  return error;
}

Error interrupted() { return net::interrupted_error(); }

}  // namespace mlopsctl::k8s
