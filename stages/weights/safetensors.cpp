#include "stages/weights/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <optional>
#include <tuple>

#include "pipeline/base/json.hpp"

namespace mlopsctl::weights {
namespace {

constexpr uint64_t kMaxHeader = 100'000'000;
constexpr const char* kCutShort = "the file was cut short, by a full disk or a broken download; get or make it again";

struct DtypeRow {
  Dtype dtype;
  std::string_view name;
  size_t width;
};
constexpr std::array<DtypeRow, 13> kDtypes{{{Dtype::boolean, "BOOL", 1},
                                            {Dtype::u8, "U8", 1},
                                            {Dtype::i8, "I8", 1},
                                            {Dtype::u16, "U16", 2},
                                            {Dtype::i16, "I16", 2},
                                            {Dtype::f16, "F16", 2},
                                            {Dtype::bf16, "BF16", 2},
                                            {Dtype::u32, "U32", 4},
                                            {Dtype::i32, "I32", 4},
                                            {Dtype::f32, "F32", 4},
                                            {Dtype::u64, "U64", 8},
                                            {Dtype::i64, "I64", 8},
                                            {Dtype::f64, "F64", 8}}};

const DtypeRow& row(Dtype dtype) {
  return *std::find_if(kDtypes.begin(), kDtypes.end(), [&](const DtypeRow& each) { return each.dtype == dtype; });
}

std::optional<int64_t> product(const std::vector<int64_t>& shape) {
  int64_t elements = 1;
  for (const int64_t size : shape)
    if (__builtin_mul_overflow(elements, size, &elements)) return std::nullopt;
  return elements;
}

// The whole numbers of a JSON list; nothing if it is no list or holds anything else.
std::optional<std::vector<uint64_t>> whole_numbers(const Json& list) {
  if (!list.is_array()) return std::nullopt;
  std::vector<uint64_t> numbers;
  for (const Json& item : list) {
    if (!item.is_number_unsigned() || item.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
    numbers.push_back(item.get<uint64_t>());
  }
  return numbers;
}

// One entry of the header, or what is wrong with it.
Result<Tensor> read_tensor(const Json& entry, std::string_view data) {
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets"))
    return stage_error("needs exactly dtype, shape and data_offsets");
  if (!entry["dtype"].is_string()) return stage_error("dtype is no text");
  const auto dtype = entry["dtype"].get<std::string>();
  const auto found = std::find_if(kDtypes.begin(), kDtypes.end(), [&](const DtypeRow& each) { return each.name == dtype; });
  if (found == kDtypes.end()) return stage_error("unknown dtype \"" + dtype + "\"");

  Tensor tensor;
  tensor.dtype = found->dtype;
  const auto shape = whole_numbers(entry["shape"]);
  if (!shape) return stage_error("shape " + entry["shape"].dump() + " is no list of whole numbers");
  tensor.shape.assign(shape->begin(), shape->end());
  const Json& written = entry["data_offsets"];
  const auto offsets = whole_numbers(written);
  if (!offsets || offsets->size() != 2 || offsets->front() > offsets->back())
    return stage_error("data_offsets " + written.dump() + " are no two rising whole numbers");
  const uint64_t begin = offsets->front(), end = offsets->back();
  if (end > data.size())
    return stage_error("data_offsets " + written.dump() + " reach past the " + std::to_string(data.size()) + " bytes of data").with_hint(kCutShort);
  const auto elements = product(tensor.shape);
  int64_t needed = 0;
  if (!elements || __builtin_mul_overflow(*elements, static_cast<int64_t>(found->width), &needed))
    return stage_error("shape " + describe(tensor.shape) + " is too large");
  if (static_cast<uint64_t>(needed) != end - begin)
    return stage_error(dtype + " " + describe(tensor.shape) + " needs " + std::to_string(needed) + " bytes, data_offsets hold " + std::to_string(end - begin));
  tensor.bytes = data.substr(begin, end - begin);
  return tensor;
}

// Every byte of the data belongs to exactly one tensor.
Status check_layout(const std::map<std::string, Tensor, std::less<>>& tensors, std::string_view data) {
  struct Range {
    size_t begin, end;
    std::string_view name;
  };
  std::vector<Range> ranges;
  for (const auto& [name, tensor] : tensors) {
    const size_t begin = static_cast<size_t>(tensor.bytes.data() - data.data());
    ranges.push_back({begin, begin + tensor.bytes.size(), name});
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  const auto hole = [](size_t from, size_t to) { return stage_error("bytes " + std::to_string(from) + " to " + std::to_string(to) + " belong to no tensor"); };
  size_t reached = 0;
  for (const Range& range : ranges) {
    if (range.begin < reached) return stage_error("tensor \"" + std::string(range.name) + "\" overlaps the one before it");
    if (range.begin > reached) return hole(reached, range.begin);
    reached = range.end;
  }
  if (reached != data.size()) return hole(reached, data.size());
  return {};
}

}  // namespace

std::string describe(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + (shape[i] < 0 ? std::string("any") : std::to_string(shape[i]));
  return text + "]";
}

std::string_view to_string(Dtype dtype) { return row(dtype).name; }
size_t width(Dtype dtype) { return row(dtype).width; }
int64_t Tensor::elements() const { return product(shape).value_or(0); }

Result<SafeTensors> SafeTensors::open(const std::filesystem::path& path, std::string origin) {
  TRY_ASSIGN(MappedFile file, MappedFile::open(path));
  SafeTensors result(std::move(file), std::move(origin));
  TRY(result.parse());
  return result;
}

Status SafeTensors::parse() {
  const auto fault = [&](std::string what) { return stage_error(origin_ + ": not a safetensors file: " + std::move(what)); };
  const std::string_view all = file_.bytes();
  if (all.size() < 8) return fault("it has " + std::to_string(all.size()) + " bytes, fewer than the 8 of the header length");
  uint64_t length = 0;
  std::memcpy(&length, all.data(), sizeof length);
  if (length > kMaxHeader) return fault("the header length " + std::to_string(length) + " is over 100000000");
  if (length > all.size() - 8) return fault("the header length " + std::to_string(length) + " reaches past the end of the file").with_hint(kCutShort);
  const std::string_view data = all.substr(8 + length);

  auto parsed = parse_json(all.substr(8, length), origin_);
  if (!parsed) return std::move(parsed).error().note("while reading the safetensors header");
  const Json header = *std::move(parsed);
  if (!header.is_object()) return fault("the header is no object");

  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) return fault("__metadata__ is no object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) return fault("__metadata__." + key + " is no text");
        metadata_[key] = value.get<std::string>();
      }
      continue;
    }
    auto tensor = read_tensor(entry, data);
    if (!tensor) return fault("tensor \"" + name + "\": " + tensor.error().message).with_hint(tensor.error().hint);
    tensors_.emplace(name, *std::move(tensor));
  }
  if (auto whole = check_layout(tensors_, data); !whole) return fault(whole.error().message);
  return {};
}

const Tensor* SafeTensors::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Result<const Tensor*> SafeTensors::expect(std::string_view name, Dtype dtype, const std::vector<int64_t>& shape) const {
  const Tensor* tensor = find(name);
  if (tensor == nullptr) {
    std::string list;
    for (const auto& each : tensors_) list += (list.empty() ? "" : ", ") + each.first;
    return stage_error(origin_ + ": no tensor \"" + std::string(name) + "\"; it has: " + (list.empty() ? "none" : list));
  }
  bool fits = tensor->dtype == dtype && tensor->shape.size() == shape.size();
  for (size_t i = 0; fits && i < shape.size(); ++i) fits = shape[i] < 0 || shape[i] == tensor->shape[i];
  if (!fits)
    return stage_error(origin_ + ": tensor \"" + std::string(name) + "\" is " + std::string(to_string(tensor->dtype)) + " " + describe(tensor->shape) +
                       ", expected " + std::string(to_string(dtype)) + " " + describe(shape));
  return tensor;
}

void SafeTensorsWriter::add(std::string name, Dtype dtype, std::vector<int64_t> shape, std::string_view bytes) {
  const auto elements = product(shape);
  assert(elements && static_cast<size_t>(*elements) * width(dtype) == bytes.size());
  (void)elements;
  tensors_[std::move(name)] = {dtype, std::move(shape), bytes};
}

Status SafeTensorsWriter::save(const std::filesystem::path& path) const {
  Json header = Json::object();
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors_) {
    header[name] = {{"dtype", to_string(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  if (!metadata_.empty()) header["__metadata__"] = metadata_;
  std::string text = canonical(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // data starts at a multiple of 8
  const uint64_t length = text.size();
  TRY_ASSIGN(AtomicFile file, AtomicFile::create(path));
  TRY(file.write({reinterpret_cast<const char*>(&length), sizeof length}));
  TRY(file.write(text));
  for (const auto& each : tensors_) TRY(file.write(each.second.bytes));
  return file.commit();
}

}  // namespace mlopsctl::weights
