#include "stages/retrain/policy.hpp"

#include <algorithm>

#include "pipeline/base/list_of.hpp"
#include "stages/deploy/fields.hpp"

namespace mlopsctl::retrain {

namespace {

std::chrono::seconds seconds_of(const Json& value) { return std::chrono::seconds(static_cast<int64_t>(value.get<double>())); }
std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

class Reader {
 public:
  explicit Reader(const spec::Pipeline& pipeline) : pipeline_(pipeline), values_(pipeline.retrain) {}

  Result<std::optional<Policy>> read() {
    policy_.pipeline = pipeline_.name;
    policy_.seed = pipeline_.seed;
    policy_.alias = alias();
    reasons();
    policy_.cooldown = seconds_of(values_.at("cooldown"));
    policy_.trainings = values_.at("budget").at("trainings");
    policy_.per = seconds_of(values_.at("budget").at("per"));
    for (const auto& [input, value] : values_.at("windows").items()) window(input, value);
    if (policy_.labels && policy_.windows.empty())
      fault("labels", "there are no windows whose sources could be counted", "add windows: {train: {from: data/labelled.csv}}");
    if (faults_.empty()) return std::optional(std::move(policy_));
    Error first = std::move(faults_.front());
    first.also.assign(std::make_move_iterator(faults_.begin() + 1), std::make_move_iterator(faults_.end()));
    return first;
  }

 private:
  void fault(const std::string& field, std::string message, std::string hint) {
    Error error = config_error(std::move(message)).with_hint(std::move(hint));
    error.field = field.empty() ? "retrain" : "retrain." + field;
    auto place = pipeline_.retrain_fields.find(field);
    if (place == pipeline_.retrain_fields.end()) place = pipeline_.retrain_fields.find(field.substr(0, field.find('.')));
    if (place != pipeline_.retrain_fields.end()) error.span = place->second.span();
    faults_.push_back(std::move(error));
  }

  std::string alias() {
    std::vector<std::string> known;
    for (const auto& stage : pipeline_.stages)
      if (stage.kind == "deploy" && !stage.params.at("target").at("local").is_null()) known.push_back(deploy::alias_of(stage.params, stage.name));
    const std::string wanted = text_of(values_.at("alias"));
    if (wanted.empty() && known.size() == 1) return known.front();
    if (std::find(known.begin(), known.end(), wanted) != known.end()) return wanted;
    if (known.empty())
      fault("alias", "no deploy stage has a local target, so no alias would ever name a new model", "add local: {} to the target of a deploy stage");
    else if (wanted.empty()) fault("alias", "several deploy stages have a local target: " + list_of(known), "say whose model it is: alias: " + known.front());
    else fault("alias", "no deploy stage with a local target has the alias \"" + wanted + "\"", "use one of: " + list_of(known));
    return "";
  }

  void reasons() {
    if (const Json& drift = values_.at("drift"); drift.is_string()) {
      policy_.drift = drift;
      std::vector<std::string> checks;
      for (const auto& stage : pipeline_.stages)
        if (stage.kind == "drift-check") checks.push_back(stage.name);
      if (std::find(checks.begin(), checks.end(), policy_.drift) == checks.end())
        fault("drift", "\"" + policy_.drift + "\" is no drift-check stage",
              checks.empty() ? "add a stage of the kind drift-check" : "use one of: " + list_of(checks));
    }
    if (const Json& monitor = values_.at("monitor"); !monitor.is_null())
      policy_.monitor = MonitorPolicy{monitor.at("store"), monitor.at("change"), monitor.at("run_length")};
    if (const Json& age = values_.at("age"); !age.is_null()) policy_.age = seconds_of(age);
    if (const Json& labels = values_.at("labels"); !labels.is_null()) policy_.labels = labels.get<int64_t>();
    if (policy_.drift.empty() && !policy_.monitor && !policy_.age && !policy_.labels)
      fault("", "nothing would ever be a reason to train anew", "add drift: STAGE, monitor, age: 30d or labels: 500");
  }

  void window(const std::string& input, const Json& value) {
    const std::string field = "windows." + input;
    const spec::InputSpec* spec = pipeline_.input(input);
    if (spec == nullptr) {
      std::vector<std::string> names;
      for (const auto& each : pipeline_.inputs) names.push_back(each.name);
      return fault(field, "there is no input \"" + input + "\"", names.empty() ? "add it under inputs" : "use one of: " + list_of(names));
    }
    WindowPolicy window;
    window.input = input;
    window.path = spec->path;
    window.options = data::input_options(spec->options);
    const Json& from = value.at("from");
    if (from.is_string()) window.from = {from.get<std::string>()};
    else window.from = from.get<std::vector<std::string>>();
    window.time = text_of(value.at("time"));
    if (!value.at("since").is_null()) window.since = seconds_of(value.at("since"));
    if (!value.at("rows").is_null()) window.rows = value.at("rows").get<int64_t>();
    window.reservoir = value.at("reservoir");
    check(field, window);
    policy_.windows.push_back(std::move(window));
  }

  void check(const std::string& field, const WindowPolicy& window) {
    if (window.since && window.time.empty()) fault(field + ".since", "nothing says when a row is from", "name the column: time: created_at");
    if (window.reservoir > 0 && !window.since && !window.rows)
      fault(field + ".reservoir", "without since or rows no row is old", "add rows: 50000, or remove reservoir");
    if (window.options.label.empty())
      fault(field, "the input " + window.input + " has no label, and only labelled rows are trained on", "add label to inputs." + window.input);
    for (const std::string& source : window.from)
      if (std::filesystem::path(source).lexically_normal() == window.path.lexically_normal())
        fault(field + ".from", source + " is the input's own file, which the window will replace", "let inputs." + window.input + ".path be another file");
    const std::string name = window.path.filename().string();
    if (name.ends_with(".gz"))
      fault(field, "a window is written as it is, not compressed, and the input's own file is " + window.path.string(),
            "let inputs." + window.input + ".path be a name without .gz; the files under `from` may have it");
    for (const std::string& source : window.from)
      if (format_of(window, source) != format_of(window, name))
        fault(field + ".from", source + " and the input's own file " + window.path.string() + " are not written alike",
              "keep both as CSV, both as TSV, or both as JSON Lines");
  }

  const spec::Pipeline& pipeline_;
  const Json& values_;
  Policy policy_;
  std::vector<Error> faults_;
};

}  // namespace

data::Format format_of(const WindowPolicy& window, const std::string& file) {
  return window.options.table.format == data::Format::automatic ? data::format_of(file) : window.options.table.format;
}

Result<std::optional<Policy>> policy_of(const spec::Pipeline& pipeline) {
  if (pipeline.retrain.is_null()) return std::optional<Policy>();
  return Reader(pipeline).read();
}

}  // namespace mlopsctl::retrain
