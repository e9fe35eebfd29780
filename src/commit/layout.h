// Where every tensor lives in the committed matrix (protocol section 2).
//
// Rows of 2^log_columns columns, grouped by owner (model, input, witness); no row is shared by two owners. The column
// part of a tensor is the last log_columns bits of its concatenated, padded axis bits; rows are counted with REAL
// lengths. A tensor with fewer bits than that is packed, widest first, into shared rows of its owner, aligned to its
// own width. Public tensors are not committed. Padding is never stored and never gets weight.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/trace.h"
#include "commit/row_matrix.h"
#include "commit/weight.h"

namespace veil {

// One product part of a claim's weights: <rows x columns, matrix>, zero outside both. The columns are themselves a
// product, the last factor fastest: columns[first_column + i |low| + j] = high[i] low[j], low itself a product of the
// weights of whole axes, each padded to a power of two.
struct WeightPart {
  std::vector<std::pair<std::size_t, Fr>> rows;
  std::size_t first_column = 0;
  std::vector<Fr> high;
  std::vector<SharedVector> low;
  std::string column_key;  // equal keys: equal column weights

  // columns += factor * this part's; `columns` has those of a whole row.
  void add_columns(std::span<Fr> columns, const Fr& factor) const;
};

// Sums of column weights under eq of one point, without making either: both are products.
class ColumnPoint {
 public:
  explicit ColumnPoint(std::span<const Fr> point) : point_(point) {}

  // <the part's columns, eq(point)>
  Fr weigh(const WeightPart& part);

 private:
  // eq of `count` coordinates from `first` on, at all their indices.
  const std::vector<Fr>& table(std::size_t first, std::size_t count);

  std::span<const Fr> point_;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<Fr>> tables_;
};

class RowLayout {
 public:
  RowLayout(const Circuit& circuit, unsigned log_columns);

  unsigned log_columns() const { return log_columns_; }
  std::size_t columns() const { return std::size_t{1} << log_columns_; }
  std::size_t total_rows() const { return total_rows_; }
  const RowRange& rows(Owner owner) const { return rows_[static_cast<std::size_t>(owner)]; }

  // A claim's weights as a sum of product parts. One Weight for each axis of the tensor.
  std::vector<WeightPart> parts(TensorId tensor, std::span<const Weight> weights) const;

  // What parts() makes of a view of this tensor, at most: rows in each part, and parts. Weights that are no eq table
  // (`plain` false) make one part for every chunk of the axis at the row/column cut.
  struct Cost {
    std::size_t rows, parts;
  };
  Cost cost(TensorId tensor, bool plain) const;
  // The axis of the tensor at the row/column cut; none for a scalar.
  std::optional<std::size_t> cut_axis(TensorId tensor) const;

  // One row of the matrix of a trace, as integers.
  struct Cell {
    std::size_t row;
    std::size_t column;
  };
  Cell cell(TensorId tensor, std::span<const std::int64_t> index) const;
  // The rows of one owner with the trace's integers in them, and all of them; padding is zero. Rows are as wide as
  // their integers need, so nothing about a trace makes this fail.
  RowMatrix matrix(const Trace& trace, Owner owner) const;
  RowMatrix matrix(const Trace& trace) const;

 private:
  struct Place {
    std::size_t row = 0;
    std::size_t offset = 0;      // first column; 0 for tensors of whole rows
    std::vector<unsigned> bits;  // log2_ceil of every axis
    std::size_t cut = 0;         // the axis in which the row/column cut falls
    unsigned low_bits = 0;       // how many low bits of that axis are column bits
  };

  void place_whole_rows(TensorId tensor, std::size_t& row);
  void place_small(std::vector<TensorId> tensors, std::size_t& row);
  std::size_t chunks(TensorId tensor) const;
  std::size_t row_count(TensorId tensor) const;
  void store(TensorId tensor, const IntegerView& values, RowMatrixBuilder& out) const;
  std::vector<std::size_t> row_lengths(TensorId tensor) const;

  unsigned log_columns_;
  std::size_t total_rows_ = 0;
  std::array<RowRange, 4> rows_{};
  std::vector<Shape> shapes_;
  std::vector<Owner> owners_;
  std::vector<std::optional<Place>> places_;
};

// Rows and columns that a circuit needs stay below this; a larger circuit is refused before anything is allocated.
inline constexpr std::size_t kMaxMatrixCells = std::size_t{1} << 32;
bool layout_fits(const Circuit& circuit, unsigned log_columns);

}  // namespace veil
