#include "pipeline/k8s/errors.hpp"

namespace mlopsctl::k8s {

Error cluster_error(std::string message) {
  Error error = stage_error(std::move(message));
  error.kind = ErrorKind::cluster;
  return error;
}

Error interrupted() {
  Error error = stage_error("interrupted");
  error.kind = ErrorKind::interrupted;
  return error;
}

}  // namespace mlopsctl::k8s
