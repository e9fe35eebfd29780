#include "curve/generators_table.h"
#include "curve/hash_to_curve.h"

namespace veil {

G1Affine compute_generator(std::size_t index) {
  if (index == kMaxGenerators) return hash_to_g1(as_bytes("H"), kGeneratorsTag);
  const std::array<std::uint8_t, 5> message = {'G', static_cast<std::uint8_t>(index >> 24),
                                               static_cast<std::uint8_t>(index >> 16),
                                               static_cast<std::uint8_t>(index >> 8), static_cast<std::uint8_t>(index)};
  return hash_to_g1(message, kGeneratorsTag);
}

}  // namespace veil
