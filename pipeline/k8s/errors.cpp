#include "pipeline/k8s/errors.hpp"

#include "pipeline/net/client.hpp"

namespace mlopsctl::k8s {

Error cluster_error(std::string message) {
  Error error = stage_error(std::move(message));
  error.kind = ErrorKind::cluster;
  return error;
}

std::string said_with(const Error& error, int status) {
  const size_t begin = error.message.find("HTTP " + std::to_string(status));
  return begin == std::string::npos ? std::string() : error.message.substr(begin);
}

Error interrupted() { return net::interrupted_error(); }

}  // namespace mlopsctl::k8s
