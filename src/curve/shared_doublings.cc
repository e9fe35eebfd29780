#include "curve/shared_doublings.h"

#include <array>

#include "curve/endomorphism.h"
#include "curve/signed_digits.h"

namespace veil {
namespace {

constexpr unsigned kWindowBits = 4;
constexpr std::size_t kWindows = signed_windows(kHalfScalarBits, kWindowBits);
constexpr std::size_t kMultiples = 1 << (kWindowBits - 1);

using Digits = std::array<std::int16_t, kWindows>;

// 1 .. kMultiples times the point
void append_multiples(const G1& point, std::vector<G1>& multiples) {
  const std::size_t first = multiples.size();
  multiples.push_back(point);
  for (std::size_t m = 2; m <= kMultiples; ++m) {
    multiples.push_back(m % 2 == 0 ? multiples[first + m / 2 - 1].doubled() : multiples.back() + point);
  }
}

void add_multiple(G1& sum, const G1Affine* multiples, std::int16_t digit) {
  if (digit > 0) sum += multiples[digit - 1];
  if (digit < 0) sum -= multiples[-digit - 1];
}

}  // namespace

G1 sum_by_shared_doublings(std::span<const G1> points, std::span<const Fr> scalars) {
  std::vector<G1> multiples;
  multiples.reserve(points.size() * kMultiples);
  std::vector<Digits> digits(2 * points.size());  // of the two halves of each scalar
  for (std::size_t i = 0; i < points.size(); ++i) {
    append_multiples(points[i], multiples);
    const std::array<HalfScalar, 2> halves = split_scalar(scalars[i]);
    for (std::size_t h = 0; h < 2; ++h) {
      write_signed_digits(halves[h].magnitude, halves[h].negative, kWindowBits, digits[2 * i + h].data(), kWindows, 1);
    }
  }
  const std::vector<G1Affine> table = G1::batch_to_affine(multiples);
  std::vector<G1Affine> endomorphic = table;
  for (G1Affine& multiple : endomorphic) multiple.x *= kBeta;

  G1 sum;
  for (std::size_t w = kWindows; w-- > 0;) {
    for (unsigned k = 0; k < kWindowBits && !sum.is_identity(); ++k) sum = sum.doubled();
    for (std::size_t i = 0; i < points.size(); ++i) {
      add_multiple(sum, &table[i * kMultiples], digits[2 * i][w]);
      add_multiple(sum, &endomorphic[i * kMultiples], digits[2 * i + 1][w]);
    }
  }
  return sum;
}

G1 operator*(const G1& point, const Fr& scalar) { return sum_by_shared_doublings({&point, 1}, {&scalar, 1}); }

}  // namespace veil
