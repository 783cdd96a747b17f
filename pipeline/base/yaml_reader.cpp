// The reading half of Document; the one place that includes yaml-cpp.
#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_set>

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "pipeline/base/document.hpp"

namespace mlopsctl {

namespace {

constexpr size_t max_nodes = 200'000;
constexpr size_t max_bytes = 16u << 20;
constexpr size_t deepest_read = 100;  // everything that walks a Node calls itself

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

// Thrown out of yaml-cpp's callbacks and caught in build(): the only way to stop its parser. Never leaves this file.
struct Refusal {
  Error error;
};

// Offset just past the quote that closes the one at `start`; npos where none does.
size_t end_of_quoted(std::string_view text, size_t start) {
  const char quote = text[start];
  for (size_t i = start + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') ++i;
    else if (text[i] == quote && quote == '\'' && text.substr(i + 1).starts_with('\'')) ++i;
    else if (text[i] == quote) return i + 1;
  }
  return std::string_view::npos;
}

// Of the character that the text begins with; 0 where that is no UTF-8: cut off, longer than need be, half of a UTF-16 pair, or past
// U+10FFFF (Unicode 15, table 3-7).
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) || (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F))
    return 0;
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// Builds the tree from yaml-cpp's events, so that every rule is applied before a node exists twice (an alias bomb never unfolds).
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  // Where this document starts; set before anything of it is built.
  const YAML::Mark& start() const { return start_; }

  Result<Node> take() {
    if (key_fault_) return std::move(*key_fault_);
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node = make(mark, Node::Kind::null);
    const bool in_brackets = !open_.empty() && open_.back().flow && open_.back().node.kind == Node::Kind::sequence;
    if (in_brackets && rest_of_line(node).starts_with(',')) throw Refusal{at(node, "an item is missing before this comma")};
    add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    Node node = make(mark, Node::Kind::scalar);
    refuse_tag(tag, node);
    node.plain = tag != "!";
    node.scalar = value;
    const bool quoted = !node.plain && rest_of_line(node).find_first_of("'\"") == 0;
    if (quoted) {
      measure_quoted(node);
      // yaml-cpp 0.7 makes one byte of each of these two.
      if (!is_utf8(value)) throw Refusal{at(node, "the escapes \\_ and \\N are not read here").with_hint("write \\u00A0 or \\u0085")};
    } else if (value.find('\n') == std::string::npos) node.length = std::max(1, static_cast<int>(value.size()));
    if (node.plain && (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL")) node.kind = Node::Kind::null;
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node place = make(mark, Node::Kind::null);
    const std::string_view rest = rest_of_line(place);
    const std::string name(rest.substr(0, rest.find_first_of(" \t,]}")));
    place.length = static_cast<int>(name.size());
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refusal{at(place, "the alias " + name + " stands inside its own anchor: the value would be endless")};
    nodes_ += count(found->second);
    check_budget(place);
    add(found->second, 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, Node::Kind::sequence, style);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, Node::Kind::mapping, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  // A list or mapping under construction.
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Node> key;               // a mapping's key that waits for its value
    std::unordered_set<std::string> seen;  // a mapping's keys
    bool flow = false;                     // in brackets or braces
  };

  Node make(const YAML::Mark& mark, Node::Kind kind) const {
    Node node;
    node.kind = kind;
    node.source = source_;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  std::string_view rest_of_line(const Node& node) const {
    const std::string_view line = source_->line(node.line);
    return line.substr(std::min(line.size(), static_cast<size_t>(node.column) - 1));
  }

  // yaml-cpp takes the end of the file for the end of a quoted text.
  void measure_quoted(Node& node) const {
    const size_t start = source_->starts[static_cast<size_t>(node.line) - 1] + static_cast<size_t>(node.column) - 1;
    const size_t end = end_of_quoted(source_->text, start);
    if (end == std::string_view::npos) {
      Error error = at(node, "not valid YAML: the quote that opens here is never closed");
      throw Refusal{std::move(error).with_hint("close the quote")};
    }
    if (source_->text.find('\n', start) >= end) node.length = static_cast<int>(end - start);
  }

  void refuse_tag(const std::string& tag, const Node& node) const {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Refusal{at(node.source, node.line, node.column, 1, "tags such as " + tag + " are not used here; expected a plain value")};
  }

  void check_budget(const Node& place) const {
    if (nodes_ > max_nodes) throw Refusal{at(place, "the document grows past " + std::to_string(max_nodes) + " values here, aliases included")};
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind, YAML::EmitterStyle::value style) {
    Open level{make(mark, kind), anchor, std::nullopt, {}, style == YAML::EmitterStyle::Flow};
    refuse_tag(tag, level.node);
    // Kept until the end: for a list that is never closed yaml-cpp first speaks of a key, and of the true fault later.
    if (!key_fault_ && !open_.empty() && open_.back().node.kind == Node::Kind::mapping && !open_.back().key)
      key_fault_ = at(level.node, "a key must be text, not a list or a mapping");
    if (open_.size() >= deepest_read) throw Refusal{at(level.node, "lists and mappings are nested more than " + std::to_string(deepest_read) + " deep here")};
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
      return;
    }
    if (parent.key) {
      parent.node.entries.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
      return;
    }
    if (node.scalar == "<<" && node.plain) throw Refusal{at(node, "merge keys (<<) are not supported; use an overlay file (-f base.yaml -f over.yaml)")};
    if (!parent.seen.insert(node.scalar).second) throw Refusal{at(node, "key \"" + node.scalar + "\" appears twice in the same mapping")};
    parent.key = std::move(node);
  }

  std::shared_ptr<const Source> source_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  size_t nodes_ = 0;
  YAML::Mark start_;
  std::optional<Error> key_fault_;
  Node root_;
};

struct SyntaxFault {
  std::string_view problem;  // how yaml-cpp says it
  std::string_view message, hint;
};

// yaml-cpp's words for what people mostly get wrong, in ours.
constexpr SyntaxFault syntax_faults[] = {
    {"illegal tab when looking for indentation", "a tab cannot indent", "indent with spaces"},
    {"end of sequence flow not found", "expected ',' or ']': a list in brackets is not complete", "close the list with ]"},
    {"end of map flow not found", "expected ',' or '}': a mapping in braces is not complete", "close the mapping with }"},
    {"end of map not found", "expected a key at the depth of the keys before it", "align the keys of a mapping"},
    {"end of sequence not found", "expected '-' at the depth of the items before it", "align the items of a list"},
    {"illegal map value", "a ':' that makes no key", "put text with ': ' in quotes, and each key on a line of its own"},
    {"illegal map key", "a key cannot stand here", "put each key on a line of its own"},
    {"illegal block entry", "a list cannot begin here", "begin it on a line of its own, or write [a, b]"},
    {"illegal EOF in scalar", "a quote is never closed", "close the quote"},
    {"illegal document indicator in scalar", "a quote is never closed", "close the quote"},
    {"illegal flow end", "a bracket closes that was never opened", "remove it, or put the text in quotes"},
    {"unknown escape character: ", "unknown escape in a text in double quotes", "write \\\\ for a backslash, or use single quotes"},
    {"unknown token", "a value cannot begin with this character", "put the text in quotes"},
    {"the referenced anchor is not defined", "the alias has no anchor: expected & and its name before it",
     "define the anchor first, or put the text in quotes"},
    {"alias not found after *", "a name must follow *", "put the text in quotes"},
    {"anchor not found after &", "a name must follow &", "put the text in quotes"},
    {"YAML node depth exceeded", "lists and mappings are nested too deeply", "flatten them"},
};

Error syntax_error(const std::shared_ptr<const Source>& source, const YAML::Mark& mark, std::string_view problem) {
  const std::string_view line = source->line(mark.line + 1);
  const size_t indented = line.find_first_not_of(' ');
  if (indented != std::string_view::npos && line[indented] == '\t') {
    Error error = at(source, mark.line + 1, static_cast<int>(indented) + 1, 1, "not valid YAML: a tab cannot indent");
    return std::move(error).with_hint("indent with spaces");
  }
  for (const SyntaxFault& fault : syntax_faults)
    if (problem.starts_with(fault.problem))
      return at(source, mark.line + 1, mark.column + 1, 1, "not valid YAML: " + std::string(fault.message)).with_hint(std::string(fault.hint));
  return at(source, mark.line + 1, mark.column + 1, 1, "not valid YAML: " + std::string(problem));
}

// Offset of the first control character or byte that is no UTF-8; text.size() where all is well.
size_t first_bad_byte(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t length = character_length(text.substr(i));
    if (length == 0 || (byte < 0x20 && byte != '\t' && byte != '\n' && !(byte == '\r' && text.substr(i + 1).starts_with('\n')))) return i;
    i += length;
  }
  return text.size();
}

Status check_text(const std::shared_ptr<const Source>& source) {
  const std::string& text = source->text;
  if (text.size() > max_bytes) return config_error(source->name + " is larger than " + std::to_string(max_bytes >> 20) + " MiB");
  const size_t bad = first_bad_byte(text);
  if (bad == text.size()) return {};
  const auto [line, column] = source->position(bad);
  const auto byte = static_cast<unsigned char>(text[bad]);
  const char* found = byte == 0      ? "found a NUL byte; expected text"
                      : byte == '\r' ? "found a carriage return without a line feed; expected lines that end in a line feed"
                      : byte < 0x20  ? "found a control character; expected text"
                                     : "this byte is not valid UTF-8";
  return at(source, line, column, 1, found).with_hint("save the file as UTF-8 text");
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
    for (int last = -1;;) {
      Builder builder(source);
      if (!parser.HandleNextDocument(builder)) return documents;
      // A stray , ] or } outside of brackets: yaml-cpp makes an empty document of it, leaves it where it is, and so on for ever.
      if (builder.start().pos == last) return syntax_error(source, builder.start(), "this cannot start a value").with_hint("put the text in quotes");
      last = builder.start().pos;
      TRY_ASSIGN(Node document, builder.take());
      documents.push_back(std::move(document));
    }
  } catch (Refusal& refusal) { return std::move(refusal.error); } catch (const YAML::DeepRecursion& e) {
    return syntax_error(source, e.mark, "YAML node depth exceeded");
  } catch (const YAML::Exception& e) { return syntax_error(source, e.mark, e.msg); }
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

}  // namespace mlopsctl
