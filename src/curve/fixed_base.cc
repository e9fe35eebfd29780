#include <array>

#include "curve/msm.h"
#include "curve/signed_digits.h"

namespace veil {
namespace {

constexpr unsigned kWindowBits = 5;
constexpr unsigned kScalarBits = 254;
constexpr std::size_t kWindows = signed_windows(kScalarBits, kWindowBits);
constexpr std::size_t kMultiples = 1 << (kWindowBits - 1);

}  // namespace

// table[window][j - 1] = j 2^(5 window) P
FixedBase::FixedBase(const G1Affine& point) {
  std::vector<G1> multiples(kWindows * kMultiples);
  G1 base = point;
  for (std::size_t w = 0; w < kWindows; ++w) {
    G1* const row = &multiples[w * kMultiples];
    row[0] = base;
    for (std::size_t i = 1; i < kMultiples; ++i) row[i] = i % 2 == 1 ? row[i / 2].doubled() : row[i - 1] + base;
    base = row[kMultiples - 1].doubled();
  }
  table_ = G1::batch_to_affine(multiples);
}

G1 FixedBase::operator*(const Fr& scalar) const {
  std::array<std::int16_t, kWindows> digits{};
  write_signed_digits(scalar.to_limbs(), false, kWindowBits, digits.data(), kWindows, 1);
  G1 sum;
  for (std::size_t w = 0; w < kWindows; ++w) {
    const G1Affine* const row = &table_[w * kMultiples];
    if (digits[w] > 0) sum += row[digits[w] - 1];
    if (digits[w] < 0) sum -= row[-digits[w] - 1];
  }
  return sum;
}

}  // namespace veil
