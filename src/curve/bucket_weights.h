// What the bucket method owes once its buckets are filled: the sum of every bucket times its number.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "curve/g1.h"

namespace veil {

// buckets[s * K + j - 1] is bucket j = 1 .. K of set s, K = 2^(digit_bits - 1). The sum over the bits of j, one point a
// bit:
//   sum_j j B_j = sum_b 2^b T_b,   T_b = the sum of the B_j of a set with bit b of j set;   at out[s * digit_bits + b]
// `out` holds digit_bits points for each set.
void weigh_buckets(std::span<const G1Affine> buckets, unsigned digit_bits, std::span<G1Affine> out);

// `all` things in as few lots as `most` a lot allows, and lots of nearly one size: a small last one would pay an
// inversion for few additions.
constexpr std::size_t even_share(std::size_t all, std::size_t most) {
  const std::size_t lots = all <= most ? 1 : (all + most - 1) / most;
  return all == 0 ? 1 : (all + lots - 1) / lots;
}

// sum_i 2^i terms[i]
G1 sum_of_bits(std::span<const G1Affine> terms);

}  // namespace veil
