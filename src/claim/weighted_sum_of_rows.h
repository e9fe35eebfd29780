// A matrix of small integers folded with field weights: the one pass over a model's weights that a proof makes.
#pragma once

#include <cstddef>
#include <span>

#include "base/integer_array.h"
#include "field/fr.h"

namespace veil {

// Integers seen as a matrix: entry (i, j) is data[i * row_stride + j * column_stride], strides in entries, of any sign.
// All rows * columns entries must lie in memory; they may overlap (a convolution's windows).
struct IntegerMatrixView {
  const void* data = nullptr;  // entry (0, 0)
  IntegerWidth width = IntegerWidth::k64;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::ptrdiff_t row_stride = 0;
  std::ptrdiff_t column_stride = 1;
};

//   out[j] += sum_i weights[i] * matrix(i, j),   i < rows, j < columns
// The transposed product sum_j matrix(i, j) w_j is the same function on exchanged strides. Exact for every entry,
// INT64_MIN included. Rows of weight zero are not read.
// Errors: sizes that do not agree, or 2^32 rows and more, abort.
void weighted_sum_of_rows(std::span<const Fr> weights, const IntegerMatrixView& matrix, std::span<Fr> out);

}  // namespace veil
