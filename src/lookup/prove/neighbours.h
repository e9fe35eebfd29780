// Sums and products of neighbouring integers. Two leaves of a lookup with one entry are affine in their integers v0 and
// v1, so that what is made of both, and sums over many, need no product of field elements:
//   (b + f v0) (b + f v1) = b^2 + b f (v0 + v1) + f^2 v0 v1
#pragma once

#include <array>
#include <cstdint>

#include "lookup/prove/leaves.h"

namespace veil {

struct Neighbours {
  std::array<std::int64_t, Leaves::kMaxRows> sums;
  std::array<std::int64_t, Leaves::kMaxRows> products;

  // Of v[2 i] and v[2 i + 1] for all rows; false where a value is too large for this. No integers: zeros.
  bool take(const std::int64_t* v);
  // The same of high[i] - low[i].
  bool take_steps(const std::int64_t* low, const std::int64_t* high);
};

}  // namespace veil
