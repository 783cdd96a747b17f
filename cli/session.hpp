// Session: what one command gets: its arguments, the world, and the project's pipeline, store and stages, each made when asked for.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/env.hpp"
#include "cli/log.hpp"
#include "pipeline/engine/engine.hpp"
#include "pipeline/engine/store.hpp"
#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::cli {

// A pipeline that was found good, and its graph, which points into it.
struct CheckedPipeline {
  spec::Pipeline pipeline;
  engine::Graph graph;

  CheckedPipeline() = default;
  CheckedPipeline(CheckedPipeline&&) = default;
  CheckedPipeline& operator=(CheckedPipeline&&) = default;
};

class Session {
 public:
  Session(Env& env, const Arguments& arguments, Screen out_screen, Screen err_screen, Log& log);

  const Arguments& arguments() const { return arguments_; }
  Env& env() { return env_; }
  Log& log() { return log_; }
  const Screen& out_screen() const { return out_screen_; }
  const Screen& err_screen() const { return err_screen_; }
  bool json() const { return arguments_.has("--json"); }

  const std::filesystem::path& project() const { return project_; }  // the working folder, absolute
  const engine::StageRegistry& registry();
  std::vector<std::filesystem::path> pipeline_files() const;
  // Loads, overlays and checks the pipeline; every fault at once.
  Result<CheckedPipeline> checked_pipeline();
  Result<spec::Pipeline> pipeline();
  // The store, made where there is none; or only if there is one.
  Result<engine::Store> store();
  Result<std::optional<engine::Store>> existing_store();
  // From the shared flags; without run's own.
  engine::RunOptions run_options();

  // A sentence of the conversation, on stderr; from any thread.
  void say(std::string_view sentence);

 private:
  Env& env_;
  const Arguments& arguments_;
  Screen out_screen_, err_screen_;
  Log& log_;
  std::filesystem::path project_;
  std::optional<engine::StageRegistry> registry_;
  std::mutex voice_;
};

}  // namespace mlopsctl::cli
