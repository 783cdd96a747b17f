#include <algorithm>
#include <map>
#include <set>

#include "pipeline/base/document.hpp"
#include "pipeline/spec/load_checked.hpp"
#include "pipeline/spec/references.hpp"
#include "pipeline/spec/sources.hpp"
#include "pipeline/spec/top_level.hpp"
#include "pipeline/spec/validate.hpp"
#include "pipeline/spec/variables.hpp"
#include "pipeline/spec/wording.hpp"

namespace mlopsctl::spec {

namespace {

// One Error that carries the others, in the order of the files and of the places in them.
Error gather(std::vector<Error> errors, const LoadOptions& options) {
  std::map<std::string, size_t> order;
  for (size_t i = 0; i < options.files.size(); ++i) order.emplace(options.files[i].string(), i);
  const auto rank = [&](const Error& error) {
    if (!error.span) return std::tuple(order.size() + 1, 0, 0);
    const auto found = order.find(error.span->file);
    return std::tuple(found == order.end() ? order.size() : found->second, error.span->line, error.span->column);
  };
  std::stable_sort(errors.begin(), errors.end(), [&](const Error& a, const Error& b) { return rank(a) < rank(b); });
  Error first = std::move(errors.front());
  first.also.assign(std::make_move_iterator(errors.begin() + 1), std::make_move_iterator(errors.end()));
  return first;
}

// What the field table cannot say: a delimiter that cannot delimit, and names of columns where there are none.
void check_input(const std::string& name, const Node& node, const Json& options, std::vector<Error>& errors) {
  const auto fault = [&](const char* field, std::string message, std::string hint) {
    Error error = config_error(std::move(message));
    error.span = node.find(field)->span();
    error.field = "inputs." + name + "." + field;
    error.hint = std::move(hint);
    errors.push_back(std::move(error));
  };
  if (const Json& delimiter = options["delimiter"]; delimiter == "\"" || delimiter == "\n" || delimiter == "\r")
    fault("delimiter", "a quote or a line end cannot separate fields", "write a character such as \";\"");
  if (options["header"] != false || options["format"] == "jsonl") return;
  for (const char* field : {"text", "label", "id", "group", "weight"}) {
    if (!options[field].is_string()) continue;
    const std::string column = options[field];
    if (column.find_first_not_of("0123456789") == std::string::npos) continue;
    fault(field, "expected the number of a column, counted from 0, because header is false; got \"" + column + "\"",
          "write a number such as 5, or remove header: false");
  }
}

InputSpec make_input(const Node::Entry& entry, Json options, std::vector<Error>& errors) {
  InputSpec input;
  input.name = entry.key.scalar;
  const Node* path = entry.value.find("path");
  input.span = (path != nullptr ? *path : entry.key).span();
  if (!options.is_object()) return input;
  check_input(input.name, entry.value, options, errors);
  if (options["path"].is_string()) input.path = options["path"].get<std::string>();
  options.erase("path");
  input.options = std::move(options);
  return input;
}

// Hands each stage in turn what was found below it; stages must be asked for in file order.
class PlaceReader {
 public:
  explicit PlaceReader(const std::vector<Place>& places) : next_(places.begin()), end_(places.end()) {}

  template <typename Take>
  void below(const std::string& stage, Take take) {
    const std::string prefix = stage + ".";
    while (next_ != end_ && (next_->path == stage || !next_->path.starts_with("stages."))) ++next_;
    for (; next_ != end_ && next_->path.starts_with(prefix); ++next_) take(next_->path.substr(prefix.size()), *next_->node);
  }

 private:
  std::vector<Place>::const_iterator next_, end_;
};

// Takes the fields that every stage has out of `values`; the rest are the kind's own.
void take_common(Json& values, uint64_t pipeline_seed, const std::vector<std::string>& common_names, StageSpec& stage) {
  const Json seed = values["seed"];
  stage.seed = seed.is_null() ? pipeline_seed : seed.get<uint64_t>();
  if (values["timeout"].is_number()) stage.timeout = values["timeout"];
  if (values["retries"].is_number()) stage.retries = values["retries"];
  if (values["runner"].is_string()) stage.runner = values["runner"];
  if (values["cache"].is_boolean()) stage.cache = values["cache"];
  stage.kind = values["kind"];
  values.erase("kind");
  for (const std::string& field : common_names) values.erase(field);
}

StageSpec make_stage(const Node::Entry& entry, Json values, uint64_t pipeline_seed, const std::vector<std::string>& common_names, PlaceReader& places,
                     PlaceReader& models) {
  StageSpec stage;
  stage.name = entry.key.scalar;
  stage.span = entry.key.span();
  if (const Node* inputs = entry.value.find("inputs"))
    for (const Node& item : inputs->items)
      if (item.kind == Node::Kind::scalar) stage.inputs.push_back({item.scalar, item.span()});
  const std::string path = "stages." + stage.name;
  places.below(path, [&](std::string field, const Node& node) { stage.fields.emplace_hint(stage.fields.end(), std::move(field), node.mark()); });
  models.below(path, [&](std::string field, const Node& node) { stage.models.push_back({std::move(field), node.scalar, node.span()}); });
  if (!values.is_object()) return stage;
  take_common(values, pipeline_seed, common_names, stage);
  stage.params = std::move(values);
  return stage;
}

Pipeline make_pipeline(const Node& root, Json& values, const Findings& findings, std::vector<Error>& errors) {
  Pipeline pipeline;
  if (values["name"].is_string()) pipeline.name = values["name"];
  if (values["seed"].is_number()) pipeline.seed = values["seed"];
  pipeline.alerts = values["alerts"];
  pipeline.retrain = values["retrain"];
  for (const Place& place : findings.places)
    if (constexpr std::string_view below = "retrain."; place.path.starts_with(below))
      pipeline.retrain_fields.emplace(place.path.substr(below.size()), place.node->mark());
  if (const Node* inputs = root.find("inputs"))
    for (const auto& entry : inputs->entries) pipeline.inputs.push_back(make_input(entry, std::move(values["inputs"][entry.key.scalar]), errors));
  if (const Node* decisions = root.find("decisions"))
    if (const Node* trust = decisions->find("trust"))
      for (const Node& item : trust->items)
        if (item.kind == Node::Kind::scalar) pipeline.trust.push_back({item.scalar, item.span()});
  PlaceReader places(findings.places), models(findings.models);
  const auto common_names = names_of(stage_fields());
  const Node* stages = root.find("stages");
  if (stages == nullptr || stages->kind != Node::Kind::mapping) return pipeline;
  Json& stage_values = values["stages"];
  pipeline.stages.reserve(stages->entries.size());
  for (const auto& entry : stages->entries)
    pipeline.stages.push_back(make_stage(entry, std::move(stage_values[entry.key.scalar]), pipeline.seed, common_names, places, models));
  return pipeline;
}

// Leaves the stages that no fault names and that need, directly or not, no stage that one names.
void keep_sound(Pipeline& pipeline, const std::vector<Error>& errors) {
  std::set<std::string, std::less<>> faulty;
  for (const Error& error : errors) {
    constexpr std::string_view prefix = "stages.";
    if (!error.field.starts_with(prefix)) continue;
    const std::string rest = error.field.substr(prefix.size());
    faulty.insert(rest.substr(0, rest.find('.')));
  }
  const auto is_faulty = [&](const StageSpec& stage) {
    return faulty.contains(stage.name) || stage.kind.empty() ||
           std::any_of(stage.inputs.begin(), stage.inputs.end(),
                       [&](const InputRef& ref) { return faulty.contains(ref.text.substr(0, ref.text.find('.'))); }) ||
           std::any_of(stage.models.begin(), stage.models.end(), [&](const ModelRef& ref) { return faulty.contains(ref.text); });
  };
  for (bool more = true; more;) {
    more = false;
    for (const StageSpec& stage : pipeline.stages) more = (is_faulty(stage) && faulty.insert(stage.name).second) || more;
  }
  std::erase_if(pipeline.stages, [&](const StageSpec& stage) { return faulty.contains(stage.name); });
}

void add_all(Error error, std::vector<Error>& errors) {
  std::vector<Error> further = std::move(error.also);
  error.also.clear();
  errors.push_back(std::move(error));
  for (Error& each : further) add_all(std::move(each), errors);
}

// A variable with the name of a top-level key would make `--set seed=2` mean two things.
void check_variables(const Node& root, const Type& file, std::vector<Error>& errors) {
  const Node* vars = root.find("vars");
  if (vars == nullptr) return;
  for (const auto& entry : vars->entries) {
    if (std::none_of(file.fields.begin(), file.fields.end(), [&](const Field& field) { return field.name == entry.key.scalar; })) continue;
    Error error = config_error("a variable cannot be called \"" + entry.key.scalar + "\"; that is a key of the file itself");
    error.span = entry.key.span();
    error.field = "vars." + entry.key.scalar;
    error.hint = "rename it, for example my_" + entry.key.scalar;
    errors.push_back(std::move(error));
  }
}

}  // namespace

const StageSpec* Pipeline::stage(std::string_view wanted) const {
  for (const auto& candidate : stages)
    if (candidate.name == wanted) return &candidate;
  return nullptr;
}

const InputSpec* Pipeline::input(std::string_view wanted) const {
  for (const auto& candidate : inputs)
    if (candidate.name == wanted) return &candidate;
  return nullptr;
}

Result<Pipeline> load(const LoadOptions& options, const StageCatalog& catalog) {
  return load_checked(options, catalog, [](const Pipeline&) -> Status { return {}; });
}

Result<Pipeline> load_checked(const LoadOptions& options, const StageCatalog& catalog, const std::function<Status(const Pipeline&)>& check) {
  const TypePtr file = pipeline_type(catalog);
  std::vector<Error> errors;
  auto root = read_sources(options, *file, errors);
  if (!root) return gather(std::move(errors), options);
  check_variables(*root, *file, errors);
  expand_variables(*root, errors);

  Findings findings;
  Json values = validate(*file, *root, nullptr, findings);
  errors.insert(errors.end(), std::make_move_iterator(findings.errors.begin()), std::make_move_iterator(findings.errors.end()));
  for (Error& error : errors)
    for (const std::string& secret : findings.secrets)
      if (error.span && !secret.empty() && error.span->excerpt.find(secret) != std::string::npos) error.span->excerpt.clear();
  Pipeline pipeline = make_pipeline(*root, values, findings, errors);
  check_references(pipeline, errors);
  if (!errors.empty()) keep_sound(pipeline, errors);
  if (Status checked = check(pipeline); !checked) add_all(std::move(checked).error(), errors);
  if (!errors.empty()) return gather(std::move(errors), options);
  return pipeline;
}

}  // namespace mlopsctl::spec
