// Sums of products of integers over labelled axes, without the circuit: what the integer run is made of.
#pragma once

#include <cstdint>
#include <vector>

#include "base/integer_array.h"

namespace veil {

// out[box] = sum_rest x[..] y[..]; the first box_rank labels are the output's. Every sum is below 2^54 in magnitude.
struct LabelledProduct {
  const std::vector<std::int64_t>& lengths;  // by label
  std::size_t box_rank;
  const std::vector<std::int64_t>&x_axes, &y_axes;
};
std::vector<std::int64_t> sum_products(const LabelledProduct& product, const IntegerView& x, const IntegerView& y);

// For every index of the first `rank` labels, row-major: the place in an array that has the labels `axes`, row-major.
std::vector<std::int64_t> label_places(const std::vector<std::int64_t>& lengths, std::size_t rank,
                                       const std::vector<std::int64_t>& axes);

}  // namespace veil
