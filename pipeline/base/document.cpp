#include "pipeline/base/document.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>
#include <unordered_set>

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "pipeline/base/files.hpp"

namespace mlopsctl {

namespace {

constexpr size_t max_nodes = 200'000;
constexpr size_t max_bytes = 16u << 20;

// Thrown out of yaml-cpp's callbacks and caught in build(); never leaves this file.
struct Refusal {
  Error error;
};

Error at(const std::shared_ptr<const Source>& source, int line, int column, int length, std::string message) {
  Error error = config_error(std::move(message));
  SourceSpan span;
  span.file = source->name;
  span.line = line;
  span.column = column;
  span.length = std::max(1, length);
  span.excerpt = std::string(source->line(line));
  error.span = std::move(span);
  return error;
}

size_t count(const Node& node) {
  size_t total = 1;
  for (const auto& item : node.items) total += count(item);
  for (const auto& entry : node.entries) total += 1 + count(entry.value);
  return total;
}

// Builds the tree from yaml-cpp's events, so that every rule is applied before a node exists twice.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(make(mark, Node::Kind::null), anchor); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    Node node = make(mark, Node::Kind::scalar);
    refuse_tag(tag, node);
    node.plain = tag != "!";
    node.scalar = value;
    node.length = static_cast<int>(value.find('\n') == std::string::npos ? value.size() + (node.plain ? 0 : 2) : 1);
    if (node.plain && (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL")) node.kind = Node::Kind::null;
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Node place = make(mark, Node::Kind::null);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refusal{at(source_, place.line, place.column, 1, "this alias stands inside its own anchor: the value would be endless")};
    Node copy = found->second;
    nodes_ += count(copy);
    check_budget(place);
    add(std::move(copy), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override { open(mark, tag, anchor, Node::Kind::sequence); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override { open(mark, tag, anchor, Node::Kind::mapping); }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Node> key;                // a mapping's key that waits for its value
    std::unordered_set<std::string> seen;   // a mapping's keys
  };

  Node make(const YAML::Mark& mark, Node::Kind kind) const {
    Node node;
    node.kind = kind;
    node.source = source_;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void refuse_tag(const std::string& tag, const Node& node) const {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Refusal{at(source_, node.line, node.column, static_cast<int>(tag.size()), "tags such as " + tag + " are not used here; expected a plain value")};
  }

  void check_budget(const Node& place) const {
    if (nodes_ > max_nodes)
      throw Refusal{at(source_, place.line, place.column, place.length, "the document grows past " + std::to_string(max_nodes) + " values here, aliases included")};
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    Open level{make(mark, kind), anchor, std::nullopt, {}};
    refuse_tag(tag, level.node);
    if (!open_.empty() && open_.back().node.kind == Node::Kind::mapping && !open_.back().key)
      throw Refusal{at(source_, level.node.line, level.node.column, 1, "a key must be text, not a list or a mapping")};
    open_.push_back(std::move(level));
  }

  void close() {
    Open level = std::move(open_.back());
    open_.pop_back();
    add(std::move(level.node), level.anchor);
  }

  void add(Node node, YAML::anchor_t anchor) {
    ++nodes_;
    check_budget(node);
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      if (node.scalar == "<<" && node.plain)
        throw Refusal{at(source_, node.line, node.column, 2, "merge keys (<<) are not supported; use an overlay file (-f base.yaml -f over.yaml)")};
      if (!parent.seen.insert(node.scalar).second)
        throw Refusal{at(source_, node.line, node.column, node.length, "key \"" + node.scalar + "\" appears twice in the same mapping")};
      parent.key = std::move(node);
    } else {
      parent.node.entries.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  std::shared_ptr<const Source> source_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  size_t nodes_ = 0;
  Node root_;
};

// yaml-cpp reads past broken UTF-8 and NUL without a word.
Status check_text(const std::shared_ptr<const Source>& source) {
  const std::string& text = source->text;
  if (text.size() > max_bytes) return config_error(source->name + " is larger than " + std::to_string(max_bytes >> 20) + " MiB");
  int line = 1, column = 1;
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t extra = byte < 0x80 ? 0 : byte >= 0xC2 && byte < 0xE0 ? 1 : byte >= 0xE0 && byte < 0xF0 ? 2 : byte >= 0xF0 && byte < 0xF5 ? 3 : 9;
    bool good = byte != 0 && extra != 9 && i + extra < text.size();
    for (size_t k = 1; good && k <= extra; ++k) good = (static_cast<unsigned char>(text[i + k]) & 0xC0) == 0x80;
    if (!good) return at(source, line, column, 1, byte == 0 ? "found a NUL byte; expected text" : "this byte is not valid UTF-8").with_hint("save the file as UTF-8 text");
    if (byte == '\n') ++line, column = 1;
    else column += static_cast<int>(extra) + 1;
    i += extra + 1;
  }
  return {};
}

Result<std::vector<Node>> build(std::string text, std::string name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  auto source = std::make_shared<Source>(Source{std::move(name), std::move(text), {}});
  source->index_lines();
  TRY(check_text(source));
  std::istringstream stream(source->text);
  std::vector<Node> documents;
  try {
    YAML::Parser parser(stream);
    while (true) {
      Builder builder(source);
      if (!parser.HandleNextDocument(builder)) break;
      documents.push_back(builder.take());
    }
  } catch (Refusal& refusal) {
    return std::move(refusal.error);
  } catch (const YAML::Exception& e) {
    return at(source, e.mark.line + 1, e.mark.column + 1, 1, "not valid YAML: " + e.msg);
  }
  return documents;
}

}  // namespace

void Source::index_lines() {
  starts.assign(1, 0);
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', end + 1)) starts.push_back(end + 1);
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
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

SourceSpan Node::span() const {
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
    case Kind::null: return "nothing";
    case Kind::sequence: return "a list";
    case Kind::mapping: return "a mapping";
    case Kind::scalar: break;
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
  if (digits.find_first_of("0123456789") == std::string_view::npos || digits.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (fault != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

Result<std::vector<Node>> parse_yaml_stream(std::string text, std::string name) { return build(std::move(text), std::move(name)); }

Result<Node> parse_yaml(std::string text, std::string name) {
  auto source = std::make_shared<Source>(Source{name, text, {}});
  TRY_ASSIGN(auto documents, build(std::move(text), std::move(name)));
  if (documents.empty()) {
    Node empty;
    empty.source = source;
    empty.line = empty.column = 1;
    return empty;
  }
  if (documents.size() > 1) return at(source, documents[1].line, documents[1].column, 1, "a second document starts here; expected one");
  return std::move(documents.front());
}

Result<Node> read_yaml(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) {
    Error error = std::move(text).error();
    error.kind = ErrorKind::config;
    return error;
  }
  return parse_yaml(std::move(text).value(), path.string());
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
    const size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    if (key.empty() || assignment[equals - 1] == '.') return usage("--set " + std::string(assignment) + ": found nothing between or after the dots");
    if (place->kind == Node::Kind::sequence) {
      size_t index = 0;
      const auto [end, fault] = std::from_chars(key.data(), key.data() + key.size(), index);
      if (fault != std::errc() || end != key.data() + key.size() || index >= place->items.size())
        return usage("--set " + std::string(assignment) + ": \"" + key + "\" is not an index of a list with " + std::to_string(place->items.size()) + " items");
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
      name.line = name.column = 1;
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
    case Node::Kind::null: return nullptr;
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
    case Node::Kind::scalar: break;
  }
  if (const auto flag = node.as_bool()) return *flag;
  if (const auto integer = node.as_integer()) return *integer;
  if (const auto number = node.as_number()) return *number;
  return node.scalar;
}

namespace {

// Readers of YAML 1.1 (kubectl's among them) take these for booleans, nulls or numbers when they stand without quotes.
bool needs_quotes(const std::string& text) {
  static const std::unordered_set<std::string> words = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "nan", ".nan", "inf", ".inf", "-.inf"};
  std::string lower;
  for (const char c : text) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (text.empty() || words.contains(lower)) return true;
  // Anything that starts like a number, a date or a base-60 figure.
  return std::string_view("0123456789+-.").find(text.front()) != std::string_view::npos;
}

void emit(YAML::Emitter& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      if (value.empty()) out << YAML::Flow;
      out << YAML::BeginMap;
      for (const auto& [key, item] : value.items()) {
        out << YAML::Key;
        emit(out, Json(key));
        out << YAML::Value;
        emit(out, item);
      }
      out << YAML::EndMap;
      break;
    case Json::value_t::array:
      if (value.empty()) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const auto& item : value) emit(out, item);
      out << YAML::EndSeq;
      break;
    case Json::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      if (text.find('\n') != std::string::npos && text.find_first_not_of(" \n") == 0) out << YAML::Literal << text;
      else if (needs_quotes(text)) out << YAML::DoubleQuoted << text;
      else out << text;
      break;
    }
    case Json::value_t::null: out << YAML::Null; break;
    default: out << value.dump();  // numbers and booleans: JSON's spelling is YAML's
  }
}

}  // namespace

std::string to_yaml(const Json& value) {
  YAML::Emitter out;
  emit(out, value);
  return std::string(out.c_str()) + "\n";
}

}  // namespace mlopsctl
