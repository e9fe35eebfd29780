#include "opening/prove/column_answers.h"

#include <iterator>

#include "claim/weighted_sum_of_rows.h"
#include "field/arrays.h"

namespace veil {

std::vector<Fr> ColumnAnswers::combine_rows(const std::map<std::size_t, Fr>& weights) const {
  const std::size_t columns = matrix_.columns();
  std::vector<Fr> out(columns);
  for (const RowBlock& block : matrix_.blocks()) {
    const auto begin = weights.lower_bound(block.rows.first);
    const auto end = weights.lower_bound(block.rows.first + block.rows.count);
    if (begin == end) continue;
    const std::size_t first = begin->first;
    std::vector<Fr> dense(std::prev(end)->first - first + 1);
    for (auto at = begin; at != end; ++at) dense[at->first - first] = at->second;
    const IntegerView entries = block.entries.view().part((first - block.rows.first) * columns, dense.size() * columns);
    weighted_sum_of_rows(
        dense, {entries.data(), entries.width(), dense.size(), columns, static_cast<std::ptrdiff_t>(columns), 1}, out);
  }
  return out;
}

void ColumnAnswers::bind(const std::vector<ColumnGroup>& groups, std::span<const Fr> bound) {
  if (!started_) {
    for (const ColumnGroup& group : groups) {
      rows_.push_back(combine_rows(group.rows));
      weights_.push_back(group.columns(matrix_.columns()));
    }
    started_ = true;
  }
  for (; bound_ < bound.size(); ++bound_) {
    for (std::vector<std::vector<Fr>>* side : {&rows_, &weights_}) {
      for (std::vector<Fr>& table : *side) {
        fold(table, bound[bound_]);
        table.resize(table.size() / 2);
      }
    }
  }
}

Fr ColumnAnswers::answer(const ColumnRoundQuestion& question) {
  if (question.degree == 2) return c2_;
  bind(question.groups, question.bound);
  Fr c0;
  c2_ = Fr::zero();
  for (std::size_t group = 0; group < rows_.size(); ++group) {
    const ProductRound round = product_round(rows_[group], weights_[group]);
    c0 += round.constant;
    c2_ += round.square;
  }
  return c0;
}

Fr ColumnAnswers::answer(const ColumnEndQuestion& question) {
  bind(question.groups, question.bound);
  return rows_[question.group][0];
}

}  // namespace veil
