// safetensors (github.com/huggingface/safetensors, "Format"): 8 bytes little-endian header length, a JSON header
// {"name": {"dtype", "shape", "data_offsets": [begin, end]}, "__metadata__": {text: text}}, then the tensors' bytes.
//
// Stricter than the format where that costs nothing: the header is at most 100 MB, names are distinct, offsets lie in the file, tensors
// neither overlap nor leave a hole, and each has exactly the bytes that its dtype and shape need.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pipeline/base/files.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::weights {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian; this machine is not");

enum class Dtype { boolean, u8, i8, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };
std::string_view to_string(Dtype dtype);                  // "F32"
size_t width(Dtype dtype);                                // bytes of one element
std::string describe(const std::vector<int64_t>& shape);  // "[384, any]": -1 is any length

struct Tensor {
  Dtype dtype = Dtype::f32;
  std::vector<int64_t> shape;
  std::string_view bytes;  // of the mapped file; may be unaligned
  int64_t elements() const;
};

// A file, checked as a whole when opened and mapped while this lives.
class SafeTensors {
 public:
  // `origin` is what messages call the file.
  static Result<SafeTensors> open(const std::filesystem::path& path, std::string origin);

  const std::map<std::string, Tensor, std::less<>>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const Tensor* find(std::string_view name) const;

  // A copy of tensor `name`, which must have this type and shape (-1: any length).
  template <typename T>
  Result<std::vector<T>> read(std::string_view name, const std::vector<int64_t>& shape) const;

 private:
  SafeTensors(MappedFile file, std::string origin) : file_(std::move(file)), origin_(std::move(origin)) {}
  Status parse();
  Result<const Tensor*> expect(std::string_view name, Dtype dtype, const std::vector<int64_t>& shape) const;

  MappedFile file_;
  std::string origin_;
  std::map<std::string, Tensor, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

// Writes tensors in the order of their names, so that equal tensors give equal bytes. The bytes are not copied: keep them until save().
class SafeTensorsWriter {
 public:
  template <typename T>
  void add(std::string name, std::vector<int64_t> shape, std::span<const T> values);
  void add(std::string name, Dtype dtype, std::vector<int64_t> shape, std::string_view bytes);
  void describe(std::string key, std::string value) { metadata_[std::move(key)] = std::move(value); }
  Status save(const std::filesystem::path& path) const;  // AtomicFile

 private:
  std::map<std::string, Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

template <typename T>
constexpr Dtype dtype_of() {
  if constexpr (std::is_same_v<T, float>) return Dtype::f32;
  else if constexpr (std::is_same_v<T, double>) return Dtype::f64;
  else if constexpr (std::is_same_v<T, int32_t>) return Dtype::i32;
  else {
    static_assert(std::is_same_v<T, int64_t>, "no safetensors type for this element");
    return Dtype::i64;
  }
}

template <typename T>
Result<std::vector<T>> SafeTensors::read(std::string_view name, const std::vector<int64_t>& shape) const {
  TRY_ASSIGN(const Tensor* tensor, expect(name, dtype_of<T>(), shape));
  std::vector<T> values(tensor->bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor->bytes.data(), tensor->bytes.size());
  return values;
}

template <typename T>
void SafeTensorsWriter::add(std::string name, std::vector<int64_t> shape, std::span<const T> values) {
  add(std::move(name), dtype_of<T>(), std::move(shape), std::string_view(reinterpret_cast<const char*>(values.data()), values.size_bytes()));
}

}  // namespace mlopsctl::weights
