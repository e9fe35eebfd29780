#include "curve/endomorphism.h"

#include "base/check.h"

namespace veil {
namespace {

// The lattice of the (a, b) with a + lambda b = 0 mod p has the basis (A, -B), (B, C) with C = A + B and A C + B^2 = p:
constexpr Fr kB = Fr::from_limbs({0x89d3256894d213e3, 0, 0, 0});
constexpr Fr kC = Fr::from_limbs({0x0be4e1541221250b, 0x6f4d8248eeb859fd, 0, 0});
// round(2^256 C / p) and round(2^256 B / p):
constexpr Limbs kScaledC = {0x5398fd0300ff6565, 0x4ccef014a773d2d2, 0x2, 0};
constexpr Limbs kScaledB = {0xd91d232ec7e0b3d7, 0x2, 0, 0};

// round(a b / 2^256)
Limbs multiply_high(const Limbs& a, const Limbs& b) {
  std::array<std::uint64_t, 8> product{};
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const UInt128 sum = static_cast<UInt128>(a[i]) * b[j] + product[i + j] + carry;
      product[i + j] = low64(sum);
      carry = high64(sum);
    }
    product[i + 4] = carry;
  }
  Limbs out{};
  add_limbs(out, {product[4], product[5], product[6], product[7]}, {product[3] >> 63, 0, 0, 0});
  return out;
}

// The representative of least absolute value.
HalfScalar centred(const Fr& value) {
  const bool negative = value.is_larger_root();  // above (p-1)/2
  const Limbs limbs = (negative ? -value : value).to_limbs();
  VEIL_CHECK((limbs[1] >> 63) == 0 && limbs[2] == 0 && limbs[3] == 0);
  return {{limbs[0], limbs[1]}, negative};
}

}  // namespace

// (k, 0) = b1 (A, -B) + b2 (B, C) over the rationals, with b1 = k C / p and b2 = k B / p. With c1, c2 the integers next
// to them (off by at most 1/2 + k / 2^257 < 0.6), the remainder (k_0, k_1) = (b1 - c1) (A, -B) + (b2 - c2) (B, C) has
// entries of absolute value below 0.6 (B + C) < 2^127. k_1 = c1 B - c2 C; k_0 is computed from k_1 in the field, so
// that the sum is right by construction.
std::array<HalfScalar, 2> split_scalar(const Fr& k) {
  const Limbs limbs = k.to_limbs();
  const Fr c1 = Fr::from_limbs(multiply_high(limbs, kScaledC));
  const Fr c2 = Fr::from_limbs(multiply_high(limbs, kScaledB));
  const Fr k1 = c1 * kB - c2 * kC;
  return {centred(k - kLambda * k1), centred(k1)};
}

}  // namespace veil
