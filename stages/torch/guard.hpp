// No exception leaves the module: what libtorch and the allocator throw becomes an Error.
#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "pipeline/base/result.hpp"

namespace mlopsctl::torch_cpu {

inline Error out_of_memory() {
  return stage_error("out of memory in the encoder").with_hint("free memory, or use a smaller model or a lower model.max_tokens");
}

template <typename Work>
auto guarded(Work&& work) -> decltype(work()) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) { return out_of_memory(); } catch (const c10::Error& error) {
    const std::string what = error.what_without_backtrace();
    if (what.find("allocate memory") != std::string::npos || what.find("out of memory") != std::string::npos) return out_of_memory();
    return stage_error("libtorch: " + what.substr(0, what.find('\n')));
  } catch (const std::exception& error) { return stage_error(std::string("libtorch: ") + error.what()); }
}

}  // namespace mlopsctl::torch_cpu
