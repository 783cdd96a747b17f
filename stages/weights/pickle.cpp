#include "stages/weights/pickle.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

namespace mlopsctl::weights {

namespace {

constexpr size_t most_nodes = 1'000'000;
constexpr size_t most_bytes = 64'000'000;

Error broken(std::string what) { return stage_error(std::move(what)); }

}  // namespace

using Node = Pickle::Node;
using Kind = Pickle::Node::Kind;
using Ref = Pickle::Ref;

// One pass over the opcodes. Faults carry no origin; Pickle::parse adds it, and the offset.
class PickleParser {
 public:
  PickleParser(std::string_view bytes, std::span<const std::string_view> allowed, Pickle& into) : bytes_(bytes), allowed_(allowed), nodes_(into.nodes_) {}

  size_t offset() const { return opcode_at_; }

  // The value on the stack at STOP.
  Result<Ref> run() {
    while (true) {
      opcode_at_ = at_;
      TRY_ASSIGN(const std::string_view byte, take(1));
      if (byte[0] == '.') break;
      TRY(step(byte[0]));
      if (nodes_.size() > most_nodes) return broken("it has more than 1000000 values");
    }
    if (stack_.size() != 1 || !marks_.empty()) return broken("it ends with " + std::to_string(stack_.size()) + " values, expected one");
    if (at_ != bytes_.size()) return broken("bytes follow its end");
    return stack_.back();
  }

 private:
  Result<std::string_view> take(uint64_t count) {
    if (count > bytes_.size() - at_) return broken("it ends early");
    const std::string_view part = bytes_.substr(at_, count);
    at_ += count;
    return part;
  }
  Result<uint64_t> number(size_t width) {  // little-endian, unsigned
    TRY_ASSIGN(const std::string_view part, take(width));
    uint64_t value = 0;
    for (size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(part[i]);
    return value;
  }
  Result<std::string_view> sized(size_t width) {
    TRY_ASSIGN(const uint64_t size, number(width));
    return take(size);
  }
  Result<std::string_view> line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) return broken("it ends early");
    const std::string_view text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }

  Status push(Node node) {
    nodes_.push_back(std::move(node));
    stack_.push_back(static_cast<Ref>(nodes_.size() - 1));
    return {};
  }
  Status push_integer(Kind kind, int64_t value) {
    Node node;
    node.kind = kind;
    node.integer = value;
    return push(std::move(node));
  }
  Status push_text(Kind kind, const Result<std::string_view>& text) {
    if (!text) return text.error();
    Node node;
    node.kind = kind;
    node.text = *text;
    return push(std::move(node));
  }
  Status push_items(Kind kind, std::vector<Ref> items) {
    if (kind == Kind::dict && items.size() % 2 != 0) return broken("a mapping has a key without a value");
    Node node;
    node.kind = kind;
    node.items = std::move(items);
    return push(std::move(node));
  }

  // The values above the last mark, or above no mark: what lies below a mark is out of reach.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  Result<std::vector<Ref>> pop(size_t count) {
    if (stack_.size() - floor() < count) return broken("a value is missing");
    std::vector<Ref> values(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return values;
  }
  Result<std::vector<Ref>> pop_to_mark() {
    if (marks_.empty()) return broken("a mark is missing");
    std::vector<Ref> values(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return values;
  }
  Result<Ref> top() const {
    if (stack_.size() <= floor()) return broken("a value is missing");
    return stack_.back();
  }

  Status push_global(const std::string& name) {
    if (std::find(allowed_.begin(), allowed_.end(), name) == allowed_.end()) return refuse(name);
    Node node;
    node.kind = Kind::global;
    node.text = name;
    return push(std::move(node));
  }
  Status refuse(const std::string& name) const {
    return broken("refers to " + name + ", which a file of weights has no use for; nothing in it was executed")
        .with_hint("do not open this file with other programs; take model.safetensors from a source you trust");
  }
  Status stack_global() {
    TRY_ASSIGN(const auto names, pop(2));
    if (nodes_[names[0]].kind != Kind::text || nodes_[names[1]].kind != Kind::text) return broken("a name is no text");
    return push_global(nodes_[names[0]].text + "." + nodes_[names[1]].text);
  }
  Status reduce() {
    TRY_ASSIGN(const auto values, pop(2));
    if (nodes_[values[0]].kind != Kind::global || nodes_[values[1]].kind != Kind::tuple) return broken("what it calls is no name with arguments");
    Node node;
    node.kind = Kind::call;
    node.callee = values[0];
    node.argument = values[1];
    return push(std::move(node));
  }
  Status persistent() {
    TRY_ASSIGN(const auto id, pop(1));
    Node node;
    node.kind = Kind::persistent;
    node.argument = id[0];
    return push(std::move(node));
  }
  // SETITEMS and APPENDS; an OrderedDict is a call until it gets its items.
  Status extend(const std::vector<Ref>& values, bool pairs) {
    TRY_ASSIGN(const Ref target, top());
    Node& node = nodes_[target];
    const bool fits = pairs ? node.kind == Kind::dict || node.kind == Kind::call : node.kind == Kind::list;
    if (!fits || (pairs && values.size() % 2 != 0)) return broken("items are added to a value that takes none");
    node.items.insert(node.items.end(), values.begin(), values.end());
    return {};
  }
  // The state of an object; of an OrderedDict (the only object there is) it holds what torch notes about modules.
  Status build() {
    TRY_ASSIGN(const auto state, pop(1));
    TRY_ASSIGN(const Ref target, top());
    if (nodes_[target].kind != Kind::call) return broken("a state is set on a value that has none");
    return {};
  }

  Status put(uint64_t index) {
    TRY_ASSIGN(const Ref value, top());
    memo_[index] = value;
    return {};
  }
  Status get(uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) return broken("it refers to a value that it has not");
    stack_.push_back(found->second);
    return {};
  }
  // Two's complement, little-endian.
  Status push_long(size_t width) {
    TRY_ASSIGN(const std::string_view digits, sized(width));
    if (digits.size() > 8) return broken("a whole number has more than 64 bits");
    uint64_t value = !digits.empty() && (digits.back() & 0x80) != 0 ? ~uint64_t{0} : 0;
    for (size_t i = digits.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(digits[i]);
    return push_integer(Kind::integer, static_cast<int64_t>(value));
  }
  Status push_real() {
    TRY_ASSIGN(const std::string_view digits, take(8));  // big-endian
    uint64_t bits = 0;
    for (const char digit : digits) bits = bits << 8 | static_cast<unsigned char>(digit);
    Node node;
    node.kind = Kind::real;
    node.real = std::bit_cast<double>(bits);
    return push(std::move(node));
  }

  Status push_number(size_t width) {
    TRY_ASSIGN(const uint64_t value, number(width));
    return push_integer(Kind::integer, width == 4 ? static_cast<int32_t>(static_cast<uint32_t>(value)) : static_cast<int64_t>(value));
  }
  Status push_tuple(size_t count) {
    TRY_ASSIGN(auto values, pop(count));
    return push_items(Kind::tuple, std::move(values));
  }
  Status push_marked(Kind kind) {
    TRY_ASSIGN(auto values, pop_to_mark());
    return push_items(kind, std::move(values));
  }
  Status extend_marked(bool pairs) {
    TRY_ASSIGN(const auto values, pop_to_mark());
    return extend(values, pairs);
  }
  Status extend_by(size_t count) {
    TRY_ASSIGN(const auto values, pop(count));
    return extend(values, count == 2);
  }
  Status memoize(size_t width, bool store) {
    TRY_ASSIGN(const uint64_t index, number(width));
    return store ? put(index) : get(index);
  }
  Status named() {
    TRY_ASSIGN(const std::string_view module, line());
    TRY_ASSIGN(const std::string_view name, line());
    return push_global(std::string(module) + "." + std::string(name));
  }
  // Makes an object of a class: whatever the class, it is not on the list of what may be called.
  Status instance() {
    TRY_ASSIGN(const std::string_view module, line());
    TRY_ASSIGN(const std::string_view name, line());
    return refuse(std::string(module) + "." + std::string(name));
  }
  Status skip(size_t width) {
    TRY_ASSIGN(const auto skipped, take(width));
    (void)skipped;
    return {};
  }
  Status duplicate() {
    TRY_ASSIGN(const Ref value, top());
    stack_.push_back(value);
    return {};
  }
  Status drop() {
    if (stack_.size() > floor()) stack_.pop_back();
    else if (!marks_.empty()) marks_.pop_back();
    else return broken("a value is missing");
    return {};
  }

  // Opcodes by their letters, as in pickletools.
  Status step(char opcode) {
    switch (static_cast<unsigned char>(opcode)) {
      case 0x80:
        return skip(1);  // PROTO
      case 0x95:
        return skip(8);  // FRAME
      case '(':
        return marks_.push_back(stack_.size()), Status();  // MARK
      case '0':
        return drop();  // POP
      case '1': {
        TRY_ASSIGN(const auto values, pop_to_mark());
        return (void)values, Status();
      }
      case '2':
        return duplicate();  // DUP
      case 'N':
        return push({});  // NONE
      case 0x88:
        return push_integer(Kind::boolean, 1);
      case 0x89:
        return push_integer(Kind::boolean, 0);
      case 'J':
        return push_number(4);  // BININT
      case 'K':
        return push_number(1);
      case 'M':
        return push_number(2);
      case 0x8a:
        return push_long(1);  // LONG1
      case 0x8b:
        return push_long(4);  // LONG4
      case 'G':
        return push_real();  // BINFLOAT
      case 'X':
        return push_text(Kind::text, sized(4));  // BINUNICODE
      case 0x8c:
        return push_text(Kind::text, sized(1));  // SHORT_BINUNICODE
      case 0x8d:
        return push_text(Kind::text, sized(8));  // BINUNICODE8
      case 'U':
        return push_text(Kind::text, sized(1));  // SHORT_BINSTRING, of Python 2
      case 'T':
        return push_text(Kind::text, sized(4));  // BINSTRING
      case 'C':
        return push_text(Kind::bytes, sized(1));  // SHORT_BINBYTES
      case 'B':
        return push_text(Kind::bytes, sized(4));  // BINBYTES
      case 0x8e:
        return push_text(Kind::bytes, sized(8));  // BINBYTES8
      case ')':
        return push_items(Kind::tuple, {});
      case 0x85:
        return push_tuple(1);
      case 0x86:
        return push_tuple(2);
      case 0x87:
        return push_tuple(3);
      case 't':
        return push_marked(Kind::tuple);
      case ']':
        return push_items(Kind::list, {});
      case 'l':
        return push_marked(Kind::list);
      case 'a':
        return extend_by(1);  // APPEND
      case 'e':
        return extend_marked(false);  // APPENDS
      case '}':
        return push_items(Kind::dict, {});
      case 'd':
        return push_marked(Kind::dict);
      case 's':
        return extend_by(2);  // SETITEM
      case 'u':
        return extend_marked(true);  // SETITEMS
      case 'q':
        return memoize(1, true);  // BINPUT
      case 'r':
        return memoize(4, true);  // LONG_BINPUT
      case 'h':
        return memoize(1, false);  // BINGET
      case 'j':
        return memoize(4, false);  // LONG_BINGET
      case 0x94:
        return put(memo_.size());  // MEMOIZE
      case 'c':
        return named();  // GLOBAL
      case 0x93:
        return stack_global();  // STACK_GLOBAL
      case 'R':
        return reduce();  // REDUCE
      case 'b':
        return build();  // BUILD
      case 'Q':
        return persistent();  // BINPERSID
      case 'i':
        return instance();  // INST
      default:
        break;
    }
    return broken("the opcode " + describe(opcode) + " is not allowed in a file of weights");
  }
  static std::string describe(char opcode) {
    switch (static_cast<unsigned char>(opcode)) {
      case 'o':
        return "OBJ";
      case 0x81:
        return "NEWOBJ";
      case 0x92:
        return "NEWOBJ_EX";
      case 0x82:
        return "EXT1";
      case 0x83:
        return "EXT2";
      case 0x84:
        return "EXT4";
      case 0x96:
        return "BYTEARRAY8";
      case 0x97:
        return "NEXT_BUFFER";
      case 0x98:
        return "READONLY_BUFFER";
      default:
        return std::to_string(static_cast<int>(static_cast<unsigned char>(opcode)));
    }
  }

  std::string_view bytes_;
  std::span<const std::string_view> allowed_;
  std::vector<Node>& nodes_;
  size_t at_ = 0, opcode_at_ = 0;
  std::vector<Ref> stack_;
  std::vector<size_t> marks_;  // sizes of the stack
  std::unordered_map<uint64_t, Ref> memo_;
};

Result<Pickle> Pickle::parse(std::string_view bytes, std::span<const std::string_view> allowed, const std::string& origin) {
  if (bytes.size() > most_bytes) return stage_error(origin + ": a pickle of " + std::to_string(bytes.size()) + " bytes; at most 64000000 are read");
  Pickle pickle;
  PickleParser parser(bytes, allowed, pickle);
  auto root = parser.run();
  if (!root) {
    Error fault = std::move(root).error();
    fault.message = origin + ": pickle at byte " + std::to_string(parser.offset()) + ": " + fault.message;
    return fault;
  }
  pickle.root_ = *root;
  return pickle;
}

}  // namespace mlopsctl::weights
