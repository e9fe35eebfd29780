#include <algorithm>

#include "base/check.h"
#include "curve/g1.h"
#include "field/arrays.h"

namespace veil {
namespace {

constexpr std::size_t kCompressedBytes = 32;
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
  if (bytes.size() != kCompressedBytes) return std::nullopt;
  return decompress_all(bytes)[0];
}

// The roots of all y^2 are found together; a point that turned out to be none on the way takes a harmless part in it.
std::vector<std::optional<G1Affine>> decompress_all(std::span<const std::uint8_t> bytes) {
  VEIL_CHECK(bytes.size() % kCompressedBytes == 0);
  const std::size_t count = bytes.size() / kCompressedBytes;
  std::vector<std::optional<Fq>> xs(count);
  std::vector<bool> larger(count), identity(count);
  std::vector<Fq> squares(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::array<std::uint8_t, kCompressedBytes> x_bytes{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * kCompressedBytes), kCompressedBytes, x_bytes.begin());
    identity[i] = x_bytes == std::array<std::uint8_t, kCompressedBytes>{kIdentityBit};
    larger[i] = (x_bytes[0] & kLargerRootBit) != 0;
    x_bytes[0] &= static_cast<std::uint8_t>(~kLargerRootBit);
    xs[i] = Fq::from_bytes(x_bytes);  // refuses a set bit 254 as well: 2^254 > q
    if (xs[i]) squares[i] = xs[i]->square() * *xs[i] + Fq::from_u64(3);
  }
  std::vector<Fq> roots = squares;
  square_root_candidates(roots);
  std::vector<std::optional<G1Affine>> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (identity[i]) out[i] = G1Affine::identity();
    if (!xs[i] || roots[i].square() != squares[i]) continue;
    // The root is not zero: no point has y = 0.
    out[i] = G1Affine{*xs[i], roots[i].is_larger_root() == larger[i] ? roots[i] : -roots[i]};
  }
  return out;
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
