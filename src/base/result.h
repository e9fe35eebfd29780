// Result<T>: a value, or a sentence that says what was wrong, where, and what to do. For untrusted or user input.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace veil {

struct Error {
  std::string message;  // one sentence for the user
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    VEIL_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    VEIL_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    VEIL_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

  const Error& error() const {
    VEIL_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace veil

// Leaves the function with the error, or goes on.  VEIL_TRY(name, expression) declares `name` as the value.
#define VEIL_TRY_CAT2(a, b) a##b
#define VEIL_TRY_CAT(a, b) VEIL_TRY_CAT2(a, b)
#define VEIL_TRY(name, expression)                                                                                    \
  auto VEIL_TRY_CAT(veil_result_, __LINE__) = (expression);                                                           \
  if (!VEIL_TRY_CAT(veil_result_, __LINE__).ok()) return ::veil::Error{VEIL_TRY_CAT(veil_result_, __LINE__).error()}; \
  auto name = std::move(VEIL_TRY_CAT(veil_result_, __LINE__)).value()
#define VEIL_TRY_STATUS(expression)                                                                    \
  do {                                                                                                 \
    if (auto veil_status = (expression); !veil_status.ok()) return ::veil::Error{veil_status.error()}; \
  } while (false)
