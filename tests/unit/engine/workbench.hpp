// A project folder with a store, a registry of fake kinds and the verbs under test: what most engine tests begin with.
#pragma once

#include <gtest/gtest.h>

#include "pipeline/engine/engine.hpp"
#include "tests/support/capturing_reporter.hpp"
#include "tests/support/fake_stage.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::engine {

using mlopsctl::testing::CapturingReporter;
using mlopsctl::testing::concatenate;
using mlopsctl::testing::FakeStage;
using mlopsctl::testing::ManualClock;
using mlopsctl::testing::PipelineBuilder;
using mlopsctl::testing::TemporaryFolder;

// The text of an Error and all that go with it, one per line.
inline std::string all_messages(const Error& error) {
  std::string text = error.message + "\n";
  for (const auto& other : error.also) text += other.message + "\n";
  return text;
}

struct Workbench {
  TemporaryFolder folder;
  ManualClock clock;
  StageRegistry registry;
  CapturingReporter reporter;
  CancelToken cancel;
  RunOptions options;

  Workbench() {
    options.project = folder.path();
    registry["concat"] = concatenate();
    registry["train"] = concatenate("model");
  }

  Store open() const {
    auto store = Store::open(folder.path(), clock);
    if (!store) throw std::runtime_error(store.error().message);
    return std::move(*store);
  }

  Result<RunRecord> try_run(const PipelineBuilder& builder) {
    Store store = open();
    reporter.lines.clear();
    return execute(builder.pipeline, registry, store, options, clock, cancel, reporter);
  }

  RunRecord run(const PipelineBuilder& builder) {
    auto record = try_run(builder);
    if (!record) throw std::runtime_error(all_messages(record.error()));
    return std::move(*record);
  }

  Plan plan(const PipelineBuilder& builder) {
    Store store = open();
    auto plan = make_plan(builder.pipeline, registry, &store, options);
    if (!plan) throw std::runtime_error(all_messages(plan.error()));
    return std::move(*plan);
  }

  std::string content(const Artifact& artifact) const { return *read_file(open().path_of(artifact.digest)); }
};

// "clean run, fit pending": what a plan says in a line.
inline std::string brief(const Plan& plan) {
  std::string text;
  for (const auto& stage : plan.stages) text += (text.empty() ? "" : ", ") + stage.name + " " + std::string(to_string(stage.action));
  return text;
}

inline std::string brief(const RunRecord& record) {
  std::string text;
  for (const auto& stage : record.stages) text += (text.empty() ? "" : ", ") + stage.name + " " + std::string(to_string(stage.state));
  return text;
}

inline std::string reasons_of(const std::vector<Reason>& reasons) {
  std::string text;
  for (const auto& reason : reasons) text += (text.empty() ? "" : "; ") + to_string(reason);
  return text;
}

}  // namespace mlopsctl::engine
