// The committed matrix as integers: blocks of consecutive rows, each at the narrowest width that its integers need.
//
// Blocks never change and copies share them: the model's rows are made once and are part of the matrix of every proof.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/integer_array.h"

namespace veil {

struct RowRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

struct RowBlock {
  RowRange rows;
  IntegerArray entries;  // rows.count x columns, row-major
};

class RowMatrix {
 public:
  RowMatrix() = default;
  // All rows from row 0 on, row-major, each row at its own width. The size must be a multiple of the columns.
  RowMatrix(std::size_t columns, std::span<const std::int64_t> entries);

  std::size_t columns() const { return columns_; }
  RowRange rows() const;
  const std::vector<RowBlock>& blocks() const { return blocks_; }
  std::size_t size_bytes() const;

  // Rows that follow the last ones of this matrix; columns must agree.
  void append(const RowMatrix& below);
  // Some of its rows as 64-bit integers, row-major.
  std::vector<std::int64_t> entries(const RowRange& rows) const;

 private:
  friend class RowMatrixBuilder;

  std::size_t columns_ = 0;
  std::vector<RowBlock> blocks_;
};

// Rows of zeros of given widths, filled piece by piece.
class RowMatrixBuilder {
 public:
  RowMatrixBuilder(std::size_t columns, std::size_t first_row, std::span<const IntegerWidth> widths);

  // values go to a row from a column on, and where they are longer into the rows of the same width below it.
  void store(std::size_t row, std::size_t column, const IntegerView& values);
  RowMatrix finish() &&;

 private:
  struct Block {
    RowRange rows;
    IntegerBuffer entries;
  };

  std::size_t columns_;
  std::vector<Block> blocks_;
};

}  // namespace veil
