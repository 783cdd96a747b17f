// Credentials: who we are to a cluster at this moment. Tokens and certificates in files are read again once a minute; a plug-in is asked
// again when what it said runs out or is refused.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/access.hpp"

namespace mlopsctl::k8s {

struct Identity {
  std::string authorization;     // of the header; empty: none
  std::string certificate, key;  // PEM; empty: none
  bool operator==(const Identity&) const = default;
};

// Safe to use from several threads.
class Credentials {
 public:
  Credentials(const Access& access, std::map<std::string, std::string> environment, const Clock& clock, const CancelToken& cancel);

  // Fails (config) when a file cannot be read for the first time, (cluster) when the plug-in does not say who we are.
  Result<Identity> current();
  // `refused` was answered with 401: whether there is another one to try now.
  Result<bool> renew(const Identity& refused);

 private:
  Status refresh();
  Status read_files();
  Status ask_plugin();

  const Access access_;
  const std::map<std::string, std::string> environment_;
  const Clock& clock_;
  const CancelToken& cancel_;
  std::mutex mutex_;
  std::optional<Identity> identity_;
  std::optional<std::chrono::steady_clock::time_point> read_again_;  // of files
  std::optional<TimePoint> ends_;                                    // of what the plug-in said
};

}  // namespace mlopsctl::k8s
