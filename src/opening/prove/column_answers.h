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

  // sum_i weights_i M_i
  std::vector<Fr> combine_rows(const std::map<std::size_t, Fr>& weights) const;
  // The row that is opened, sum_g sigma2^g g_g, once all rounds have been answered: combine_rows(row_weights) without
  // reading the matrix again.
  std::vector<Fr> opened_row(const Fr& group_coin) const;

 private:
  // g_g as it was before the rounds; where that is of few rows, these are read again.
  struct Group {
    std::vector<Fr> row;
    std::map<std::size_t, Fr> rows;
  };

  void start(const std::vector<ColumnGroup>& groups);
  void bind(const std::vector<ColumnGroup>& groups, std::span<const Fr> bound);
  template <class Work>
  void for_groups(const Work& work) const;

  const RowMatrix& matrix_;
  std::size_t bound_ = 0;
  bool started_ = false;
  std::vector<Group> groups_;
  std::vector<std::vector<Fr>> rows_;     // g_g, bound so far
  std::vector<std::vector<Fr>> weights_;  // column weights, bound so far
  Fr c2_;
};

}  // namespace veil
