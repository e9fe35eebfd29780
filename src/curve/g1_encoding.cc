#include <algorithm>

#include "curve/g1.h"

namespace veil {
namespace {

constexpr std::uint8_t kLargerRootBit = 0x80;  // bit 255
constexpr std::uint8_t kIdentityBit = 0x40;    // bit 254

}  // namespace

std::array<std::uint8_t, 32> compress(const G1Affine& point) {
  if (point.is_identity()) return {kIdentityBit};
  std::array<std::uint8_t, 32> out = point.x.to_bytes();  // x < q < 2^254 leaves both bits free
  if (point.y.is_larger_root()) out[0] |= kLargerRootBit;
  return out;
}

std::optional<G1Affine> decompress(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, 32> x_bytes{};
  if (bytes.size() != x_bytes.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), x_bytes.begin());
  if (x_bytes == std::array<std::uint8_t, 32>{kIdentityBit}) return G1Affine::identity();

  const bool larger = (x_bytes[0] & kLargerRootBit) != 0;
  x_bytes[0] &= static_cast<std::uint8_t>(~kLargerRootBit);
  const std::optional<Fq> x = Fq::from_bytes(x_bytes);  // refuses a set bit 254 as well: 2^254 > q
  if (!x) return std::nullopt;
  const std::optional<Fq> root = (x->square() * *x + Fq::from_u64(3)).sqrt();
  if (!root) return std::nullopt;
  return G1Affine{*x, root->is_larger_root() == larger ? *root : -*root};  // the root is not zero: no point has y = 0
}

std::array<std::uint8_t, 64> to_uncompressed(const G1Affine& point) {
  const std::array<std::uint8_t, 32> x = point.x.to_bytes();
  const std::array<std::uint8_t, 32> y = point.y.to_bytes();
  std::array<std::uint8_t, 64> out{};
  std::copy(x.begin(), x.end(), out.begin());
  std::copy(y.begin(), y.end(), out.begin() + 32);
  return out;
}

std::optional<G1Affine> from_uncompressed(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != 64) return std::nullopt;
  const std::optional<Fq> x = Fq::from_bytes(bytes.first(32));
  const std::optional<Fq> y = Fq::from_bytes(bytes.last(32));
  if (!x || !y) return std::nullopt;
  const G1Affine point{*x, *y};
  if (!point.is_on_curve()) return std::nullopt;
  return point;
}

}  // namespace veil
