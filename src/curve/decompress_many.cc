#include "curve/decompress_many.h"

#include "base/check.h"

namespace veil {

std::size_t decompress_many(std::span<const std::uint8_t> encodings, std::span<G1Affine> points) {
  VEIL_CHECK(encodings.size() == 32 * points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto point = decompress(encodings.subspan(32 * i, 32));
    if (!point) return i;
    points[i] = *point;
  }
  return points.size();
}

}  // namespace veil
