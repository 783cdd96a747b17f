#include "pipeline/spec/pipeline.hpp"
#include "pipeline/spec/top_level.hpp"
#include "pipeline/spec/wording.hpp"

namespace mlopsctl::spec {

namespace {

std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string default_of(const Field& field) {
  if (!field.default_value) return field.optional ? "none" : "required";
  const Json& value = *field.default_value;
  if (value.is_object()) return value.empty() ? "`{}`" : "see below";
  if (field.type->kind == Type::Kind::duration) return value == 0 ? "none" : "`" + show_number(value) + "s`";
  if (value.is_number_float()) return "`" + show_number(value) + "`";
  return "`" + (value.is_string() ? value.get<std::string>() : value.dump()) + "`";
}

// One section: a heading, a table of fields, and whatever is too large for a table.
class Page {
 public:
  std::string take() { return std::move(text_); }

  void paragraph(const std::string& text) { text_ += text + "\n\n"; }
  void heading(int level, const std::string& title) { text_ += std::string(static_cast<size_t>(level), '#') + " " + title + "\n\n"; }

  void fields(const std::vector<Field>& fields, int level) {
    if (fields.empty()) return;
    text_ += "| key | type | default | |\n|---|---|---|---|\n";
    rows(fields, "");
    text_ += "\n";
    for (const auto& field : fields) details(*field.type, field.name, level);
  }

 private:
  // Objects within objects stand as dotted keys in the same table.
  void rows(const std::vector<Field>& fields, const std::string& prefix) {
    for (const auto& field : fields) {
      const std::string name = prefix + field.name;
      text_ += "| `" + name + "` | " + cell(brief(*field.type)) + " | " + cell(default_of(field)) + " | " + cell(field.doc) + " |\n";
      nested(*field.type, name);
    }
  }

  void nested(const Type& type, const std::string& name) {
    if (type.kind == Type::Kind::object) rows(type.fields, name + ".");
    if (type.kind == Type::Kind::list) nested(*type.element, name + "[]");
    if (type.kind == Type::Kind::map) nested(*type.element, name + ".<name>");
    if (type.kind == Type::Kind::any_of)
      for (const auto& option : type.options) nested(*option, name);
  }

  void details(const Type& type, const std::string& name, int level) {
    switch (type.kind) {
      case Type::Kind::object:
        for (const auto& field : type.fields) details(*field.type, name + "." + field.name, level);
        break;
      case Type::Kind::list:
        return details(*type.element, name + "[]", level);
      case Type::Kind::map:
        return details(*type.element, name + ".<name>", level);
      case Type::Kind::any_of:
        for (const auto& option : type.options) details(*option, name, level);
        break;
      case Type::Kind::variant:
        for (const auto& alternative : type.alternatives) {
          heading(level, "`" + name + ": {" + type.discriminator + ": " + alternative.name + "}`");
          paragraph(alternative.doc);
          fields(alternative.fields, level + 1);
        }
        break;
      case Type::Kind::steps:
        heading(level, "Steps of `" + name + "`");
        text_ += "| step | options | |\n|---|---|---|\n";
        for (const auto& step : type.alternatives) text_ += "| `" + step.name + "` | " + cell(options_of(step)) + " | " + cell(step.doc) + " |\n";
        text_ += "\n";
        break;
      default:
        break;
    }
  }

  static std::string options_of(const Alternative& step) {
    std::string result;
    for (const auto& field : step.fields)
      result += (result.empty() ? "`" : "; `") + field.name + "` (" + brief(*field.type) + "; " + default_of(field) + "): " + field.doc;
    return result.empty() ? "none" : result;
  }

  std::string text_;
};

}  // namespace

std::string reference_page(const StageCatalog& catalog) {
  Page page;
  page.heading(1, "Reference of pipeline.yaml");
  page.paragraph(
      "Every key, from the table that mlopsctl itself reads by. A duration is a number with s, m, h or d (`90s`, `10m`), or plain seconds. A model is the name "
      "of a stage, a registered alias, or a path. `null` means the same as leaving the key out.");
  page.heading(2, "The file");
  std::vector<Field> top = pipeline_type(catalog)->fields;
  // Inputs and stages have sections of their own.
  for (auto& field : top)
    if (field.name == "inputs" || field.name == "stages") field.type = map(object({}));
  page.fields(top, 3);
  page.heading(2, "`inputs.<name>`");
  page.fields(input_fields(), 3);
  page.heading(2, "`stages.<name>`, whatever its kind");
  page.fields(stage_fields(), 3);
  for (const auto& kind : catalog) {
    page.heading(2, "`kind: " + kind.kind + "`");
    page.paragraph(kind.doc);
    page.fields(kind.fields, 3);
  }
  std::string text = page.take();
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace mlopsctl::spec
