#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace veil {

void fail_check(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "veil: internal check failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace veil
