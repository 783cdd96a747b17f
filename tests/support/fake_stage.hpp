// A kind of stage that does what its test says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/files.hpp"
#include "pipeline/engine/stage.hpp"

namespace mlopsctl::testing {

class FakeStage final : public engine::Stage {
 public:
  using Run = std::function<Status(engine::StageContext&)>;

  FakeStage(std::vector<engine::OutputDecl> outputs, Run run) : outputs_(std::move(outputs)), run_(std::move(run)) {}

  const spec::StageKindSpec& spec() const override { return spec_; }
  int version() const override { return version_; }
  std::string backend(const Json&) const override { return backend_; }
  Result<std::vector<engine::OutputDecl>> outputs(const spec::StageSpec&, const std::vector<engine::InputShape>&) const override { return outputs_; }
  Status run(engine::StageContext& context) const override { return run_(context); }

  void set_version(int version) { version_ = version; }
  void set_backend(std::string backend) { backend_ = std::move(backend); }

 private:
  spec::StageKindSpec spec_;
  std::vector<engine::OutputDecl> outputs_;
  Run run_;
  int version_ = 1;
  std::string backend_;
};

// Writes into its output `out` (type `type`) the bytes of every input, then the parameter `text`. Counts nothing: it may run in a child.
inline std::unique_ptr<FakeStage> concatenate(std::string type = "rows") {
  return std::make_unique<FakeStage>(std::vector<engine::OutputDecl>{{"out", std::move(type)}}, [](engine::StageContext& context) -> Status {
    std::string bytes;
    for (const auto& input : context.inputs()) {
      TRY_ASSIGN(const std::string text, read_file(input.path));
      bytes += text;
    }
    if (context.params().contains("text")) bytes += context.params()["text"].get<std::string>();
    return write_file(context.output("out"), bytes);
  });
}

// A pipeline made by hand: Pipelines{}.input("train", path).stage("clean", "concat", {"train"}) ...
class PipelineBuilder {
 public:
  PipelineBuilder() {
    pipeline.name = "test";
    pipeline.seed = 1;
  }
  PipelineBuilder& input(std::string name, std::filesystem::path path, Json options = Json::object()) {
    SourceSpan span{"pipeline.yaml", 10 + static_cast<int>(pipeline.inputs.size()), 5, 1, ""};
    pipeline.inputs.push_back({std::move(name), std::move(path), std::move(options), std::move(span)});
    return *this;
  }
  PipelineBuilder& stage(std::string name, std::string kind, std::vector<std::string> inputs, Json params = Json::object()) {
    spec::StageSpec stage;
    const int line = 20 + 10 * static_cast<int>(pipeline.stages.size());
    stage.name = std::move(name);
    stage.kind = std::move(kind);
    stage.span = {"pipeline.yaml", line, 3, static_cast<int>(stage.name.size()), ""};
    for (auto& text : inputs) stage.inputs.push_back({std::move(text), {"pipeline.yaml", line + 2, 14, 1, ""}});
    stage.params = std::move(params);
    stage.seed = pipeline.seed;
    stage.runner = "process";
    pipeline.stages.push_back(std::move(stage));
    return *this;
  }
  PipelineBuilder& model(std::string field, std::string text) {
    auto& stage = pipeline.stages.back();
    stage.models.push_back({std::move(field), std::move(text), {"pipeline.yaml", stage.span.line + 3, 15, 1, ""}});
    return *this;
  }
  spec::StageSpec& last() { return pipeline.stages.back(); }

  spec::Pipeline pipeline;
};

}  // namespace mlopsctl::testing
