// A broken promise of the programmer: prints where and aborts, in release builds too. Input bytes never reach one.
#pragma once

namespace veil {

[[noreturn]] void fail_check(const char* condition, const char* file, int line);

}  // namespace veil

#define VEIL_CHECK(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::veil::fail_check(#condition, __FILE__, __LINE__))
