#include "curve/endomorphism.h"

namespace veil {
namespace {

// The lattice of the (a, b) with a + lambda b = 0 mod p has the basis (A, -B), (B, C) with C = A + B and A C + B^2 = p:
constexpr std::uint64_t kB = 0x89d3256894d213e3;
constexpr UInt128 kC = static_cast<UInt128>(0x6f4d8248eeb859fd) << 64 | 0x0be4e1541221250b;
constexpr UInt128 kA = kC - kB;
// round(2^256 C / p) and round(2^256 B / p):
constexpr std::array<std::uint64_t, 3> kScaledC = {0x5398fd0300ff6565, 0x4ccef014a773d2d2, 0x2};
constexpr std::array<std::uint64_t, 2> kScaledB = {0xd91d232ec7e0b3d7, 0x2};

// round(a b / 2^256), which is below 2^128 for the b above.
template <std::size_t kLimbs>
UInt128 multiply_high(const Limbs& a, const std::array<std::uint64_t, kLimbs>& b) {
  std::array<std::uint64_t, 4 + kLimbs> product{};
  for (std::size_t j = 0; j < kLimbs; ++j) {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const UInt128 sum = static_cast<UInt128>(a[i]) * b[j] + product[i + j] + carry;
      product[i + j] = low64(sum);
      carry = high64(sum);
    }
    product[4 + j] = carry;
  }
  return (static_cast<UInt128>(product[5]) << 64 | product[4]) + (product[3] >> 63);
}

HalfScalar half_scalar(UInt128 twos_complement) {
  const bool negative = high64(twos_complement) >> 63 != 0;
  const UInt128 magnitude = negative ? 0 - twos_complement : twos_complement;
  return {{low64(magnitude), high64(magnitude)}, negative};
}

}  // namespace

// (k, 0) = b1 (A, -B) + b2 (B, C) over the rationals, with b1 = k C / p and b2 = k B / p. With c1, c2 the integers next
// to them (off by at most 1/2 + k / 2^257 < 0.6), the remainder (k_0, k_1) = (b1 - c1) (A, -B) + (b2 - c2) (B, C) has
// entries of absolute value below 0.6 (B + C) < 2^127, so
//   k_0 = k - c1 A - c2 B,   k_1 = c1 B - c2 C
// are right when computed modulo 2^128 and read as two's complement.
std::array<HalfScalar, 2> split_scalar(const Fr& k) {
  const Limbs limbs = k.to_limbs();
  const UInt128 c1 = multiply_high(limbs, kScaledC);
  const UInt128 c2 = multiply_high(limbs, kScaledB);
  const UInt128 low = static_cast<UInt128>(limbs[1]) << 64 | limbs[0];
  return {half_scalar(low - c1 * kA - c2 * kB), half_scalar(c1 * kB - c2 * kC)};
}

}  // namespace veil
