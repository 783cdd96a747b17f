// Runs credential plug-ins as client-go does: no shell, arguments as they are, the question in $KUBERNETES_EXEC_INFO, the answer on stdout.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/access.hpp"

namespace mlopsctl::k8s {

struct ExecCredential {
  std::string token, certificate, key;
  std::optional<TimePoint> expires;
};

// The plug-in's stderr is ours; its stdin is ours where it may talk to somebody, else empty. It is killed when `cancel` is set.
Result<ExecCredential> run_exec_plugin(const Access& access, const std::map<std::string, std::string>& environment, const CancelToken& cancel);

// What $KUBERNETES_EXEC_INFO says.
Json exec_info(const Access& access, bool interactive, const std::string& ca_pem);
Result<ExecCredential> read_exec_credential(std::string_view text, const ExecPlugin& plugin);

}  // namespace mlopsctl::k8s
