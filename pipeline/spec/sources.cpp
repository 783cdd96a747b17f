#include "pipeline/spec/sources.hpp"

#include <algorithm>
#include <optional>

#include "pipeline/base/files.hpp"
#include "pipeline/base/yaml_cache.hpp"
#include "pipeline/spec/wording.hpp"

namespace mlopsctl::spec {

namespace {

Node* child(Node& node, std::string_view key) { return const_cast<Node*>(node.find(key)); }

// A misspelt first word, or a stage or input that does not exist, would silently make a new entry; refuse it here, where what was
// meant can still be told.
std::optional<Error> misdirected(Node& root, const std::string& assignment, std::string_view path, const Type& file) {
  const size_t dot = path.find('.');
  const std::string first(path.substr(0, dot));
  auto known = names_of(file.fields);
  const Node* vars = root.find("vars");
  if (std::find(known.begin(), known.end(), first) == known.end()) {
    if (vars != nullptr)
      for (const auto& entry : vars->entries) known.push_back(entry.key.scalar);
    const auto near = nearest(first, known);
    return usage_error("--set " + assignment + ": unknown key \"" + first + "\"" + (near ? "; did you mean \"" + *near + "\"?" : ""),
                       "use a variable or a path that starts with one of " + comma_list(known));
  }
  if ((first != "stages" && first != "inputs") || dot == std::string_view::npos) return std::nullopt;
  const std::string_view rest = path.substr(dot + 1);
  const size_t next = rest.find('.');
  if (next == std::string_view::npos || next == 0) return std::nullopt;
  const std::string name(rest.substr(0, next));
  const Node* section = root.find(first);
  if (section != nullptr && section->find(name) != nullptr) return std::nullopt;
  std::vector<std::string> names;
  if (section != nullptr)
    for (const auto& entry : section->entries) names.push_back(entry.key.scalar);
  const auto near = nearest(name, names);
  const std::string what = first == "stages" ? "stage" : "input";
  return usage_error("--set " + assignment + ": unknown " + what + " \"" + name + "\"" + (near ? "; did you mean \"" + *near + "\"?" : ""),
                     names.empty() ? "" : "use one of " + comma_list(names));
}

// A variable's value is taken as it stands: it is text, not YAML.
Node variable_value(const std::string& assignment, size_t equals) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.scalar = assignment.substr(equals + 1);
  node.source = std::make_shared<const Source>(Source{"--set", assignment, {}});
  node.line = 1;
  node.column = static_cast<int>(equals) + 2;
  node.length = static_cast<int>(node.scalar.size());
  return node;
}

std::optional<Error> assign(Node& root, const std::string& assignment, const Type& file) {
  const size_t equals = assignment.find('=');
  if (equals != std::string::npos && equals > 0) {
    const std::string path = assignment.substr(0, equals);
    Node* vars = child(root, "vars");
    if (Node* variable = vars == nullptr ? nullptr : child(*vars, path)) {
      *variable = variable_value(assignment, equals);
      return std::nullopt;
    }
    if (auto error = misdirected(root, assignment, path, file)) return error;
  }
  const auto done = set_value(root, assignment);
  if (!done) return done.error();
  return std::nullopt;
}

Result<Node> read(const std::filesystem::path& path, const std::filesystem::path& parsed) {
  auto text = read_file(path);
  if (text) return parse_yaml_cached(std::move(text).value(), path.string(), parsed);
  Error error = std::move(text).error();
  error.kind = ErrorKind::config;
  return error;
}

}  // namespace

std::optional<Node> read_sources(const LoadOptions& options, const Type& file, std::vector<Error>& errors) {
  std::optional<Node> root;
  bool readable = true;
  if (options.files.empty()) errors.push_back(usage_error("no pipeline file was named", "name one with -f"));
  for (const auto& path : options.files) {
    auto document = read(path, options.parsed);
    if (!document) {
      Error error = std::move(document).error();
      std::error_code ignored;
      const bool folder = std::filesystem::is_directory(path, ignored);
      if (!error.span) error.hint = folder ? "name the file in it" : error.hint.empty() ? "write one with `mlopsctl init`, or name a file with -f" : error.hint;
      errors.push_back(std::move(error));
      readable = false;
      continue;
    }
    if (document->kind != Node::Kind::mapping) {
      Error error = config_error(document->kind == Node::Kind::null ? "the file is empty; expected a pipeline"
                                                                    : "expected a mapping at the top, got " + document->describe());
      error.span = document->span();
      error.hint = "write an example with `mlopsctl init`";
      errors.push_back(std::move(error));
      readable = false;
      continue;
    }
    if (!root) root = std::move(document).value();
    else merge(*root, std::move(document).value());
  }
  if (!readable || !root) return std::nullopt;
  for (const auto& assignment : options.sets)
    if (auto error = assign(*root, assignment, file)) errors.push_back(std::move(*error));
  return root;
}

}  // namespace mlopsctl::spec
