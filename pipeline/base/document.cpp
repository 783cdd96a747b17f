#include "pipeline/base/document.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>

namespace mlopsctl {

void Source::index_lines() {
  starts.assign(1, 0);
  for (size_t i = text.find('\n'); i != std::string::npos; i = text.find('\n', i + 1)) starts.push_back(i + 1);
}

std::pair<int, int> Source::position(size_t offset) const {
  const auto next = std::upper_bound(starts.begin(), starts.end(), offset);
  const size_t line = static_cast<size_t>(next - starts.begin());
  return {static_cast<int>(line), line == 0 ? 1 : static_cast<int>(offset - starts[line - 1]) + 1};
}

std::string_view Source::line(int number) const {
  size_t start = 0;
  if (!starts.empty()) {
    if (number < 1 || static_cast<size_t>(number) > starts.size()) return {};
    start = starts[static_cast<size_t>(number) - 1];
  } else {
    for (int i = 1; i < number; ++i) {
      start = text.find('\n', start);
      if (start == std::string::npos) return {};
      ++start;
    }
  }
  std::string_view rest = std::string_view(text).substr(start);
  rest = rest.substr(0, rest.find('\n'));
  return rest.substr(0, rest.find('\r'));
}

SourceSpan Mark::span() const {
  SourceSpan result;
  if (!source) return result;
  result.file = source->name;
  result.line = line;
  result.column = column;
  result.length = std::max(1, length);
  result.excerpt = std::string(source->line(line));
  return result;
}

const Node* Node::find(std::string_view key) const {
  for (const auto& entry : entries)
    if (entry.key.scalar == key) return &entry.value;
  return nullptr;
}

std::string Node::describe() const {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::sequence:
      return "a list";
    case Kind::mapping:
      return "a mapping";
    case Kind::scalar:
      break;
  }
  if (as_bool()) return "the boolean " + scalar;
  if (as_number()) return "the number " + scalar;
  std::string shown = scalar.substr(0, 60);
  if (shown.size() < scalar.size()) shown += "...";
  return "\"" + shown + "\"";
}

std::optional<bool> Node::as_bool() const {
  if (kind != Kind::scalar || !plain) return std::nullopt;
  if (scalar == "true" || scalar == "True" || scalar == "TRUE") return true;
  if (scalar == "false" || scalar == "False" || scalar == "FALSE") return false;
  return std::nullopt;
}

std::optional<int64_t> Node::as_integer() const {
  if (kind != Kind::scalar || !plain) return std::nullopt;
  std::string_view digits = scalar;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int64_t value = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (fault != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> Node::as_number() const {
  if (kind != Kind::scalar || !plain || scalar.empty()) return std::nullopt;
  std::string_view digits = scalar;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  // from_chars would take "inf" and "nan"; a number starts with a digit, a sign or a point.
  if (digits.find_first_of("0123456789") == std::string_view::npos || digits.find_first_not_of("0123456789+-.eE") != std::string_view::npos)
    return std::nullopt;
  double value = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (fault != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

void merge(Node& base, Node over) {
  if (base.kind != Node::Kind::mapping || over.kind != Node::Kind::mapping) {
    base = std::move(over);
    return;
  }
  for (auto& entry : over.entries) {
    auto& mine = base.entries;
    const auto found = std::find_if(mine.begin(), mine.end(), [&](const auto& e) { return e.key.scalar == entry.key.scalar; });
    if (entry.value.kind == Node::Kind::null) {
      if (found != mine.end()) mine.erase(found);
    } else if (found != mine.end()) {
      merge(found->value, std::move(entry.value));
    } else {
      mine.push_back(std::move(entry));
    }
  }
}

namespace {

// Makes `node`, parsed from a part of `source` that begins `offset` bytes into its only line, point into the whole.
void move_into(Node& node, const std::shared_ptr<const Source>& source, int offset) {
  node.source = source;
  if (node.line == 1) node.column += offset;
  for (auto& item : node.items) move_into(item, source, offset);
  for (auto& entry : node.entries) {
    move_into(entry.key, source, offset);
    move_into(entry.value, source, offset);
  }
}

}  // namespace

Status set_value(Node& root, std::string_view assignment) {
  const auto usage = [&](std::string message) {
    Error error = config_error(std::move(message));
    error.kind = ErrorKind::usage;
    error.hint = "write --set path.to.key=value, for example --set seed=2";
    return error;
  };
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) return usage("--set " + std::string(assignment) + ": expected key=value");
  const auto whole = std::make_shared<const Source>(Source{"--set", std::string(assignment), {}});
  const int offset = static_cast<int>(equals) + 1;
  auto parsed = parse_yaml(std::string(assignment.substr(equals + 1)), whole->name);
  if (!parsed) {
    Error error = std::move(parsed).error();
    if (error.span && error.span->line == 1) {
      error.span->column += offset;
      error.span->excerpt = whole->text;
    }
    return error;
  }
  Node value = std::move(parsed).value();
  move_into(value, whole, offset);

  Node* place = &root;
  std::string_view path = assignment.substr(0, equals);
  while (!path.empty()) {
    const int column = static_cast<int>(equals - path.size()) + 1;
    const size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    if (key.empty() || assignment[equals - 1] == '.') return usage("--set " + std::string(assignment) + ": found nothing between or after the dots");
    if (place->kind == Node::Kind::sequence) {
      size_t index = 0;
      const auto [end, fault] = std::from_chars(key.data(), key.data() + key.size(), index);
      if (fault != std::errc() || end != key.data() + key.size() || index >= place->items.size())
        return usage("--set " + std::string(assignment) + ": \"" + key + "\" is not an index of a list with " + std::to_string(place->items.size()) +
                     (place->items.size() == 1 ? " item" : " items"));
      place = &place->items[index];
      continue;
    }
    if (place->kind != Node::Kind::mapping) {
      Node mapping;
      mapping.kind = Node::Kind::mapping;
      mapping.source = value.source;
      mapping.line = mapping.column = 1;
      *place = std::move(mapping);
    }
    Node* next = const_cast<Node*>(place->find(key));
    if (next == nullptr) {
      Node name;
      name.kind = Node::Kind::scalar;
      name.scalar = key;
      name.source = value.source;
      name.line = 1;
      name.column = column;
      name.length = static_cast<int>(key.size());
      place->entries.push_back({std::move(name), Node{}});
      next = &place->entries.back().value;
    }
    place = next;
  }
  *place = std::move(value);
  return {};
}

Json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::sequence: {
      Json list = Json::array();
      for (const auto& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::mapping: {
      Json object = Json::object();
      for (const auto& entry : node.entries) object[entry.key.scalar] = to_json(entry.value);
      return object;
    }
    case Node::Kind::scalar:
      break;
  }
  if (const auto flag = node.as_bool()) return *flag;
  if (const auto integer = node.as_integer()) return *integer;
  if (const auto number = node.as_number()) return *number;
  return node.scalar;
}

}  // namespace mlopsctl
