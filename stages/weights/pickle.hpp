// Python pickles as data (PEP 307, 3154 and CPython's Lib/pickletools.py describe the opcodes): parsing builds a tree and runs nothing.
// What pickle would call is a node that names it, and only the names on a list are let through.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/base/result.hpp"

namespace mlopsctl::weights {

class Pickle {
 public:
  using Ref = uint32_t;  // of a node of the same pickle; several may refer to one node, also in circles

  struct Node {
    enum class Kind { none, boolean, integer, real, text, bytes, tuple, list, dict, global, call, persistent };
    Kind kind = Kind::none;
    int64_t integer = 0;  // of boolean (0 or 1) and integer
    double real = 0;
    std::string text;        // of text and bytes; of global: "module.name"
    std::vector<Ref> items;  // of tuple and list; of dict and call: key, value, key, value...
    Ref callee = 0;          // of call: a global
    Ref argument = 0;        // of call: a tuple; of persistent: the id
  };

  // Refused, with a message that begins with `origin`: a name that is not in `allowed` ("os.system"), before anything after it is looked
  // at; opcodes that make objects of classes (INST, OBJ, NEWOBJ), extensions and buffers from elsewhere; more than a million values or
  // 64 MB; anything that does not parse to exactly one value.
  static Result<Pickle> parse(std::string_view bytes, std::span<const std::string_view> allowed, const std::string& origin);

  const Node& root() const { return nodes_[root_]; }
  const Node& at(Ref ref) const { return nodes_[ref]; }

 private:
  friend class PickleParser;
  std::vector<Node> nodes_;
  Ref root_ = 0;
};

}  // namespace mlopsctl::weights
