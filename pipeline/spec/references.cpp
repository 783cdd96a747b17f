#include "pipeline/spec/references.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "pipeline/spec/wording.hpp"

namespace mlopsctl::spec {

namespace {

// An edge to a stage that has to run before.
struct Need {
  size_t stage;
  const SourceSpan* span;
  std::string field;
};

Error at(const SourceSpan& span, std::string field, std::string message, std::string hint) {
  Error error = config_error(std::move(message));
  error.span = span;
  error.field = std::move(field);
  error.hint = std::move(hint);
  return error;
}

class References {
 public:
  References(const Pipeline& pipeline, std::vector<Error>& errors) : pipeline_(pipeline), errors_(errors), needs_(pipeline.stages.size()) {
    for (size_t i = 0; i < pipeline.stages.size(); ++i) stages_.emplace(pipeline.stages[i].name, i);
    for (const auto& input : pipeline.inputs) inputs_.insert(input.name);
  }

  void check() {
    for (size_t i = 0; i < pipeline_.stages.size(); ++i) resolve(i);
    find_cycles();
  }

 private:
  void resolve(size_t index) {
    const StageSpec& stage = pipeline_.stages[index];
    const std::string field = "stages." + stage.name;
    if (inputs_.contains(stage.name))
      errors_.push_back(
          at(stage.span, field, "\"" + stage.name + "\" is the name of an input too; a reference to it would be ambiguous", "rename the stage or the input"));
    std::set<std::string_view> seen;
    for (size_t k = 0; k < stage.inputs.size(); ++k) {
      const InputRef& ref = stage.inputs[k];
      const std::string place = field + ".inputs." + std::to_string(k);
      if (!seen.insert(ref.text).second) {
        errors_.push_back(at(ref.span, place, "\"" + ref.text + "\" is listed twice", "remove one of them"));
        continue;
      }
      resolve_input(index, ref, place);
    }
    for (const ModelRef& ref : stage.models) {
      const auto found = stages_.find(ref.text);
      if (found != stages_.end()) need(index, found->second, ref.span, field + "." + ref.field);
    }
  }

  void resolve_input(size_t index, const InputRef& ref, const std::string& place) {
    if (inputs_.contains(ref.text)) return;
    const std::string_view head = std::string_view(ref.text).substr(0, ref.text.find('.'));
    if (const auto found = stages_.find(head); found != stages_.end()) return need(index, found->second, ref.span, place);
    if (inputs_.contains(head)) {
      errors_.push_back(
          at(ref.span, place, "\"" + ref.text + "\": \"" + std::string(head) + "\" is an input, and an input has no outputs", "write " + std::string(head)));
      return;
    }
    std::vector<std::string> names;
    for (const auto& input : pipeline_.inputs) names.push_back(input.name);
    for (const auto& stage : pipeline_.stages) names.push_back(stage.name);
    const auto near = nearest(head, names);
    const std::string meant = near ? *near + ref.text.substr(head.size()) : "";
    errors_.push_back(at(ref.span, place, "unknown input or stage \"" + std::string(head) + "\"" + (near ? "; did you mean \"" + *near + "\"?" : ""),
                         near ? "write " + meant : "use one of " + comma_list(names)));
  }

  void need(size_t index, size_t other, const SourceSpan& span, std::string place) {
    if (index != other) {
      needs_[index].push_back({other, &span, std::move(place)});
      return;
    }
    errors_.push_back(at(span, std::move(place), "stage \"" + pipeline_.stages[index].name + "\" needs itself", "name an input or another stage"));
  }

  // Takes away stages that nothing is left to wait for until none is (Kahn 1962); each cycle among the rest is reported once.
  void find_cycles() {
    const size_t count = needs_.size();
    std::vector<size_t> open(count);
    std::vector<std::vector<size_t>> needed_by(count);
    std::vector<bool> done(count, false);
    std::vector<size_t> ready;
    for (size_t i = 0; i < count; ++i) {
      open[i] = needs_[i].size();
      for (const Need& need : needs_[i]) needed_by[need.stage].push_back(i);
      if (open[i] == 0) ready.push_back(i);
    }
    const auto settle = [&] {
      while (!ready.empty()) {
        const size_t stage = ready.back();
        ready.pop_back();
        if (done[stage]) continue;
        done[stage] = true;
        for (const size_t next : needed_by[stage])
          if (--open[next] == 0) ready.push_back(next);
      }
    };
    settle();
    for (size_t i = 0; i < count; ++i) {
      if (done[i]) continue;
      for (const size_t stage : report_cycle(i, done)) ready.push_back(stage);
      settle();
    }
  }

  // Follows unsettled needs from `start` until a stage comes back; every unsettled stage has one.
  std::vector<size_t> report_cycle(size_t start, const std::vector<bool>& done) {
    std::map<size_t, size_t> position;  // stage -> its place in `way`
    std::vector<size_t> way;
    std::vector<const Need*> edges;  // edges[i] leads from way[i] to the next
    size_t stage = start;
    while (!position.contains(stage)) {
      position[stage] = way.size();
      way.push_back(stage);
      const auto& needs = needs_[stage];
      const auto next = std::find_if(needs.begin(), needs.end(), [&](const Need& need) { return !done[need.stage]; });
      edges.push_back(&*next);
      stage = next->stage;
    }
    const size_t first = position[stage];
    std::vector<size_t> cycle(way.begin() + static_cast<ptrdiff_t>(first), way.end());
    edges.erase(edges.begin(), edges.begin() + static_cast<ptrdiff_t>(first));
    // Told from the stage that stands first in the file, each followed by what it refers to; the fault lies with its reference.
    const auto top = std::min_element(cycle.begin(), cycle.end()) - cycle.begin();
    std::rotate(cycle.begin(), cycle.begin() + top, cycle.end());
    std::rotate(edges.begin(), edges.begin() + top, edges.end());
    std::string text = pipeline_.stages[cycle.front()].name;
    for (size_t i = 1; i < cycle.size(); ++i) text += " -> " + pipeline_.stages[cycle[i]].name;
    text += " -> " + pipeline_.stages[cycle.front()].name;
    errors_.push_back(
        at(*edges.front()->span, edges.front()->field, "stages form a cycle: " + text, "each needs the one after the arrow; remove one of these references"));
    return cycle;
  }

  const Pipeline& pipeline_;
  std::vector<Error>& errors_;
  std::map<std::string_view, size_t> stages_;
  std::set<std::string_view> inputs_;
  std::vector<std::vector<Need>> needs_;
};

}  // namespace

void check_references(const Pipeline& pipeline, std::vector<Error>& errors) { References(pipeline, errors).check(); }

}  // namespace mlopsctl::spec
