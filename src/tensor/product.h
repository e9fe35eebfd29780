// Products of matrices of doubles, in blocks that stay in the caches.
#pragma once

#include <cstddef>

namespace veil {

// A matrix inside an array: entry (i, j) at data[i * row + j * column].
struct Matrix {
  const double* data;
  std::size_t row, column;
};

// out (rows x columns; rows are out_row apart) += a (rows x depth) * b (depth x columns).
// Every sum is taken in the order of the depth, so the blocks and the processor do not change a bit of it.
void multiply_add(const Matrix& a, const Matrix& b, std::size_t rows, std::size_t depth, std::size_t columns,
                  double* out, std::size_t out_row);

}  // namespace veil
