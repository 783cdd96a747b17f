#include "stages/text/recipe.hpp"

#include <algorithm>

#include "stages/text/step.hpp"

namespace mlopsctl::text {

namespace {

const std::vector<StepRow>& rows() {
  static const std::vector<StepRow> all = [] {
    std::vector<StepRow> table;
    for (std::vector<StepRow>& group : std::vector<std::vector<StepRow>>{markup_steps(), character_steps(), word_steps(), regex_steps()})
      for (StepRow& row : group) table.push_back(std::move(row));
    return table;
  }();
  return all;
}

Error at_step(Error error, size_t index, std::string_view option = {}) {
  if (error.field.empty()) error.field = "steps[" + std::to_string(index) + "]" + (option.empty() ? "" : "." + std::string(option));
  return error;
}

bool fits(const Json& value, const spec::Type& type) {
  using Kind = spec::Type::Kind;
  switch (type.kind) {
    case Kind::text:
      return value.is_string();
    case Kind::choice:
      return value.is_string() && std::find(type.choices.begin(), type.choices.end(), value.get_ref<const std::string&>()) != type.choices.end();
    case Kind::boolean:
      return value.is_boolean();
    case Kind::integer:
      return value.is_number_integer() && (!type.minimum || value.get<double>() >= *type.minimum);
    case Kind::list:
      return value.is_array() && std::all_of(value.begin(), value.end(), [&](const Json& item) { return fits(item, *type.element); });
    case Kind::map:
      return value.is_object() && std::all_of(value.begin(), value.end(), [&](const Json& item) { return fits(item, *type.element); });
    default:
      return true;
  }
}

// The step's options, complete: recipes come from model files too, not only from a checked pipeline.
Result<Json> complete(const spec::Alternative& row, const Json& step, size_t index) {
  Json options = {{"step", row.name}};
  std::vector<std::string> names;
  for (const spec::Field& field : row.fields) {
    names.push_back(field.name);
    const auto given = step.find(field.name);
    if (given == step.end() && !field.default_value) return at_step(config_error("step " + row.name + " needs the option \"" + field.name + "\""), index);
    options[field.name] = given == step.end() ? *field.default_value : *given;
    if (!fits(options[field.name], *field.type))
      return at_step(config_error("step " + row.name + " cannot use " + canonical(options[field.name]) + " as \"" + field.name + "\""), index, field.name);
  }
  for (const auto& item : step.items()) {
    if (options.contains(item.key())) continue;
    Error error = config_error("step " + row.name + " has no option \"" + item.key() + "\"");
    if (const auto near = nearest(item.key(), names)) error.hint = "did you mean " + *near + "?";
    return at_step(std::move(error), index);
  }
  return options;
}

Result<const StepRow*> row_of(const Json& step, size_t index) {
  const bool named = step.is_object() && step.contains("step") && step["step"].is_string();
  if (!named) return at_step(config_error("found " + canonical(step) + ", expected a step such as {\"step\": \"lowercase\"}"), index);
  const auto& name = step["step"].get_ref<const std::string&>();
  std::vector<std::string> names;
  for (const StepRow& row : rows()) {
    if (row.alternative.name == name) return &row;
    names.push_back(row.alternative.name);
  }
  Error error = config_error("there is no cleaning step \"" + name + "\"");
  if (const auto near = nearest(name, names)) error.hint = "did you mean " + *near + "?";
  return at_step(std::move(error), index);
}

}  // namespace

std::vector<spec::Alternative> step_table() {
  std::vector<spec::Alternative> table;
  for (const StepRow& row : rows()) table.push_back(row.alternative);
  return table;
}

struct Recipe::Impl {
  std::vector<StepPtr> steps;
  Json json;
};

Recipe::Recipe(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Recipe::~Recipe() = default;
Recipe::Recipe(Recipe&&) noexcept = default;
Recipe& Recipe::operator=(Recipe&&) noexcept = default;

Result<Recipe> Recipe::make(const Json& steps) {
  auto impl = std::make_unique<Impl>();
  impl->json = {{"steps", Json::array()}};
  if (steps.is_null()) return Recipe(std::move(impl));
  if (!steps.is_array()) return config_error("found " + canonical(steps) + ", expected a list of cleaning steps");
  std::vector<Error> faults;
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto add = [&]() -> Status {
      TRY_ASSIGN(const StepRow* row, row_of(steps[i], i));
      TRY_ASSIGN(Json options, complete(row->alternative, steps[i], i));
      Result<StepPtr> step = row->make(options);
      if (!step.ok()) return at_step(std::move(step).error(), i);
      impl->steps.push_back(std::move(*step));
      impl->json["steps"].push_back(std::move(options));
      return {};
    };
    Status added = add();
    if (!added.ok()) faults.push_back(std::move(added).error());
  }
  if (faults.empty()) return Recipe(std::move(impl));
  Error error = std::move(faults.front());
  error.also.assign(std::make_move_iterator(faults.begin() + 1), std::make_move_iterator(faults.end()));
  return error;
}

void Recipe::apply(std::string_view text, std::string& out) const {
  if (impl_->steps.empty()) {
    out.assign(text);
    return;
  }
  // The steps write by turns into `out` and into a buffer that each thread keeps, so that cleaning allocates nothing once warm.
  thread_local std::string buffer;
  const size_t count = impl_->steps.size();
  std::string_view input = text;
  for (size_t i = 0; i < count; ++i) {
    std::string& target = (count - i) % 2 == 1 ? out : buffer;
    impl_->steps[i]->apply(input, target);
    input = target;
  }
}

std::string Recipe::operator()(std::string_view text) const {
  std::string out;
  apply(text, out);
  return out;
}

bool Recipe::empty() const { return impl_->steps.empty(); }
const Json& Recipe::json() const { return impl_->json; }

}  // namespace mlopsctl::text
