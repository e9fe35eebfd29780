#include "opening/prove/column_answers.h"

#include <algorithm>

#include "base/check.h"
#include "claim/weighted_sum_of_rows.h"
#include "field/arrays.h"
#include "parallel/parallel.h"

namespace veil {

namespace {

constexpr std::size_t kFewRows = 16;
constexpr std::size_t kSmallGap = 4;       // so many rows without weight are read rather than passed over
constexpr std::size_t kLongEnough = 8192;  // columns of all groups that one thread takes

}  // namespace

// Several groups at a time where they are long enough.
template <class Work>
void ColumnAnswers::for_groups(const Work& work) const {
  const std::size_t length = rows_.empty() || rows_[0].empty() ? matrix_.columns() : rows_[0].size();
  for_ranges_of(groups_.size(), std::max<std::size_t>(1, kLongEnough / length), 1,
                [&](std::size_t begin, std::size_t end) {
                  for (std::size_t g = begin; g < end; ++g) work(g);
                });
}

std::vector<Fr> ColumnAnswers::combine_rows(const std::map<std::size_t, Fr>& weights) const {
  const std::size_t columns = matrix_.columns();
  std::vector<Fr> out(columns);
  for (const RowBlock& block : matrix_.blocks()) {
    const auto end = weights.lower_bound(block.rows.first + block.rows.count);
    for (auto at = weights.lower_bound(block.rows.first); at != end;) {
      const std::size_t first = at->first;
      std::vector<Fr> dense;
      for (; at != end && at->first <= first + dense.size() + kSmallGap; ++at) {
        dense.resize(at->first - first);
        dense.push_back(at->second);
      }
      const IntegerView entries =
          block.entries.view().part((first - block.rows.first) * columns, dense.size() * columns);
      const auto stride = static_cast<std::ptrdiff_t>(columns);
      weighted_sum_of_rows(dense, {entries.data(), entries.width(), dense.size(), columns, stride, 1}, out);
    }
  }
  return out;
}

std::vector<Fr> ColumnAnswers::opened_row(const Fr& group_coin) const {
  VEIL_CHECK(started_);
  std::map<std::size_t, Fr> rest;
  std::vector<Fr> many(matrix_.columns());
  Fr power = Fr::one();
  for (const Group& group : groups_) {
    for (const auto& [row, weight] : group.rows) rest[row] += power * weight;
    if (!group.row.empty()) axpy(many, power, group.row);
    power *= group_coin;
  }
  std::vector<Fr> out = combine_rows(rest);
  axpy(out, Fr::one(), many);
  return out;
}

void ColumnAnswers::start(const std::vector<ColumnGroup>& groups) {
  groups_.resize(groups.size());
  rows_.resize(groups.size());
  weights_.resize(groups.size());
  for_groups([&](std::size_t g) {
    rows_[g] = combine_rows(groups[g].rows);
    weights_[g] = groups[g].columns(matrix_.columns());
    const bool is_kept = groups[g].rows.size() > kFewRows;
    groups_[g] = is_kept ? Group{rows_[g], {}} : Group{{}, groups[g].rows};
  });
  started_ = true;
}

void ColumnAnswers::bind(const std::vector<ColumnGroup>& groups, std::span<const Fr> bound) {
  if (!started_) start(groups);
  for (; bound_ < bound.size(); ++bound_) {
    for_groups([&](std::size_t g) {
      for (std::vector<Fr>* table : {&rows_[g], &weights_[g]}) {
        fold(*table, bound[bound_]);
        table->resize(table->size() / 2);
      }
    });
  }
}

Fr ColumnAnswers::answer(const ColumnRoundQuestion& question) {
  if (question.degree == 2) return c2_;
  bind(question.groups, question.bound);
  std::vector<ProductRound> rounds(rows_.size());
  for_groups([&](std::size_t g) { rounds[g] = product_round(rows_[g], weights_[g]); });
  ProductRound sum{};
  for (const ProductRound& round : rounds) sum += round;
  c2_ = sum.square;
  return sum.constant;
}

Fr ColumnAnswers::answer(const ColumnEndQuestion& question) {
  bind(question.groups, question.bound);
  return rows_[question.group][0];
}

}  // namespace veil
