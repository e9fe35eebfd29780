#include <algorithm>
#include <array>

#include "base/check.h"
#include "curve/batch_add.h"
#include "curve/msm.h"
#include "curve/signed_digits.h"
#include "parallel/parallel.h"

namespace veil {
namespace {

constexpr unsigned kWindowBits = 8;
constexpr unsigned kScalarBits = 254;
constexpr std::size_t kWindows = signed_windows(kScalarBits, kWindowBits);
constexpr std::size_t kMultiples = 1 << (kWindowBits - 1);
constexpr std::size_t kScalarsTogether = 128;  // 256 KiB of sums in flight

using Digits = std::array<std::int16_t, kWindows>;

Digits digits_of(const Fr& scalar) {
  Digits digits{};
  write_signed_digits(scalar.to_limbs(), false, kWindowBits, digits.data(), kWindows, 1);
  return digits;
}

}  // namespace

// table[window][j - 1] = j 2^(8 window) P
FixedBase::FixedBase(const G1Affine& point) : table_(kWindows * kMultiples) {
  std::vector<G1> powers(kWindows);
  G1 power = point;
  for (G1& each : powers) {
    each = power;
    for (unsigned bit = 0; bit < kWindowBits; ++bit) power = power.doubled();
  }
  const std::vector<G1Affine> firsts = G1::batch_to_affine(powers);
  for (std::size_t w = 0; w < kWindows; ++w) table_[w * kMultiples] = firsts[w];
  fill_multiples(table_, kMultiples);
}

G1 FixedBase::operator*(const Fr& scalar) const {
  const Digits digits = digits_of(scalar);
  G1 sum;
  for (std::size_t w = 0; w < kWindows; ++w) {
    const G1Affine* const row = &table_[w * kMultiples];
    if (digits[w] > 0) sum += row[digits[w] - 1];
    if (digits[w] < 0) sum -= row[-digits[w] - 1];
  }
  return sum;
}

// Each multiple is a segment of table points; all segments share inversions.
void FixedBase::add_some_multiples(std::span<const Fr> scalars, std::span<G1Affine> sums) const {
  std::vector<PointRef> refs;
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < scalars.size(); ++i) {
    const auto begin = static_cast<std::uint32_t>(refs.size());
    refs.emplace_back(&sums[i]);
    const Digits digits = digits_of(scalars[i]);
    for (std::size_t w = 0; w < kWindows; ++w) {
      const auto multiple = static_cast<std::size_t>(digits[w] < 0 ? -digits[w] : digits[w]);
      if (multiple != 0) refs.emplace_back(&table_[w * kMultiples + multiple - 1], digits[w] < 0);
    }
    segments.push_back({begin, static_cast<std::uint32_t>(refs.size()) - begin});
  }
  std::vector<G1Affine> work((refs.size() + 1) / 2);
  sum_segments(refs, segments, work);
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = refs[segments[i].begin].value();
}

void FixedBase::add_multiples(std::span<const Fr> scalars, std::span<G1Affine> sums) const {
  VEIL_CHECK(scalars.size() == sums.size());
  for_ranges_of(scalars.size(), kScalarsTogether, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t first = begin; first < end; first += kScalarsTogether) {
      const std::size_t count = std::min(kScalarsTogether, end - first);
      add_some_multiples(scalars.subspan(first, count), sums.subspan(first, count));
    }
  });
}

}  // namespace veil
