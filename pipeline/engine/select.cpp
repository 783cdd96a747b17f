// Which stages a run is about, and whether what they need from outside is there.
#include <algorithm>
#include <map>
#include <system_error>

#include "pipeline/base/error_json.hpp"
#include "pipeline/engine/graph.hpp"

namespace mlopsctl::engine {

namespace fs = std::filesystem;

Result<Graph> select(Graph graph, const std::vector<std::string>& only) {
  if (only.empty()) return graph;
  std::vector<std::string> names;
  for (const auto& stage : graph.stages) names.push_back(stage.spec->name);

  std::vector<bool> wanted(graph.stages.size(), false);
  std::vector<Error> faults;
  for (const auto& name : only) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) {
      wanted[static_cast<size_t>(found - names.begin())] = true;
      continue;
    }
    Error fault = config_error("there is no stage \"" + name + "\"");
    fault.kind = ErrorKind::usage;
    std::string all;
    for (const auto& known : names) all += (all.empty() ? "" : ", ") + known;
    const auto near = nearest(name, names);
    fault.hint = near ? "did you mean " + *near + "?" : "the stages are " + all;
    faults.push_back(std::move(fault));
  }
  if (!faults.empty()) return join(std::move(faults));

  // Needs stand before those that need them, so one pass from the end marks everything.
  for (size_t i = graph.stages.size(); i-- > 0;)
    if (wanted[i])
      for (const size_t need : graph.stages[i].needs) wanted[need] = true;

  Graph chosen;
  std::vector<size_t> place(graph.stages.size(), 0);
  for (size_t i = 0; i < graph.stages.size(); ++i) {
    if (!wanted[i]) continue;
    place[i] = chosen.stages.size();
    ResolvedStage stage = std::move(graph.stages[i]);
    for (auto& need : stage.needs) need = place[need];
    for (auto& input : stage.inputs)
      if (input.producer) input.producer = place[*input.producer];
    chosen.stages.push_back(std::move(stage));
  }
  return chosen;
}

namespace {

// A file that several stages read is looked for, and reported, once.
class Locator {
 public:
  Locator(const Graph& graph, fs::path project, Store* store, const std::map<std::string, Digest>& pinned)
      : project_(std::move(project)), store_(store), pinned_(pinned) {
    for (const auto& stage : graph.stages) names_.push_back(stage.spec->name);
  }

  Status file(ResolvedInput& input) {
    input.path = (project_ / input.external->path).lexically_normal();
    const auto [known, is_new] = seen_.emplace(input.external->name, true);
    std::error_code ignored;
    const auto kind = fs::status(input.path, ignored).type();
    if (!is_new || kind == fs::file_type::regular) return {};
    const bool absent = kind == fs::file_type::not_found || kind == fs::file_type::none;
    Error error =
        config_error(absent ? "there is no " + input.origin + " (looked for " + input.path.string() + ")"
                            : input.origin + " is " + (kind == fs::file_type::directory ? "a folder" : "no regular file") + "; expected a file with rows");
    error.field = "inputs." + input.external->name + ".path";
    if (!input.span.file.empty()) error.span = input.span;
    error.hint = "put the data there, or say where it is with --set inputs." + input.external->name + ".path=FILE";
    return error;
  }

  Status model(ResolvedInput& input, const std::string& stage) {
    std::vector<std::string> candidates = names_;
    if (store_ != nullptr) {
      if (const auto pinned = pinned_.find(input.origin); pinned != pinned_.end() && store_->has(pinned->second)) {
        input.digest = pinned->second;
        return {};
      }
      TRY_ASSIGN(const auto entry, store_->alias(input.origin));
      if (entry && store_->has(entry->model)) {
        input.digest = entry->model;
        return {};
      }
      input.digest.reset();
      if (entry)
        return missing(input, stage, "the model that alias " + input.origin + " stands for (" + entry->model.brief() + ") is not in the store any more",
                       "run the pipeline that made it again, or set the alias to another with `mlopsctl model alias`");
      TRY_ASSIGN(const auto history, store_->alias_history({}));
      for (const auto& old : history) candidates.push_back(old.alias);
    }
    input.path = (project_ / input.origin).lexically_normal();
    if (exists(input.path)) return {};
    const auto near = nearest(input.origin, candidates);
    if (input.origin.find('/') != std::string::npos)
      return missing(input, stage, "there is no model folder " + input.path.string(),
                     "lay it out there: `make base-model` does so with the model of our own examples, `mlopsctl model fetch` with one from a model hub");
    return missing(input, stage, "\"" + input.origin + "\" is no stage, no registered alias and no path (looked for " + input.path.string() + ")",
                   near ? "did you mean " + *near + "?" : "name a stage, an alias that `mlopsctl model list` shows, or a model's folder");
  }

 private:
  static bool exists(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
  }

  static Error missing(const ResolvedInput& input, const std::string& stage, const std::string& message, std::string hint) {
    Error error = config_error(message);
    error.field = "stages." + stage + "." + input.shape.name;
    if (!input.span.file.empty()) error.span = input.span;
    error.hint = std::move(hint);
    return error;
  }

  fs::path project_;
  Store* store_;
  const std::map<std::string, Digest>& pinned_;
  std::vector<std::string> names_;
  std::map<std::string, bool> seen_;
};

}  // namespace

Status locate(Graph& graph, const fs::path& project, Store* store, const std::map<std::string, Digest>& pinned) {
  std::error_code ignored;
  Locator locator(graph, fs::absolute(project, ignored), store, pinned);
  std::vector<Error> faults;
  for (auto& stage : graph.stages) {
    for (auto& input : stage.inputs) {
      if (input.producer) continue;
      Status found = input.external != nullptr ? locator.file(input) : locator.model(input, stage.spec->name);
      if (!found) faults.push_back(std::move(found).error());
    }
  }
  if (!faults.empty()) return join(std::move(faults));
  return {};
}

}  // namespace mlopsctl::engine
