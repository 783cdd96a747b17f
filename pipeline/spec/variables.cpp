#include "pipeline/spec/variables.hpp"

#include <map>
#include <optional>
#include <string>

#include "pipeline/spec/wording.hpp"

namespace mlopsctl::spec {

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

class Expander {
 public:
  Expander(const Variables& variables, std::vector<Error>& errors) : variables_(variables), errors_(errors) {}

  void walk(Node& node) {
    if (node.kind == Node::Kind::scalar && node.scalar.find('$') != std::string::npos) expand(node);
    for (size_t i = 0; i < node.items.size(); ++i) below(std::to_string(i), node.items[i]);
    for (auto& entry : node.entries) below(entry.key.scalar, entry.value);
  }

  void below(const std::string& name, Node& node) {
    path_.push_back(name);
    walk(node);
    path_.pop_back();
  }

  // With `nested` a reference is an error: variables do not refer to variables.
  void expand(Node& node, bool nested = false) {
    std::string result;
    const std::string_view text = node.scalar;
    bool good = true;
    for (size_t i = 0; i < text.size();) {
      if (text[i] != '$' || i + 1 == text.size() || (text[i + 1] != '$' && text[i + 1] != '{')) {
        result += text[i++];
        continue;
      }
      if (text[i + 1] == '$') {
        result += '$';
        i += 2;
        continue;
      }
      const size_t close = text.find('}', i);
      if (close == std::string_view::npos) {
        fault(node, "\"" + std::string(text.substr(i, 40)) + "\" has no closing brace", "write ${name}, or $$ for a plain $");
        return;
      }
      const std::string_view name = text.substr(i + 2, close - i - 2);
      const auto found = variables_.find(name);
      if (nested) {
        fault(node, "a variable cannot refer to another one, got ${" + std::string(name) + "}", "write the whole value here");
        good = false;
      } else if (found == variables_.end()) {
        unknown(node, std::string(name));
        good = false;
      } else {
        result += found->second;
      }
      i = close + 1;
    }
    if (good) node.scalar = std::move(result);
  }

  std::vector<std::string> path_;

 private:
  void fault(const Node& node, std::string message, std::string hint) {
    Error error = config_error(std::move(message));
    error.span = node.span();
    for (const auto& part : path_) error.field += (error.field.empty() ? "" : ".") + part;
    error.hint = std::move(hint);
    errors_.push_back(std::move(error));
  }

  void unknown(const Node& node, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& [known, value] : variables_) names.push_back(known);
    const auto near = nearest(name, names);
    fault(node, "unknown variable \"" + name + "\"" + (near ? "; did you mean \"" + *near + "\"?" : ""),
          names.empty() ? "declare it: vars: {" + (name.empty() ? "name" : name) + ": value}, or write $$ for a plain $"
                        : "use one of " + comma_list(names) + ", or declare it under vars");
  }

  const Variables& variables_;
  std::vector<Error>& errors_;
};

}  // namespace

void expand_variables(Node& root, std::vector<Error>& errors) {
  Variables variables;
  Expander expander(variables, errors);
  for (auto& entry : root.entries) {
    if (entry.key.scalar != "vars") continue;
    for (auto& variable : entry.value.entries) {
      if (variable.value.kind != Node::Kind::scalar) continue;
      expander.path_ = {"vars", variable.key.scalar};
      expander.expand(variable.value, true);
      variables[variable.key.scalar] = variable.value.scalar;
    }
  }
  for (auto& entry : root.entries) {
    expander.path_ = {entry.key.scalar};
    if (entry.key.scalar != "vars") expander.walk(entry.value);
  }
}

}  // namespace mlopsctl::spec
