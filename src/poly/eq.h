// The multilinear equality polynomial.
//   eq(x, y) = prod_k (x_k y_k + (1 - x_k)(1 - y_k))
// Order of the variables: the FIRST coordinate is the MOST significant bit of an index, as everywhere in Veil
// (and as field/arrays.h fold binds them).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "field/fr.h"

namespace veil {

// The number of variables of a table of `size` entries: the least k with 2^k >= size; 0 for sizes 0 and 1.
unsigned log2_ceil(std::size_t size);

// All 2^k values eq(point, bits of i), i = 0 .. 2^k - 1. An empty point gives {1}. At most 40 coordinates.
std::vector<Fr> eq_table(std::span<const Fr> point);
// The first `length` of them, at a cost of O(length + k). length <= 2^k.
std::vector<Fr> eq_table(std::span<const Fr> point, std::size_t length);

// eq of two points with the same number of coordinates.
Fr eq(std::span<const Fr> x, std::span<const Fr> y);

}  // namespace veil
