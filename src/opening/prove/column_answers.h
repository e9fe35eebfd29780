// The prover's side of the column reduction.
#pragma once

#include <vector>

#include "opening/check/column_reduction.h"

namespace veil {

class ColumnAnswers {
 public:
  // `matrix`: all rows; kept by reference.
  explicit ColumnAnswers(const RowMatrix& matrix) : matrix_(matrix) {}

  Fr answer(const ColumnRoundQuestion& question);
  Fr answer(const ColumnEndQuestion& question);

  // sum_i weights_i M_i, the row that is opened.
  std::vector<Fr> combine_rows(const std::map<std::size_t, Fr>& weights) const;

 private:
  void bind(const std::vector<ColumnGroup>& groups, std::span<const Fr> bound);

  const RowMatrix& matrix_;
  std::size_t bound_ = 0;
  bool started_ = false;
  std::vector<std::vector<Fr>> rows_;     // g_g, bound so far
  std::vector<std::vector<Fr>> weights_;  // column weights, bound so far
  Fr c2_;
};

}  // namespace veil
