#include "opening/check/folded_opening.h"

#include <utility>

#include "field/arrays.h"

namespace veil {

OpeningWeights::OpeningWeights(const OpeningShape& shape)
    : columns_(shape.columns()), rows_(std::size_t{1} << shape.row_folds(), std::vector<Fr>(shape.columns())) {}

void OpeningWeights::fold_rows(const Fr& coin) {
  const std::size_t half = rows_.size() / 2;
  for (std::size_t i = 0; i < half; ++i) {
    axpy(rows_[half + i], coin, rows_[i]);
    rows_[i] = std::move(rows_[half + i]);
  }
  rows_.resize(half);
}

void OpeningWeights::fold_columns(const Fr& coin) {
  for (std::vector<Fr>& row : rows_) {
    const std::size_t half = row.size() / 2;
    for (std::size_t i = 0; i < half; ++i) row[i] = coin * row[i] + row[half + i];
    row.resize(half);
  }
}

Fr FoldedOpening::row_factor(std::size_t index) const {
  Fr out = Fr::one();
  for (std::size_t i = 0; i < row_coins.size(); ++i) {
    if ((index >> (row_coins.size() - 1 - i) & 1) != 0) out *= row_coins[i];
  }
  return out;
}

std::vector<Fr> FoldedOpening::generator_scalars() const {
  std::vector<Fr> out = row;
  for (std::size_t i = column_coins.size(); i-- > 0;) {  // the last fold joined the nearest columns
    const std::size_t half = out.size();
    out.resize(2 * half);
    std::copy_n(out.begin(), half, out.begin() + static_cast<std::ptrdiff_t>(half));
    scale(std::span(out).first(half), column_coins[i], std::span(out).first(half));
  }
  return out;
}

}  // namespace veil
