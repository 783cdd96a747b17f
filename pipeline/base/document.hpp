// Document: strict YAML (and so JSON) with a position on every node. Read by yaml-cpp
// (pipeline/base/yaml_reader.cpp).
//
// Stricter than YAML: duplicate keys, undefined or cyclic aliases, more than 200,000 nodes after alias expansion or 100 levels, tags,
// several documents where one is expected, and keys that are not scalars are errors. Scalars follow the YAML 1.2 core schema:
// only true/false are booleans ("yes" is text).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl {

struct Source {
  std::string name;  // as the user wrote it: "pipeline.yaml", "--set"
  std::string text;
  std::vector<size_t> starts;                         // of each line, once index_lines() was called
  std::string_view line(int number) const;            // from 1; without the line end
  void index_lines();                                 // makes line() take constant time, and position() possible
  std::pair<int, int> position(size_t offset) const;  // line and column of a byte, from 1
};

// A place in a source, light enough to be kept by the ten thousand; its span, with the excerpt, is made when it is asked for.
struct Mark {
  std::shared_ptr<const Source> source;
  int line = 0, column = 0, length = 1;  // from 1
  SourceSpan span() const;               // empty where there is no source
};

struct Node {
  enum class Kind { null, scalar, sequence, mapping };
  struct Entry;

  Kind kind = Kind::null;
  bool plain = true;           // a scalar without quotes: may be a number or a boolean
  std::string scalar;          // the text of a scalar
  std::vector<Node> items;     // of a sequence
  std::vector<Entry> entries;  // of a mapping, in file order
  std::shared_ptr<const Source> source;
  int line = 0, column = 0, length = 1;  // from 1

  Mark mark() const { return {source, line, column, length}; }
  SourceSpan span() const { return mark().span(); }
  const Node* find(std::string_view key) const;  // null when this is no mapping or has no such key
  // "a mapping", "a list", "text \"fast\"", "the number 3", "the boolean true", "nothing": what messages say was found
  std::string describe() const;

  // The core-schema value of a plain scalar; nothing when it is not of that type.
  std::optional<bool> as_bool() const;
  std::optional<int64_t> as_integer() const;
  std::optional<double> as_number() const;  // integers too
};

struct Node::Entry {
  Node key;
  Node value;
};

// Exactly one document; an empty file gives a null node. `name` is used in messages.
Result<Node> parse_yaml(std::string text, std::string name);
// A stream of documents separated by `---` (manifests, templates).
Result<std::vector<Node>> parse_yaml_stream(std::string text, std::string name);

// Overlay: mappings merge key by key, anything else replaces; a null in `over` removes the key.
void merge(Node& base, Node over);
// Sets the value at a dotted path ("stages.fit.model.c", "stages.fit.inputs.0") to the YAML text after '='; makes mappings on the way.
Status set_value(Node& root, std::string_view assignment);

Json to_json(const Node& node);
// Block-style YAML, keys in the Json's order (sorted), strings quoted exactly where another reader could take them for something else.
std::string to_yaml(const Json& value);

}  // namespace mlopsctl
