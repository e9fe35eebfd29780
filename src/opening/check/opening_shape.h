// What an opening consists of: it follows from the statement alone.
//
// The opened matrix has the columns of the committed one: pi' (a value for each message, in rows of that length), then
// the row g', then rows of zeros to a power of two.
#pragma once

#include <algorithm>
#include <cstddef>

#include "poly/eq.h"

namespace veil {

struct OpeningShape {
  // Folding the columns costs the prover a multi-scalar multiplication over all of them each time and saves ever fewer
  // bytes.
  static constexpr unsigned kMaxColumnFolds = 3;
  static constexpr unsigned kLogColumnsLeft = 4;  // folding goes no further than this

  unsigned log_columns = 0;
  std::size_t num_slots = 0;   // messages of the text
  std::size_t num_opened = 0;  // of them, those whose pads are opened in the clear

  std::size_t columns() const { return std::size_t{1} << log_columns; }
  std::size_t num_pads() const { return num_slots + 1; }  // the last one is that of the error
  std::size_t pad_rows() const { return (num_pads() + columns() - 1) / columns(); }
  std::size_t row_folds() const { return log2_ceil(pad_rows() + 1); }
  unsigned column_folds() const {
    return std::min(log_columns - std::min(log_columns, kLogColumnsLeft), kMaxColumnFolds);
  }
  std::size_t columns_left() const { return columns() >> column_folds(); }

  // Points: pads, masks, the mask row, two a fold of the columns. Scalars: messages; cross, error and delta; opened
  // pads; two a fold of the rows; the blinder; the columns that are left.
  std::size_t num_points() const { return 2 * pad_rows() + 1 + 2 * column_folds(); }
  std::size_t num_scalars() const { return num_slots + 3 + num_opened + 2 * row_folds() + 1 + columns_left(); }
};

}  // namespace veil
