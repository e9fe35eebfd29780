#include "base/random.h"

#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include <algorithm>

#include "base/check.h"

namespace veil {

void fill_random(std::span<std::uint8_t> out) {
  constexpr std::size_t kMostAtOnce = 256;  // the limit of getentropy, which is getrandom on Linux
  while (!out.empty()) {
    const std::size_t size = std::min(out.size(), kMostAtOnce);
    VEIL_CHECK(getentropy(out.data(), size) == 0);
    out = out.subspan(size);
  }
}

}  // namespace veil
