// Alerts of a run: what its gates and drift checks found, told over the pipeline's channels.
#pragma once

#include <vector>

#include "cli/session.hpp"
#include "pipeline/alert/deliver.hpp"

namespace mlopsctl::cli {

// Ends a command that did its work but could not tell somebody.
inline constexpr int exit_not_told = 6;

std::vector<alert::Alert> alerts_of(const engine::RunRecord& record);

// Pauses between tries are said to the user.
class AlertWorld {
 public:
  explicit AlertWorld(Session& session);
  operator const alert::World&() const { return world_; }

 private:
  alert::World world_;
};

}  // namespace mlopsctl::cli
