#include "pipeline/k8s/template.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <set>

#include "pipeline/base/document.hpp"

namespace mlopsctl::k8s {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos && (text[0] < '0' || text[0] > '9');
}

std::string describe(const Json& value) {
  if (value.is_null()) return "nothing";
  if (value.is_object()) return "a mapping";
  return value.is_array() ? "a list" : value.dump();
}

class Filler {
 public:
  explicit Filler(const Values& values) : values_(values) {}

  Json walk(const Node& node) {
    switch (node.kind) {
      case Node::Kind::null:
        return nullptr;
      case Node::Kind::scalar:
        return scalar(node);
      case Node::Kind::sequence: {
        Json list = Json::array();
        for (const auto& item : node.items)
          if (Json value = walk(item); !value.is_null()) list.push_back(std::move(value));
        return list;
      }
      case Node::Kind::mapping:
        break;
    }
    Json object = Json::object();
    for (const auto& entry : node.entries) {
      if (entry.key.scalar.find("${") != std::string::npos)
        refuse(entry.key, 0, entry.key.length, "found a placeholder in a key; expected it in a value", "put ${...} after the colon");
      if (Json value = walk(entry.value); !value.is_null()) object[entry.key.scalar] = std::move(value);
    }
    return object;
  }

  void refuse_unused(const Node& root) {
    for (const auto& [name, value] : values_) {
      if (used_.contains(name)) continue;
      refuse(root, 0, 1, "the value \"" + name + "\" is used nowhere in this template", "write ${" + name + "} where it belongs, or do not pass it");
    }
  }

  Status status() {
    if (faults_.empty()) return {};
    Error first = std::move(faults_.front());
    first.also.assign(std::make_move_iterator(faults_.begin() + 1), std::make_move_iterator(faults_.end()));
    return first;
  }

 private:
  Json scalar(const Node& node) {
    const std::string_view text = node.scalar;
    if (text.find("${") == std::string_view::npos) return to_json(node);
    if (node.plain && text.starts_with("${") && text.find('}') == text.size() - 1) {
      const Json* value = look_up(node, 0, text);
      return value ? *value : Json();
    }
    std::string result;
    size_t done = 0;
    for (size_t start = text.find("${"); start != std::string_view::npos; start = text.find("${", done)) {
      result += text.substr(done, start - done);
      const size_t end = text.find('}', start);
      if (end == std::string_view::npos) {
        refuse(node, start, text.size() - start, "this placeholder is not closed", "write ${name}");
        return result;
      }
      done = end + 1;
      const std::string_view placeholder = text.substr(start, done - start);
      const Json* value = look_up(node, start, placeholder);
      if (!value) continue;
      if (value->is_string()) result += value->get_ref<const std::string&>();
      else if (value->is_primitive() && !value->is_null()) result += value->dump();
      else
        refuse(node, start, placeholder.size(),
               "found " + describe(*value) + " for " + std::string(placeholder) + " inside text; expected text, a number or a boolean",
               "let the placeholder stand alone and without quotes");
    }
    return result += text.substr(done);
  }

  const Json* look_up(const Node& node, size_t offset, std::string_view placeholder) {
    const std::string name(placeholder.substr(2, placeholder.size() - 3));
    if (!is_name(name)) {
      refuse(node, offset, placeholder.size(), "found " + std::string(placeholder) + "; expected a placeholder such as ${name}",
             "use small letters, digits and _");
      return nullptr;
    }
    const auto found = values_.find(name);
    if (found == values_.end()) {
      std::vector<std::string> known;
      for (const auto& [key, value] : values_) known.push_back(key);
      const auto near = nearest(name, known);
      refuse(node, offset, placeholder.size(), "no value for " + std::string(placeholder), near ? "did you mean ${" + *near + "}?" : "");
      return nullptr;
    }
    used_.insert(name);
    return &found->second;
  }

  // `offset` counts bytes from the start of the scalar's text; exact unless escapes or line breaks stand before it.
  void refuse(const Node& node, size_t offset, size_t length, std::string message, std::string hint) {
    Error error = config_error(std::move(message)).with_hint(std::move(hint));
    SourceSpan span = node.span();
    if (length > 0 && offset + length <= span.excerpt.size()) {
      span.column += static_cast<int>(offset) + (node.kind == Node::Kind::scalar && !node.plain ? 1 : 0);
      span.length = static_cast<int>(length);
    }
    error.span = std::move(span);
    faults_.push_back(std::move(error));
  }

  const Values& values_;
  std::set<std::string> used_;
  std::vector<Error> faults_;
};

}  // namespace

const TemplateFile& builtin_template(std::string_view name) {
  const auto files = builtin_templates();
  const auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.name == name; });
  assert(found != files.end());
  return *found;
}

Result<Json> fill_template(std::string_view text, std::string_view path, const Values& values) {
  TRY_ASSIGN(const Node root, parse_yaml(std::string(text), std::string(path)));
  if (root.kind != Node::Kind::mapping) {
    Error error = config_error("found " + root.describe() + "; expected a mapping, the object to render");
    error.span = root.span();
    return error;
  }
  Filler filler(values);
  Json object = filler.walk(root);
  filler.refuse_unused(root);
  TRY(filler.status());
  return object;
}

}  // namespace mlopsctl::k8s
