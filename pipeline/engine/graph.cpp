#include "pipeline/engine/graph.hpp"

#include <algorithm>
#include <map>
#include <queue>
#include <set>

#include "pipeline/base/error_json.hpp"

namespace mlopsctl::engine {

namespace {

Error fault_at(SourceSpan span, std::string field, std::string message, std::string hint = {}) {
  Error error = config_error(std::move(message));
  if (!span.file.empty()) error.span = std::move(span);
  error.field = std::move(field);
  error.hint = std::move(hint);
  return error;
}

std::string list_of(const std::vector<OutputDecl>& outputs) {
  std::string text;
  for (const auto& output : outputs) text += (text.empty() ? "" : ", ") + output.name;
  return text.empty() ? "nothing" : text;
}

SourceSpan span_of(const spec::StageSpec& stage, const std::string& field) {
  const auto found = stage.fields.find(field);
  return found == stage.fields.end() ? stage.span : found->second.span();
}

class Resolver {
 public:
  Resolver(const spec::Pipeline& pipeline, const StageRegistry& registry) : pipeline_(pipeline), registry_(registry) {
    for (size_t i = 0; i < pipeline.stages.size(); ++i) by_name_[pipeline.stages[i].name] = i;
    for (const auto& input : pipeline.inputs) inputs_[input.name] = &input;
  }

  Result<Graph> run() {
    sort();
    for (const size_t index : order_) resolve_stage(pipeline_.stages[index]);
    if (!faults_.empty()) return join(std::move(faults_));
    return std::move(graph_);
  }

 private:
  // "clean" or "clean.test" -> the stage's index in the pipeline; nothing for an external input or an unknown name.
  std::optional<size_t> producer_of(const std::string& reference) const {
    if (inputs_.contains(reference)) return std::nullopt;
    const auto found = by_name_.find(reference.substr(0, reference.find('.')));
    if (found == by_name_.end()) return std::nullopt;
    return found->second;
  }

  // Kahn's algorithm; the lowest file position first, so that the order is the file's wherever it can be.
  void sort() {
    const size_t n = pipeline_.stages.size();
    std::vector<std::set<size_t>> followers(n);
    std::vector<size_t> waiting(n, 0);
    for (size_t i = 0; i < n; ++i) {
      std::set<size_t> needs;
      for (const auto& input : pipeline_.stages[i].inputs)
        if (const auto from = producer_of(input.text)) needs.insert(*from);
      for (const auto& model : pipeline_.stages[i].models)
        if (const auto found = by_name_.find(model.text); found != by_name_.end()) needs.insert(found->second);
      waiting[i] = needs.size();
      for (const size_t from : needs) followers[from].insert(i);
    }
    std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
    for (size_t i = 0; i < n; ++i)
      if (waiting[i] == 0) ready.push(i);
    while (!ready.empty()) {
      const size_t i = ready.top();
      ready.pop();
      order_.push_back(i);
      for (const size_t next : followers[i])
        if (--waiting[next] == 0) ready.push(next);
    }
    std::string names;
    const spec::StageSpec* first = nullptr;  // stays so where each stage found its place
    for (size_t i = 0; i < n; ++i) {
      if (waiting[i] == 0) continue;
      if (first == nullptr) first = &pipeline_.stages[i];
      names += (names.empty() ? "" : ", ") + pipeline_.stages[i].name;
    }
    if (first == nullptr) return;
    faults_.push_back(fault_at(first->span, "stages." + first->name, "these stages wait for each other or for one that does: " + names,
                               "remove one of the `inputs` that close the circle"));
  }

  void resolve_stage(const spec::StageSpec& spec) {
    ResolvedStage resolved;
    resolved.spec = &spec;
    const auto kind = registry_.find(spec.kind);
    if (kind == registry_.end()) {
      std::vector<std::string> kinds;
      for (const auto& [name, stage] : registry_) kinds.push_back(name);
      const auto near = nearest(spec.kind, kinds);
      faults_.push_back(fault_at(span_of(spec, "kind"), "stages." + spec.name + ".kind", "there is no kind of stage \"" + spec.kind + "\"",
                                 near ? "did you mean " + *near + "?" : ""));
      return;
    }
    resolved.stage = kind->second.get();

    bool complete = true;
    for (const auto& input : spec.inputs) complete &= add_input(resolved, input);
    for (const auto& model : spec.models) complete &= add_model(resolved, model);
    if (!complete) return;
    if (!names_differ(resolved)) return;

    std::vector<InputShape> shapes;
    for (const auto& input : resolved.inputs) {
      shapes.push_back(input.shape);
      if (input.producer) resolved.needs.push_back(*input.producer);
    }
    std::sort(resolved.needs.begin(), resolved.needs.end());
    resolved.needs.erase(std::unique(resolved.needs.begin(), resolved.needs.end()), resolved.needs.end());

    auto outputs = resolved.stage->outputs(spec, shapes);
    if (!outputs) {
      Error error = std::move(outputs).error();
      if (!error.span && !spec.span.file.empty()) error.span = spec.span;
      if (error.field.empty()) error.field = "stages." + spec.name;
      faults_.push_back(std::move(error));
      return;
    }
    resolved.outputs = std::move(*outputs);
    placed_[spec.name] = graph_.stages.size();
    graph_.stages.push_back(std::move(resolved));
  }

  static void add_output(ResolvedStage& resolved, const ResolvedStage& from, size_t place, size_t output, const spec::InputRef& reference) {
    ResolvedInput input;
    input.origin = from.spec->name + "." + from.outputs[output].name;
    input.shape = {input.origin, from.outputs[output].name, from.outputs[output].type};
    input.span = reference.span;
    input.producer = place;
    input.output = output;
    resolved.inputs.push_back(std::move(input));
  }

  // False: a fault, here or before, keeps the stage from being resolved.
  bool add_input(ResolvedStage& resolved, const spec::InputRef& reference) {
    const std::string field = "stages." + resolved.spec->name + ".inputs";
    if (const auto external = inputs_.find(reference.text); external != inputs_.end()) {
      ResolvedInput input;
      input.shape = {reference.text, reference.text, "source"};
      input.origin = external->second->path.string();
      input.span = external->second->span;
      input.external = external->second;
      resolved.inputs.push_back(std::move(input));
      return true;
    }
    const size_t dot = reference.text.find('.');
    const std::string stage = reference.text.substr(0, dot);
    const auto placed = placed_.find(stage);
    if (placed == placed_.end()) {
      if (by_name_.contains(stage)) return false;  // its own fault is reported already
      faults_.push_back(fault_at(reference.span, field, "there is no input or stage \"" + stage + "\"", suggestion(stage)));
      return false;
    }
    const ResolvedStage& from = graph_.stages[placed->second];
    if (dot == std::string::npos) {
      for (size_t i = 0; i < from.outputs.size(); ++i) add_output(resolved, from, placed->second, i, reference);
      return true;
    }
    const std::string wanted = reference.text.substr(dot + 1);
    std::vector<std::string> names;
    for (size_t i = 0; i < from.outputs.size(); ++i) {
      if (from.outputs[i].name == wanted) {
        add_output(resolved, from, placed->second, i, reference);
        return true;
      }
      names.push_back(from.outputs[i].name);
    }
    const auto near = nearest(wanted, names);
    faults_.push_back(fault_at(reference.span, field, "stage " + stage + " has no output \"" + wanted + "\"; it writes " + list_of(from.outputs),
                               near ? "did you mean " + stage + "." + *near + "?" : ""));
    return false;
  }

  bool add_model(ResolvedStage& resolved, const spec::ModelRef& reference) {
    ResolvedInput input;
    input.shape = {reference.field, "model", "model"};
    input.origin = reference.text;
    input.span = reference.span;
    if (const auto placed = placed_.find(reference.text); placed != placed_.end()) {
      const ResolvedStage& from = graph_.stages[placed->second];
      const auto found = std::find_if(from.outputs.begin(), from.outputs.end(), [](const OutputDecl& o) { return o.type == "model"; });
      if (found == from.outputs.end()) {
        faults_.push_back(fault_at(reference.span, "stages." + resolved.spec->name + "." + reference.field,
                                   "stage " + reference.text + " writes no model; it writes " + list_of(from.outputs), "name a stage of kind train"));
        return false;
      }
      input.producer = placed->second;
      input.output = static_cast<size_t>(found - from.outputs.begin());
      input.origin = reference.text + "." + found->name;
    } else if (by_name_.contains(reference.text)) {
      return false;
    }
    resolved.inputs.push_back(std::move(input));
    return true;
  }

  bool names_differ(const ResolvedStage& resolved) {
    std::set<std::string> seen;
    for (const auto& input : resolved.inputs) {
      if (seen.insert(input.shape.name).second) continue;
      faults_.push_back(fault_at(input.span, "stages." + resolved.spec->name + ".inputs",
                                 "stage " + resolved.spec->name + " is given " + input.shape.name + " twice", "name it once"));
      return false;
    }
    return true;
  }

  std::string suggestion(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& [input, spec] : inputs_) names.push_back(input);
    for (const auto& [stage, index] : by_name_) names.push_back(stage);
    const auto near = nearest(name, names);
    return near ? "did you mean " + *near + "?" : "";
  }

  const spec::Pipeline& pipeline_;
  const StageRegistry& registry_;
  std::map<std::string, size_t> by_name_;  // -> pipeline.stages
  std::map<std::string, const spec::InputSpec*> inputs_;
  std::map<std::string, size_t> placed_;  // -> graph_.stages
  std::vector<size_t> order_;
  std::vector<Error> faults_;
  Graph graph_;
};

}  // namespace

Result<Graph> resolve(const spec::Pipeline& pipeline, const StageRegistry& registry) { return Resolver(pipeline, registry).run(); }

}  // namespace mlopsctl::engine
