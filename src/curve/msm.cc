#include "curve/msm.h"

#include <array>

#include "base/check.h"
#include "curve/bucket_weights.h"
#include "curve/buckets.h"
#include "curve/endomorphism.h"
#include "curve/shared_doublings.h"
#include "curve/signed_digits.h"

namespace veil {
namespace {

constexpr std::size_t kFewPoints = 3;

// For `half_scalars` scalars of kHalfScalarBits.
unsigned choose_window_bits(std::size_t half_scalars) {
  const auto cost = [&](unsigned c) {
    return signed_windows(kHalfScalarBits, c) * (8 * half_scalars + bucket_overhead(c));
  };
  unsigned best = 2;
  for (unsigned c = 3; c <= kMaxBucketBits; ++c) best = cost(c) < cost(best) ? c : best;
  return best;
}

// Each scalar is split by the endomorphism: 2n points, half as many windows, and half as many buckets to weigh.
//   sum = sum_w 2^(c w) S_w
G1 sum_of_many(std::span<const G1Affine> points, std::span<const Fr> scalars) {
  const std::size_t count = 2 * points.size();
  const unsigned window_bits = choose_window_bits(count);
  const std::size_t windows = signed_windows(kHalfScalarBits, window_bits);
  std::vector<G1Affine> both(count);
  std::vector<std::int16_t> digits(windows * count);  // [window][point]
  for (std::size_t i = 0; i < points.size(); ++i) {
    both[2 * i] = points[i];
    both[2 * i + 1] = {points[i].x * kBeta, points[i].y};  // of the identity: the identity
    const std::array<HalfScalar, 2> halves = split_scalar(scalars[i]);
    for (std::size_t h = 0; h < 2; ++h) {
      write_signed_digits(halves[h].magnitude, halves[h].negative, window_bits, &digits[2 * i + h], windows, count);
    }
  }
  return sum_of_bits(bit_sums_by_buckets(both, digits, window_bits));
}

}  // namespace

G1 msm(std::span<const G1Affine> points, std::span<const Fr> scalars) {
  VEIL_CHECK(points.size() == scalars.size());
  if (points.empty()) return G1::identity();
  if (points.size() <= kFewPoints)
    return sum_by_shared_doublings(std::vector<G1>(points.begin(), points.end()), scalars);
  return sum_of_many(points, scalars);
}

}  // namespace veil
