// TLS 1.2 and 1.3 on the server's side.
#pragma once

#include <memory>
#include <string>

#include "pipeline/base/result.hpp"
#include "stages/serve/http/transport.hpp"

namespace mlopsctl::serve {

// A certificate with its chain, and its key, as PEM files.
class TlsContext {
 public:
  // The error names the file and what is wrong with it; never a byte of the key.
  static Result<std::shared_ptr<const TlsContext>> load(const std::string& certificate, const std::string& key);
  ~TlsContext();

  std::unique_ptr<Transport> transport(Socket socket, std::span<char> scratch) const;

 private:
  struct Impl;
  explicit TlsContext(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;  // shared with the transports
};

}  // namespace mlopsctl::serve
