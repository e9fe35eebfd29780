// Products of forms that are matrix products, convolutions among them, by blocks: what a convolution reads is laid out
// a block at a time, so it is never in memory as a whole.
#pragma once

#include "circuit/view_run.h"

namespace veil {

using Cursors = std::vector<ViewCursor>;

// coefficient * sum over the summed axes that occur of left * right. A linear term has nothing on the left, which
// stands for 1.
struct Product {
  std::int64_t coefficient = 1;
  Cursors left;
  Cursors right;
  std::vector<bool> used;  // by axis
};

// Adds the product to `out`, row-major over the box, and says true; or does nothing where it is no matrix product worth
// it. Every sum must be below 2^53 in magnitude: sums are taken in doubles, exactly.
bool add_matrix_product(const Domain& domain, const Product& product, std::vector<std::int64_t>& out);

}  // namespace veil
