// Sums of multiples of a few points.
// Source: E. G. Straus, "Addition chains of vectors" (problem 5125, Amer. Math. Monthly 71, 1964): all share the
// doublings.
#pragma once

#include <span>

#include "curve/g1.h"

namespace veil {

// sum_i scalars[i] * points[i]; equal sizes, one point or more. For fewer than about 20 points (beyond, buckets are
// faster).
G1 sum_by_shared_doublings(std::span<const G1> points, std::span<const Fr> scalars);

}  // namespace veil
