#include "stages/weights/torch_archive.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>

#include "stages/weights/pickle.hpp"
#include "stages/weights/stored_zip.hpp"

namespace mlopsctl::weights {

namespace {

constexpr std::string_view ordered_dict = "collections.OrderedDict", rebuild_tensor = "torch._utils._rebuild_tensor_v2",
                           rebuild_parameter = "torch._utils._rebuild_parameter";

struct StorageRow {
  std::string_view name;
  Dtype dtype;
};
constexpr std::array<StorageRow, 10> storages{{{"torch.FloatStorage", Dtype::f32},
                                               {"torch.HalfStorage", Dtype::f16},
                                               {"torch.BFloat16Storage", Dtype::bf16},
                                               {"torch.DoubleStorage", Dtype::f64},
                                               {"torch.LongStorage", Dtype::i64},
                                               {"torch.IntStorage", Dtype::i32},
                                               {"torch.ShortStorage", Dtype::i16},
                                               {"torch.CharStorage", Dtype::i8},
                                               {"torch.ByteStorage", Dtype::u8},
                                               {"torch.BoolStorage", Dtype::boolean}}};

constexpr auto allowed = [] {
  std::array<std::string_view, storages.size() + 3> names{ordered_dict, rebuild_tensor, rebuild_parameter};
  for (size_t i = 0; i < storages.size(); ++i) names[i + 3] = storages[i].name;
  return names;
}();

// The first pickle of the older format: its magic number.
constexpr std::string_view older_format("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14);

using Node = Pickle::Node;
using Kind = Pickle::Node::Kind;

struct Storage {
  Dtype dtype = Dtype::f32;
  std::string_view bytes;
};

// Elements of a tensor: where they begin in the storage, how many there are, and whether they lie in row-major order.
struct Layout {
  std::vector<int64_t> shape, strides;
  int64_t offset = 0, elements = 1;
  bool contiguous = true;
};

// Sets elements and contiguous; or what is wrong.
Status check(Layout& layout, int64_t available) {
  const auto describe_both = [&] { return "shape " + describe(layout.shape) + " with strides " + describe(layout.strides); };
  if (layout.shape.size() != layout.strides.size()) return stage_error(describe_both() + " do not fit together");
  int64_t last = layout.offset;
  bool overflow = layout.offset < 0;
  for (size_t i = layout.shape.size(); i-- > 0;) {
    const int64_t size = layout.shape[i], stride = layout.strides[i];
    if (size < 0 || stride < 0) return stage_error(describe_both() + ": the " + std::to_string(size < 0 ? size : stride) + " is below 0");
    if (size > 1 && stride != layout.elements) layout.contiguous = false;
    int64_t reach = 0;
    overflow |= __builtin_mul_overflow(std::max<int64_t>(size - 1, 0), stride, &reach) || __builtin_add_overflow(last, reach, &last);
    overflow |= __builtin_mul_overflow(layout.elements, size, &layout.elements);
    if (overflow) break;
  }
  if (!overflow && layout.elements == 0) return {};
  if (overflow || last >= available)
    return stage_error(describe_both() + " from element " + std::to_string(layout.offset) + " reaches past the " + std::to_string(available) +
                       " elements of its storage");
  if (layout.elements > available) return stage_error(describe_both() + " repeats elements of its storage");
  return {};
}

std::vector<char> in_row_major_order(const Layout& layout, std::string_view storage, size_t width) {
  std::vector<char> copy;
  copy.reserve(static_cast<size_t>(layout.elements) * width);
  std::vector<int64_t> index(layout.shape.size(), 0);
  int64_t at = layout.offset;
  for (int64_t done = 0; done < layout.elements; ++done) {
    const char* element = storage.data() + static_cast<size_t>(at) * width;
    copy.insert(copy.end(), element, element + width);
    for (size_t i = index.size(); i-- > 0;) {
      at += layout.strides[i];
      if (++index[i] < layout.shape[i]) break;
      at -= layout.strides[i] * layout.shape[i];
      index[i] = 0;
    }
  }
  return copy;
}

}  // namespace

class TorchArchiveReader {
 public:
  TorchArchiveReader(std::string_view bytes, const std::string& origin, TorchArchive& into) : bytes_(bytes), origin_(origin), into_(into) {}

  Status run() {
    if (bytes_.starts_with(older_format))
      return stage_error(origin_ + ": is in the format of torch before 1.6, which is not read")
          .with_hint("write it anew: python3 -c 'import torch; f=\"pytorch_model.bin\"; torch.save(torch.load(f, weights_only=True), f)'");
    if (!looks_like_zip(bytes_)) return refuse_other();
    TRY_ASSIGN(entries_, list_stored_zip(bytes_, origin_));
    TRY(find_root());
    if (const auto order = entries_.find(root_ + "byteorder"); order != entries_.end() && order->second.bytes != "little")
      return stage_error(origin_ + ": its numbers are big-endian; expected little-endian");
    const auto pickle = Pickle::parse(entries_.find(root_ + "data.pkl")->second.bytes, allowed, origin_);
    if (!pickle) return pickle.error();
    pickle_ = &*pickle;
    return read_state();
  }

 private:
  // A bare pickle, perhaps a hostile one, or anything else.
  Status refuse_other() const {
    const auto pickle = Pickle::parse(bytes_.substr(0, std::min<size_t>(bytes_.size(), 1 << 20)), allowed, origin_);
    if (!pickle && pickle.error().message.find(": refers to ") != std::string::npos) return pickle.error();
    return stage_error(origin_ + ": not a zip archive as torch writes it: it begins with other bytes");
  }

  // Everything lies in one folder of the archive, whose name is whatever the file was called.
  Status find_root() {
    for (const auto& each : entries_) {
      const std::string& name = each.first;
      if (!name.ends_with("/data.pkl") || name.find('/') != name.size() - 9) continue;
      if (!root_.empty()) return stage_error(origin_ + ": has two entries data.pkl");
      root_ = name.substr(0, name.size() - 8);
    }
    if (root_.empty()) return stage_error(origin_ + ": has no entry data.pkl; expected a state_dict that torch.save wrote");
    return {};
  }

  const Node& at(Pickle::Ref ref) const { return pickle_->at(ref); }
  bool calls(const Node& node, std::string_view name) const { return node.kind == Kind::call && at(node.callee).text == name; }

  Status read_state() {
    const Node& state = pickle_->root();
    if (state.kind != Kind::dict && !calls(state, ordered_dict)) return stage_error(origin_ + ": is no state_dict: expected names with tensors");
    for (size_t i = 0; i < state.items.size(); i += 2) {
      const Node& name = at(state.items[i]);
      if (name.kind != Kind::text) return stage_error(origin_ + ": is no state_dict: a key is no text");
      auto tensor = read_tensor(at(state.items[i + 1]), true);
      if (!tensor) return stage_error(origin_ + ": entry \"" + name.text + "\": " + tensor.error().message);
      if (!into_.tensors_.emplace(name.text, *std::move(tensor)).second) return stage_error(origin_ + ": entry \"" + name.text + "\" is there twice");
    }
    return {};
  }

  Result<Tensor> read_tensor(const Node& node, bool may_be_parameter) {
    if (may_be_parameter && calls(node, rebuild_parameter)) {
      const Node& arguments = at(node.argument);
      if (arguments.items.empty()) return stage_error("a parameter without a tensor");
      return read_tensor(at(arguments.items[0]), false);
    }
    if (!calls(node, rebuild_tensor)) return stage_error("is no tensor; expected a state_dict of names with tensors, nothing else");
    const std::vector<Pickle::Ref>& arguments = at(node.argument).items;  // storage, offset, size, stride, requires_grad, hooks[, metadata]
    if (arguments.size() < 4) return stage_error("a tensor without storage, offset, size and stride");
    TRY_ASSIGN(const Storage storage, read_storage(at(arguments[0])));
    Layout layout;
    if (at(arguments[1]).kind != Kind::integer) return stage_error("its offset is no whole number");
    layout.offset = at(arguments[1]).integer;
    TRY_ASSIGN(layout.shape, integers(at(arguments[2])));
    TRY_ASSIGN(layout.strides, integers(at(arguments[3])));
    const size_t size = width(storage.dtype);
    TRY(check(layout, static_cast<int64_t>(storage.bytes.size() / size)));
    Tensor tensor{storage.dtype, layout.shape, {}};
    if (layout.elements == 0) return tensor;
    if (layout.contiguous) {
      tensor.bytes = storage.bytes.substr(static_cast<size_t>(layout.offset) * size, static_cast<size_t>(layout.elements) * size);
      return tensor;
    }
    copied_ += static_cast<size_t>(layout.elements) * size;
    if (copied_ > bytes_.size()) return stage_error("the tensors that lie in another order than row by row are larger than the file");
    into_.copies_.push_back(in_row_major_order(layout, storage.bytes, size));
    tensor.bytes = {into_.copies_.back().data(), into_.copies_.back().size()};
    return tensor;
  }

  Result<std::vector<int64_t>> integers(const Node& node) const {
    if (node.kind != Kind::tuple && node.kind != Kind::list) return stage_error("its size or stride is no list");
    std::vector<int64_t> numbers;
    for (const Pickle::Ref item : node.items) {
      if (at(item).kind != Kind::integer) return stage_error("its size or stride is no list of whole numbers");
      numbers.push_back(at(item).integer);
    }
    return numbers;
  }

  // ("storage", torch.FloatStorage, key, device, elements)
  Result<Storage> read_storage(const Node& node) {
    if (node.kind != Kind::persistent || at(node.argument).kind != Kind::tuple) return stage_error("its storage is no reference to the archive");
    const std::vector<Pickle::Ref>& id = at(node.argument).items;
    if (id.size() < 5 || at(id[0]).text != "storage" || at(id[1]).kind != Kind::global || at(id[2]).kind != Kind::text || at(id[4]).kind != Kind::integer)
      return stage_error("its storage is no reference to the archive");
    const auto type = std::find_if(storages.begin(), storages.end(), [&](const StorageRow& row) { return row.name == at(id[1]).text; });
    if (type == storages.end()) return stage_error("its storage is no storage of torch");
    const std::string name = root_ + "data/" + at(id[2]).text;
    const auto entry = entries_.find(name);
    if (entry == entries_.end()) return stage_error("the archive has no entry \"" + name + "\"");
    const std::string_view bytes = entry->second.bytes;
    const int64_t elements = at(id[4]).integer;
    int64_t needed = 0;
    if (elements < 0 || __builtin_mul_overflow(elements, static_cast<int64_t>(width(type->dtype)), &needed) || static_cast<uint64_t>(needed) != bytes.size())
      return stage_error("its storage of " + std::to_string(elements) + " " + std::string(to_string(type->dtype)) + " is the entry \"" + name + "\" of " +
                         std::to_string(bytes.size()) + " bytes");
    if (entry->second.crc != 0 && checked_.insert(name).second && crc32(bytes) != entry->second.crc)
      return stage_error("the entry \"" + name + "\" is damaged: its checksum does not fit");
    return Storage{type->dtype, bytes};
  }

  std::string_view bytes_;
  const std::string& origin_;
  TorchArchive& into_;
  std::map<std::string, ZipEntry, std::less<>> entries_;
  std::string root_;  // "pytorch_model/"
  const Pickle* pickle_ = nullptr;
  std::set<std::string> checked_;
  size_t copied_ = 0;
};

Result<TorchArchive> TorchArchive::read(std::string_view bytes, std::string origin) {
  TorchArchive archive;
  TRY(TorchArchiveReader(bytes, origin, archive).run());
  return archive;
}

Result<TorchArchive> TorchArchive::open(const std::filesystem::path& path, std::string origin) {
  TRY_ASSIGN(MappedFile file, MappedFile::open(path));
  TRY_ASSIGN(TorchArchive archive, read(file.bytes(), std::move(origin)));
  archive.file_.push_back(std::move(file));
  return archive;
}

}  // namespace mlopsctl::weights
