// Stage: the behaviour of one kind of stage. The engine knows this interface and no kind by name.
//
// A stage is a pure function of its declared inputs, its parameters and its seed: same in, same bytes out. It sees nothing else:
// the context has no call that reaches further. Anything a stage's code depends on beyond those (a library whose version changes
// results) goes into `backend()`; a change of meaning in the code raises `version()`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/engine/artifact.hpp"
#include "pipeline/engine/verdict.hpp"
#include "pipeline/spec/pipeline.hpp"
#include "pipeline/spec/stage_catalog.hpp"

namespace mlopsctl::engine {

// What is known of an input before anything ran.
struct InputShape {
  std::string name;  // "train" (external), "clean.test" (an output), "champion" (a parameter of type model: its field path)
  std::string role;  // the last part of where it comes from: "train", "test", "model"
  std::string type;  // "source" for an external file; the output's type; "model" for a parameter of type model
};

// An input when the stage runs: a read-only file or folder.
struct StageInput : InputShape {
  std::filesystem::path path;
  Digest digest;
  Json options;        // of an external input: see InputSpec::options; null otherwise
  std::string origin;  // what to call it in messages: the path as the user wrote it, or "clean.test"
};

// A model to be known under an alias once the run has recorded the stage: the one effect a stage may ask for.
struct Publication {
  std::string alias;
  std::string output;  // the stage's output that holds the model
};

// What one execution of a stage reported besides its artifacts. Travels between processes and is kept with the cached result.
struct StageReport {
  std::map<std::string, double> metrics;  // "accuracy": 0.87
  Json summary = Json::object();          // small and stable: what reports show (tables, confusion matrix ...)
  std::vector<std::string> warnings;
  std::optional<Verdict> verdict;
  std::vector<Publication> publications;
};

Json to_json(const StageReport& report);
Result<StageReport> report_from_json(const Json& json);

// What a stage is given. Implemented by the engine (and by a fake in tests/support).
class StageContext {
 public:
  virtual ~StageContext() = default;

  virtual const std::string& stage() const = 0;  // the stage's name
  virtual const Json& params() const = 0;        // canonical, see StageSpec::params
  virtual uint64_t seed() const = 0;
  virtual const std::vector<StageInput>& inputs() const = 0;  // in the order written, parameters of type model last
  virtual const CancelToken& cancel() const = 0;

  // Where to write the declared output `name` (a file or a folder; the stage decides and creates it). Flushing and moving into the
  // store is the engine's work.
  virtual std::filesystem::path output(std::string_view name) = 0;
  // The declared output `name` is that input, unchanged (nothing is copied).
  virtual void forward(std::string_view name, const StageInput& input) = 0;

  // A folder that outlives an execution that does not end: what a killed, cancelled or failed one of the same cache key left in it is there
  // again. Removed once the result is recorded. Where two executions of one key run at once, one of them gets an empty folder of its own.
  virtual Result<std::filesystem::path> checkpoints() = 0;
  // A file, there or not, that holds a part of the work which depends on nothing but what went into `of`: any stage's execution may find it
  // again. Write it with AtomicFile. It may be lost at any time between executions.
  virtual Result<std::filesystem::path> memo(const Digest& of) = 0;

  // 0..1 and what is being done ("reading train.csv"); cheap enough to call often.
  virtual void progress(double fraction, std::string_view what) = 0;

  // The report under construction; the stage fills it in.
  virtual StageReport& report() = 0;
};

class Stage {
 public:
  virtual ~Stage() = default;

  virtual const spec::StageKindSpec& spec() const = 0;
  virtual int version() const = 0;                               // raise by hand when the same inputs give other results
  virtual std::string backend(const Json&) const { return ""; }  // "liblinear 2.30": part of the cache key

  // What it will write, from what is known before it runs. An unusable combination of inputs is an error here, so that `validate`
  // finds it ("train needs an output of type rows named train").
  virtual Result<std::vector<OutputDecl>> outputs(const spec::StageSpec& stage, const std::vector<InputShape>& inputs) const = 0;

  virtual Status run(StageContext& context) const = 0;
};

// Kind -> behaviour; made once by stages/registry.cpp and passed in.
using StageRegistry = std::map<std::string, std::unique_ptr<Stage>>;

}  // namespace mlopsctl::engine
