// What the pipeline file says of retraining, checked.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/spec/pipeline.hpp"
#include "stages/data/input_options.hpp"

namespace mlopsctl::retrain {

// Which rows an input gets when a training begins.
struct WindowPolicy {
  std::string input;
  std::filesystem::path path;  // the input's own file, relative to the project: the window is written there
  data::InputOptions options;  // how it and the sources are read
  std::vector<std::string> from;
  std::string time;                           // the column; empty: none
  std::optional<std::chrono::seconds> since;  // rows of this last time are new; nothing: all are
  std::optional<int64_t> rows;                // so many of the last new ones; nothing: all
  int64_t reservoir = 0;                      // so many of the older ones
};

// How a file of it is written.
data::Format format_of(const WindowPolicy& window, const std::string& file);

struct MonitorPolicy {
  std::string store;
  double change = 0.1;
  int64_t run_length = 100000;
};

struct Policy {
  std::string pipeline;
  std::string alias;
  std::string drift;  // a drift-check stage; empty: none
  std::optional<MonitorPolicy> monitor;
  std::optional<std::chrono::seconds> age;
  std::optional<int64_t> labels;
  std::chrono::seconds cooldown{0};
  int64_t trainings = 0;  // at most, within `per`
  std::chrono::seconds per{0};
  std::vector<WindowPolicy> windows;  // by input
  uint64_t seed = 0;
};

// Nothing where the file has no `retrain`. All faults at once, each at its place: names that are none, no reason at all, windows that cannot be written.
Result<std::optional<Policy>> policy_of(const spec::Pipeline& pipeline);

}  // namespace mlopsctl::retrain
