// Whatever bytes are accepted are a point of the curve, and the only encoding of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "curve/g1.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  if (const auto point = veil::decompress(bytes)) {
    VEIL_CHECK(point->is_on_curve());
    VEIL_CHECK(std::ranges::equal(veil::compress(*point), bytes));
  }
  if (const auto point = veil::from_uncompressed(bytes)) {
    VEIL_CHECK(point->is_on_curve());
    VEIL_CHECK(std::ranges::equal(veil::to_uncompressed(*point), bytes));
  }
  return 0;
}
