#include "curve/generators.h"

#include "base/check.h"
#include "curve/generators_table.h"

namespace veil {

std::span<const G1Affine> generators(std::size_t count) {
  VEIL_CHECK(count <= kMaxGenerators);
  return std::span(kGeneratorsTable).first(count);
}

const G1Affine& blinding_generator() { return kGeneratorsTable.back(); }

const Digest& generators_digest() {
  static constexpr Digest kDigest = {0xbc, 0x0d, 0x6d, 0x41, 0xaf, 0x50, 0x62, 0xd7, 0x65, 0x30, 0x29,
                                     0x9e, 0x3e, 0x85, 0xa3, 0x3c, 0x68, 0x08, 0x26, 0xe7, 0xb1, 0x5b,
                                     0x95, 0x64, 0xd0, 0x9c, 0xf5, 0x0a, 0x60, 0xa4, 0x71, 0x45};
  return kDigest;
}

}  // namespace veil
