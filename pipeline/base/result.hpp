// Result<T>: a value, or the Error that prevented it. Expected failures travel this way; exceptions mean a bug.
#pragma once

#include <cassert>
#include <utility>
#include <variant>

#include "pipeline/base/error.hpp"

namespace mlopsctl {

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { assert(ok()); return *std::get_if<0>(&state_); }
  const T& value() const& { assert(ok()); return *std::get_if<0>(&state_); }
  T&& value() && { assert(ok()); return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & { assert(!ok()); return *std::get_if<1>(&state_); }
  const Error& error() const& { assert(!ok()); return *std::get_if<1>(&state_); }
  Error&& error() && { assert(!ok()); return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  Error& error() & { assert(!ok()); return *error_; }
  const Error& error() const& { assert(!ok()); return *error_; }
  Error&& error() && { assert(!ok()); return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace mlopsctl

// Early return on error: TRY(status_expression); TRY_ASSIGN(auto x, result_expression);
#define MLOPSCTL_CONCAT_(a, b) a##b
#define MLOPSCTL_CONCAT(a, b) MLOPSCTL_CONCAT_(a, b)
#define TRY(expression)                                         \
  do {                                                          \
    if (auto try_result_ = (expression); !try_result_.ok())     \
      return std::move(try_result_).error();                    \
  } while (false)
#define TRY_ASSIGN_(temporary, target, expression)              \
  auto temporary = (expression);                                \
  if (!temporary.ok()) return std::move(temporary).error();     \
  target = std::move(temporary).value()
#define TRY_ASSIGN(target, expression) TRY_ASSIGN_(MLOPSCTL_CONCAT(try_result_, __LINE__), target, expression)
