#include "base/secret.h"

#include <cstring>

namespace veil {

void wipe(void* data, std::size_t size_bytes) noexcept {
  if (size_bytes == 0) return;
  std::memset(data, 0, size_bytes);
  asm volatile("" : : "r"(data) : "memory");  // the zeros are "read" here, so the stores must happen
}

}  // namespace veil
