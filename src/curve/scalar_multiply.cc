#include <array>

#include "curve/endomorphism.h"
#include "curve/g1.h"
#include "curve/signed_digits.h"

namespace veil {
namespace {

constexpr unsigned kWindowBits = 5;
constexpr std::size_t kWindows = signed_windows(kHalfScalarBits, kWindowBits);
constexpr std::size_t kMultiples = 1 << (kWindowBits - 1);

using Digits = std::array<std::int32_t, kWindows>;

Digits window_digits(const HalfScalar& scalar) {
  Digits digits{};
  write_signed_digits(scalar.magnitude, kWindowBits, digits);
  if (scalar.negative) {
    for (std::int32_t& digit : digits) digit = -digit;
  }
  return digits;
}

void add_multiple(G1& sum, std::span<const G1Affine> multiples, std::int32_t digit) {
  if (digit > 0) sum += multiples[static_cast<std::size_t>(digit - 1)];
  if (digit < 0) sum -= multiples[static_cast<std::size_t>(-digit - 1)];
}

}  // namespace

// Both halves of the scalar share the doublings.
G1 operator*(const G1& point, const Fr& scalar) {
  std::array<G1, kMultiples> multiples;
  multiples[0] = point;
  for (std::size_t i = 1; i < kMultiples; ++i) {
    multiples[i] = i % 2 == 1 ? multiples[i / 2].doubled() : multiples[i - 1] + point;
  }
  const std::vector<G1Affine> table = G1::batch_to_affine(multiples);
  std::vector<G1Affine> endomorphic = table;
  for (G1Affine& multiple : endomorphic) multiple.x *= kBeta;

  const std::array<HalfScalar, 2> halves = split_scalar(scalar);
  const Digits digits = window_digits(halves[0]);
  const Digits endomorphic_digits = window_digits(halves[1]);
  G1 sum;
  for (std::size_t i = kWindows; i-- > 0;) {
    for (unsigned k = 0; k < kWindowBits && !sum.is_identity(); ++k) sum = sum.doubled();
    add_multiple(sum, table, digits[i]);
    add_multiple(sum, endomorphic, endomorphic_digits[i]);
  }
  return sum;
}

}  // namespace veil
