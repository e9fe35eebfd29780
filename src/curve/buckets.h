// Sums of small multiples of many points, several at once: the bucket method.
// Source: N. Pippenger, "On the evaluation of powers and related problems" (FOCS 1976), as used for sums of multiples
// of curve points, with signed digits and additions in affine coordinates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "curve/g1.h"

namespace veil {

inline constexpr unsigned kMaxBucketBits = 14;

// For each set s of digits, s = 0 .. digits.size() / points.size() - 1:
//   S_s = sum_i digits[s * points.size() + i] * points[i],   |digit| <= 2^(digit_bits - 1)
// as digit_bits points with S_s = sum_b 2^b out[s * digit_bits + b] (sum_of_bits in curve/bucket_weights.h): who has
// sets for the windows of a scalar doubles once for all of them. 2 <= digit_bits <= kMaxBucketBits; digits.size() must
// be a multiple of points.size(), and no points give no sums.
std::vector<G1Affine> bit_sums_by_buckets(std::span<const G1Affine> points, std::span<const std::int16_t> digits,
                                          unsigned digit_bits);

// What the buckets of a set cost on top of one addition for each digit other than zero, in units of 1/8 addition: two
// for each bucket, less the one that the first point of a bucket does not need, and what short sums cost by themselves.
constexpr std::size_t bucket_overhead(unsigned digit_bits) { return 15 * (std::size_t{1} << (digit_bits - 1)); }

}  // namespace veil
