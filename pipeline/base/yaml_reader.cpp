// The reading half of Document; the one place that includes libyaml.
#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_set>

#include <yaml.h>

#include "pipeline/base/document.hpp"
#include "pipeline/base/files.hpp"

namespace mlopsctl {

namespace {

constexpr size_t max_nodes = 200'000;
constexpr size_t max_bytes = 16u << 20;

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

Error at(const Node& node, std::string message) { return at(node.source, node.line, node.column, node.length, std::move(message)); }

size_t count(const Node& node) {
  size_t total = 1;
  for (const auto& item : node.items) total += count(item);
  for (const auto& entry : node.entries) total += 1 + count(entry.value);
  return total;
}

// libyaml counts columns in characters, spans count bytes.
int byte_column(std::string_view line, size_t characters) {
  size_t i = 0;
  for (; characters > 0 && i < line.size(); --characters) {
    ++i;
    while (i < line.size() && (static_cast<unsigned char>(line[i]) & 0xC0) == 0x80) ++i;
  }
  return static_cast<int>(i + characters) + 1;
}

// One event of libyaml, freed with it.
class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  yaml_event_t* operator->() { return &event_; }
  yaml_event_t* get() { return &event_; }

 private:
  yaml_event_t event_{};
};

class Reader {
 public:
  explicit Reader(std::shared_ptr<const Source> source) : source_(std::move(source)), ascii_(is_ascii(source_->text)) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(source_->text.data()), source_->text.size());
  }
  ~Reader() { yaml_parser_delete(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Result<std::vector<Node>> read() {
    while (true) {
      Event event;
      if (yaml_parser_parse(&parser_, event.get()) == 0) return syntax_error();
      if (event->type == YAML_STREAM_END_EVENT) return std::move(documents_);
      if (auto refusal = take(*event.get())) return std::move(*refusal);
    }
  }

 private:
  using Refusal = std::optional<Error>;

  // A list or mapping under construction.
  struct Open {
    Node node;
    std::string anchor;
    std::optional<Node> key;               // a mapping's key that waits for its value
    std::unordered_set<std::string> seen;  // a mapping's keys
  };

  static bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  }

  static std::string text_of(const yaml_char_t* text) { return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text)); }

  int column(const yaml_mark_t& mark) const {
    return ascii_ ? static_cast<int>(mark.column) + 1 : byte_column(source_->line(static_cast<int>(mark.line) + 1), mark.column);
  }

  Node make(const yaml_event_t& event, Node::Kind kind) const {
    Node node;
    node.kind = kind;
    node.source = source_;
    node.line = static_cast<int>(event.start_mark.line) + 1;
    node.column = column(event.start_mark);
    return node;
  }

  Refusal take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        anchors_.clear();
        return std::nullopt;
      case YAML_DOCUMENT_END_EVENT:
        documents_.push_back(std::move(root_));
        return std::nullopt;
      case YAML_SCALAR_EVENT:
        return scalar(event);
      case YAML_ALIAS_EVENT:
        return alias(event);
      case YAML_SEQUENCE_START_EVENT:
        return open(event, Node::Kind::sequence, event.data.sequence_start.anchor, event.data.sequence_start.tag);
      case YAML_MAPPING_START_EVENT:
        return open(event, Node::Kind::mapping, event.data.mapping_start.anchor, event.data.mapping_start.tag);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        return close();
      default:
        return std::nullopt;
    }
  }

  static Refusal refuse_tag(const yaml_char_t* tag, const Node& node) {
    if (tag == nullptr) return std::nullopt;
    return at(node.source, node.line, node.column, 1, "tags such as " + text_of(tag) + " are not used here; expected a plain value");
  }

  Refusal scalar(const yaml_event_t& event) {
    const auto& data = event.data.scalar;
    Node node = make(event, Node::Kind::scalar);
    if (auto refusal = refuse_tag(data.tag, node)) return refusal;
    node.plain = data.style == YAML_PLAIN_SCALAR_STYLE;
    node.scalar.assign(reinterpret_cast<const char*>(data.value), data.length);
    if (event.end_mark.line == event.start_mark.line) node.length = std::max(1, column(event.end_mark) - node.column);
    if (node.plain && (node.scalar.empty() || node.scalar == "~" || node.scalar == "null" || node.scalar == "Null" || node.scalar == "NULL"))
      node.kind = Node::Kind::null;
    return add(std::move(node), text_of(data.anchor));
  }

  Refusal alias(const yaml_event_t& event) {
    Node place = make(event, Node::Kind::null);
    const std::string name = text_of(event.data.alias.anchor);
    place.length = static_cast<int>(name.size()) + 1;
    for (const Open& level : open_)
      if (level.anchor == name) return at(place, "the alias *" + name + " stands inside its own anchor: the value would be endless");
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) return at(place, "the alias *" + name + " has no anchor: expected &" + name + " before it");
    nodes_ += count(found->second);
    if (auto refusal = check_budget(place)) return refusal;
    return add(found->second, "");
  }

  Refusal check_budget(const Node& place) const {
    if (nodes_ <= max_nodes) return std::nullopt;
    return at(place, "the document grows past " + std::to_string(max_nodes) + " values here, aliases included");
  }

  bool key_expected() const { return !open_.empty() && open_.back().node.kind == Node::Kind::mapping && !open_.back().key; }

  Refusal open(const yaml_event_t& event, Node::Kind kind, const yaml_char_t* anchor, const yaml_char_t* tag) {
    Open level{make(event, kind), text_of(anchor), std::nullopt, {}};
    if (auto refusal = refuse_tag(tag, level.node)) return refusal;
    if (key_expected()) return at(level.node, "a key must be text, not a list or a mapping");
    open_.push_back(std::move(level));
    return std::nullopt;
  }

  Refusal close() {
    Open level = std::move(open_.back());
    open_.pop_back();
    return add(std::move(level.node), level.anchor);
  }

  Refusal add(Node node, const std::string& anchor) {
    ++nodes_;
    if (auto refusal = check_budget(node)) return refusal;
    if (!anchor.empty()) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return std::nullopt;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
      return std::nullopt;
    }
    if (parent.key) {
      parent.node.entries.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
      return std::nullopt;
    }
    if (node.kind != Node::Kind::scalar && node.kind != Node::Kind::null) return at(node, "a key must be text, not a list or a mapping");
    if (node.scalar == "<<" && node.plain) return at(node, "merge keys (<<) are not supported; use an overlay file (-f base.yaml -f over.yaml)");
    if (!parent.seen.insert(node.scalar).second) return at(node, "key \"" + node.scalar + "\" appears twice in the same mapping");
    parent.key = std::move(node);
    return std::nullopt;
  }

  Error syntax_error() const {
    if (parser_.error == YAML_MEMORY_ERROR) return at(source_, 1, 1, 1, "out of memory while reading");
    if (parser_.error == YAML_READER_ERROR) return unreadable_byte();
    const int line = static_cast<int>(parser_.problem_mark.line) + 1;
    const int place = column(parser_.problem_mark);
    const std::string_view text = source_->line(line);
    const auto index = static_cast<size_t>(place) - 1;
    const SyntaxFault fault = explain(index < text.size() ? text[index] : '\0');
    return at(source_, line, place, 1, "not valid YAML: " + fault.message).with_hint(fault.hint);
  }

  struct SyntaxFault {
    std::string message, hint;
  };

  // libyaml's words for what people mostly get wrong, in ours. `found` is the character at the fault.
  SyntaxFault explain(char found) const {
    const std::string_view problem = parser_.problem != nullptr ? parser_.problem : "cannot be read";
    const std::string_view context = parser_.context != nullptr ? parser_.context : "";
    const std::string begin = std::to_string(parser_.context_mark.line + 1);
    if (found == '\t') return {"a tab cannot indent", "indent with spaces"};
    if (context == "while parsing a flow sequence") return {"expected ',' or ']' in the list that begins on line " + begin, "close the list with ]"};
    if (context == "while parsing a flow mapping") return {"expected ',' or '}' in the mapping that begins on line " + begin, "close the mapping with }"};
    if (context == "while parsing a flow node") return {"a list or mapping in brackets is not complete", "close it with ] or }"};
    if (problem == "did not find expected key")
      return {"expected a key at the same depth as the mapping that begins on line " + begin, "align the keys of a mapping"};
    if (problem == "did not find expected '-' indicator")
      return {"expected '-' at the same depth as the list that begins on line " + begin, "align the items of a list"};
    if (problem == "mapping values are not allowed in this context")
      return {"a ':' that makes no key", "put text with ': ' in quotes, and each key on a line of its own"};
    if (problem == "block sequence entries are not allowed in this context")
      return {"a list cannot begin here", "begin it on a line of its own, or write [a, b]"};
    if (problem == "could not find expected ':'") return {"expected ':' after the key on line " + begin, "write key: value"};
    if (problem == "found unexpected end of stream") return {"the quote that opens on line " + begin + " is never closed", "close the quote"};
    if (problem == "found unexpected document indicator") return {"the quote that opens on line " + begin + " is never closed", "close the quote"};
    if (problem == "found unknown escape character") return {"unknown escape in a text in double quotes", "write \\\\ for a backslash, or use single quotes"};
    if (problem == "found character that cannot start any token") return {std::string("a value cannot begin with '") + found + "'", "put it in quotes"};
    if (problem == "found undefined tag handle") return {"tags such as !a!b are not used here", "write a plain value"};
    if (problem.find("depth") != std::string_view::npos) return {"lists and mappings are nested too deeply", "flatten them"};
    std::string message(problem);
    if (!context.empty()) message += " " + std::string(context) + " that begins on line " + begin;
    return {message, ""};
  }

  // The reader knows offsets only.
  Error unreadable_byte() const {
    const auto [line, place] = source_->position(parser_.problem_offset);
    return at(source_, line, place, 1, std::string("not valid YAML: ") + (parser_.problem != nullptr ? parser_.problem : "cannot be read"))
        .with_hint("save the file as UTF-8 text");
  }

  std::shared_ptr<const Source> source_;
  bool ascii_;
  yaml_parser_t parser_{};
  std::vector<Open> open_;
  std::map<std::string, Node> anchors_;
  size_t nodes_ = 0;
  Node root_;
  std::vector<Node> documents_;
};

// Offset of the first NUL or byte that is no UTF-8; text.size() where all is well.
size_t first_bad_byte(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t extra = byte < 0x80 ? 0 : byte >= 0xC2 && byte < 0xE0 ? 1 : byte >= 0xE0 && byte < 0xF0 ? 2 : byte >= 0xF0 && byte < 0xF5 ? 3 : 9;
    bool good = byte != 0 && extra != 9 && i + extra < text.size();
    for (size_t k = 1; good && k <= extra; ++k) good = (static_cast<unsigned char>(text[i + k]) & 0xC0) == 0x80;
    if (!good) return i;
    i += extra + 1;
  }
  return text.size();
}

Status check_text(const std::shared_ptr<const Source>& source) {
  const std::string& text = source->text;
  if (text.size() > max_bytes) return config_error(source->name + " is larger than " + std::to_string(max_bytes >> 20) + " MiB");
  const size_t bad = first_bad_byte(text);
  if (bad == text.size()) return {};
  const auto [line, column] = source->position(bad);
  return at(source, line, column, 1, text[bad] == '\0' ? "found a NUL byte; expected text" : "this byte is not valid UTF-8")
      .with_hint("save the file as UTF-8 text");
}

Result<std::vector<Node>> build(std::string text, std::string name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  auto source = std::make_shared<Source>(Source{std::move(name), std::move(text), {}});
  source->index_lines();
  TRY(check_text(source));
  return Reader(source).read();
}

}  // namespace

Result<std::vector<Node>> parse_yaml_stream(std::string text, std::string name) { return build(std::move(text), std::move(name)); }

Result<Node> parse_yaml(std::string text, std::string name) {
  const std::string called = name;
  TRY_ASSIGN(auto documents, build(std::move(text), std::move(name)));
  if (documents.empty()) {
    Node empty;
    empty.source = std::make_shared<Source>(Source{called, "", {}});
    empty.line = empty.column = 1;
    return empty;
  }
  if (documents.size() > 1) {
    const Node& second = documents[1];
    return at(second.source, second.line, second.column, 1, "a second document starts here; expected one");
  }
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

}  // namespace mlopsctl
