// Buffer<T>: memory that grows and is kept between steps; its contents are lost when it grows.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace mlopsctl::torch_cpu {

template <typename T>
class Buffer {
 public:
  // At least `count` elements; throws std::bad_alloc. Whole huge pages where it is large: products walk across it.
  T* hold(int64_t count) {
    if (count <= held_) return data_.get();
    data_.reset();
    held_ = 0;
    const size_t wanted = static_cast<size_t>(count) * sizeof(T), page = wanted >= kHuge ? kHuge : 64;
    const size_t bytes = (wanted + page - 1) / page * page;
    void* memory = std::aligned_alloc(page, bytes);
    if (memory == nullptr) throw std::bad_alloc();
    if (page == kHuge) madvise(memory, bytes, MADV_HUGEPAGE);
    data_.reset(static_cast<T*>(memory));
    held_ = static_cast<int64_t>(bytes / sizeof(T));
    return data_.get();
  }
  T* hold_zeros(int64_t count) {
    T* data = hold(count);
    std::fill_n(data, count, T{});
    return data;
  }
  T* get() { return data_.get(); }
  const T* get() const { return data_.get(); }

 private:
  static constexpr size_t kHuge = size_t{2} << 20;
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> data_;
  int64_t held_ = 0;
};

}  // namespace mlopsctl::torch_cpu
