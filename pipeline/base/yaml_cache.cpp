#include "pipeline/base/yaml_cache.hpp"

#include <algorithm>
#include <cstring>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"

namespace mlopsctl {

namespace fs = std::filesystem;

namespace {

constexpr size_t smallest_text = 4096;
constexpr size_t kept_trees = 8;
constexpr std::string_view format = "mlopsctl-tree-1\n";
constexpr int deepest_kept = 200;  // deeper trees are not written; a damaged file must not exhaust the stack

void put_number(std::string& out, size_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put(std::string& out, const Node& node) {
  out += static_cast<char>(static_cast<int>(node.kind) << 1 | (node.plain ? 1 : 0));
  for (const int number : {node.line, node.column, node.length}) put_number(out, static_cast<size_t>(number));
  put_number(out, node.scalar.size());
  out += node.scalar;
  put_number(out, node.items.size());
  for (const auto& item : node.items) put(out, item);
  put_number(out, node.entries.size());
  for (const auto& entry : node.entries) {
    put(out, entry.key);
    put(out, entry.value);
  }
}

// Reads what put() wrote; any doubt makes `good` false.
struct Reader {
  std::string_view rest;
  std::shared_ptr<const Source> source;
  bool good = true;

  size_t number() {
    size_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      if (rest.empty()) break;
      const auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= static_cast<size_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    good = false;
    return 0;
  }

  // A number of things that each take at least one byte of what is left.
  size_t count() {
    const size_t value = number();
    if (value > rest.size()) good = false;
    return good ? value : 0;
  }

  Node node(int depth) {
    Node result;
    if (rest.empty() || depth > deepest_kept) {
      good = false;
      return result;
    }
    const auto head = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    result.kind = static_cast<Node::Kind>(std::min(head >> 1, static_cast<int>(Node::Kind::mapping)));
    result.plain = (head & 1) != 0;
    result.line = static_cast<int>(number());
    result.column = static_cast<int>(number());
    result.length = static_cast<int>(number());
    result.source = source;
    const size_t bytes = count();
    result.scalar = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    const size_t items = count();
    result.items.reserve(items);
    for (size_t i = 0; good && i < items; ++i) result.items.push_back(node(depth + 1));
    const size_t entries = count();
    result.entries.reserve(entries);
    for (size_t i = 0; good && i < entries; ++i) {
      Node key = node(depth + 1);
      result.entries.push_back({std::move(key), node(depth + 1)});
    }
    return result;
  }
};

std::optional<Node> recall(const fs::path& file, const std::string& text, const std::string& name) {
  const auto mapped = MappedFile::open(file);
  if (!mapped) return std::nullopt;
  std::string_view bytes = mapped->bytes();
  const size_t head = format.size() + 64;
  if (!bytes.starts_with(format) || bytes.size() < head) return std::nullopt;
  const std::string_view payload = bytes.substr(head);
  if (digest_of(payload).hex() != bytes.substr(format.size(), 64)) return std::nullopt;
  auto source = std::make_shared<Source>(Source{name, text, {}});
  source->index_lines();
  Reader reader{payload, std::move(source), true};
  Node root = reader.node(0);
  if (!reader.good || !reader.rest.empty()) return std::nullopt;
  return root;
}

// Best effort: a tree that cannot be kept costs time, never an answer.
void remember(const fs::path& folder, const fs::path& file, const Node& root) {
  std::string payload;
  put(payload, root);
  if (!make_folders(folder)) return;
  std::error_code ignored;
  std::vector<std::pair<fs::file_time_type, fs::path>> kept;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) kept.emplace_back(entry.last_write_time(ignored), entry.path());
  std::sort(kept.begin(), kept.end());
  for (size_t i = 0; i + kept_trees <= kept.size(); ++i) fs::remove(kept[i].second, ignored);
  (void)write_file_atomically(file, std::string(format) + digest_of(payload).hex() + payload).ok();
}

}  // namespace

Result<Node> parse_yaml_cached(std::string text, std::string name, const fs::path& folder) {
  if (folder.empty() || text.size() < smallest_text) return parse_yaml(std::move(text), std::move(name));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  const fs::path file = folder / digest_of(text).hex();
  if (auto known = recall(file, text, name)) return std::move(*known);
  TRY_ASSIGN(Node root, parse_yaml(std::move(text), std::move(name)));
  remember(folder, file, root);
  return root;
}

}  // namespace mlopsctl
