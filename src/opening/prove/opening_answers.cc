#include "opening/prove/opening_answers.h"

#include <utility>

#include "field/arrays.h"

namespace veil {

OpeningAnswers::OpeningAnswers(const OpeningShape& shape, std::vector<std::vector<Fr>> rows, std::vector<Fr> blinders,
                               const RowCommitter* committer)
    : committer_(committer), rows_(std::move(rows)), blinders_(std::move(blinders)) {
  rows_.resize(std::size_t{1} << shape.row_folds());
  for (std::vector<Fr>& row : rows_) row.resize(shape.columns());
  blinders_.resize(rows_.size());
}

void OpeningAnswers::bind_rows(std::span<const Fr> bound) {
  for (; bound_rows_ < bound.size(); ++bound_rows_) {
    const Fr& coin = bound[bound_rows_];
    const std::size_t half = rows_.size() / 2;
    for (std::size_t i = 0; i < half; ++i) {
      axpy(rows_[i], coin, rows_[half + i]);
      blinders_[i] += coin * blinders_[half + i];
    }
    rows_.resize(half);
  }
}

void OpeningAnswers::bind_columns(std::span<const Fr> bound) {
  for (; bound_columns_ < bound.size(); ++bound_columns_) {
    const Fr& coin = bound[bound_columns_];
    std::vector<Fr>& row = rows_[0];
    const std::size_t half = row.size() / 2;
    for (std::size_t i = 0; i < half; ++i) row[i] += coin * row[half + i];
    row.resize(half);
    std::vector<Fr> finer;  // G' = coin low + high
    for (const Fr& factor : factors_) {
      finer.push_back(factor * coin);
      finer.push_back(factor);
    }
    factors_ = std::move(finer);
  }
}

std::array<Fr, 2> OpeningAnswers::answer(const RowCrossQuestion& question) {
  bind_rows(question.bound);
  const std::size_t half = rows_.size() / 2;
  std::array<Fr, 2> out;
  for (std::size_t i = 0; i < half; ++i) {
    out[0] += inner_product(rows_[i], question.weights.row(half + i));
    out[1] += inner_product(rows_[half + i], question.weights.row(i));
  }
  return out;
}

Fr OpeningAnswers::answer(const OpeningBlinderQuestion& question) {
  bind_rows(question.bound);
  return blinders_[0];
}

// A folded generator is sum_k factors_k G_{k length + j}: both sums are over the fixed ones.
std::vector<G1> OpeningAnswers::answer(const ColumnCrossQuestion& question) {
  bind_columns(question.bound);
  const std::span<const Fr> row = rows_[0];
  const std::size_t length = row.size();
  const std::size_t half = length / 2;
  const std::span<const Fr> weights = question.weights.row(0);
  const std::array<Fr, 2> blinders{question.chi * inner_product(row.first(half), weights.subspan(half)),
                                   question.chi * inner_product(row.subspan(half), weights.first(half))};
  const std::size_t columns = length * factors_.size();
  std::vector<Fr> scalars(2 * columns);
  for (std::size_t k = 0; k < factors_.size(); ++k) {
    const std::span<Fr> low = std::span(scalars).subspan(k * length + half, half);
    scale(low, factors_[k], row.first(half));
    const std::span<Fr> high = std::span(scalars).subspan(columns + k * length, half);
    scale(high, factors_[k], row.subspan(half));
  }
  return committer_ != nullptr ? committer_->commit_scalars(scalars, columns, blinders)
                               : commit_scalars(scalars, columns, blinders);
}

std::vector<Fr> OpeningAnswers::answer(const OpenedRowQuestion& question) {
  bind_columns(question.bound);
  return rows_[0];
}

}  // namespace veil
