// Discharging the claims: all of them to one row at one column point (protocol section 6).
//
//   sum_k sigma^k value_k = sum_groups sum_x columns_g(x) g_g(x),     g_g = rows_g^T M
//   a sumcheck over the column variables brings it to  z_g = g_g(r_col);  y = sum_g sigma2^g z_g
// Paper: Wahby et al., "Doubly-efficient zkSNARKs without trusted setup" (Hyrax), section 6.1, for the row structure.
// Notation: M the committed matrix; parts of one row form a group (their column weights add up), other parts are
// grouped
//   by equal column weights (their row weights add up). Groups follow from symbolic keys, not from field values.
// Shapes: log_columns rounds, degree 2; the end is linear in z, the column weights being public.
// Soundness: (claims)/p for sigma, 2 log_columns/p for the rounds, (groups)/p for sigma2.
//   Still owed by the caller: <row_weights^T M, eq(column_point)> = y.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "claim/claims.h"
#include "commit/layout.h"
#include "field/arrays.h"
#include "poly/eq.h"
#include "sumcheck/round.h"

namespace veil {

// Column weights as a sum of products (commit/layout.h): a verifier needs their value at one point only.
struct ColumnGroup {
  std::map<std::size_t, Fr> rows;
  std::vector<std::pair<Fr, WeightPart>> parts;  // with factors; their own rows are left out

  // The weights of all columns.
  std::vector<Fr> columns(std::size_t count) const;
  // <columns, eq(point)>
  Fr weigh(ColumnPoint& point) const;
};

struct ColumnRoundQuestion {
  const std::vector<ColumnGroup>& groups;
  std::size_t round;
  unsigned degree;  // 0 or 2: the coefficient
  std::span<const Fr> bound;
};
struct ColumnEndQuestion {
  const std::vector<ColumnGroup>& groups;
  std::size_t group;
  std::span<const Fr> bound;
};

// What is left to open: one combination of rows at one point.
template <class Value>
struct OpeningClaim {
  std::map<std::size_t, Fr> row_weights;
  std::vector<Fr> column_eq;  // eq(column point, .)
  Value value;
  Fr group_coin;  // sigma2: row_weights = sum_g sigma2^g rows_g
};

// Collects the parts of claims in groups, in order of first appearance.
class ColumnGroups {
 public:
  explicit ColumnGroups(const RowLayout& layout) : layout_(layout) {}
  void add(TensorId tensor, std::span<const Weight> weights, const Fr& factor);
  const std::vector<ColumnGroup>& list() const { return groups_; }

 private:
  ColumnGroup& group(const std::string& key);

  const RowLayout& layout_;
  std::map<std::string, std::size_t> index_;
  std::vector<ColumnGroup> groups_;
};

template <class Checker>
OpeningClaim<typename Checker::Value> reduce_columns(Checker& checker, const RowLayout& layout,
                                                     const std::vector<LinearClaim<typename Checker::Value>>& claims) {
  using Value = typename Checker::Value;
  const Fr sigma = checker.challenge("column/sigma");
  ColumnGroups grouped(layout);
  Value claim = checker.constant(Fr::zero());
  Fr power = Fr::one();
  for (const LinearClaim<Value>& one : claims) {
    claim = std::move(claim) + one.value * power;
    for (const FunctionalPart& part : one.parts) grouped.add(part.tensor, part.weights, power * part.factor);
    power *= sigma;
  }
  const std::vector<ColumnGroup>& groups = grouped.list();
  std::vector<Fr> bound;
  for (std::size_t round = 0; round < layout.log_columns(); ++round) {
    const std::string name = "column/" + std::to_string(round);
    const Value c0 = checker.receive(name + "/c0", ColumnRoundQuestion{groups, round, 0, bound});
    const Value c2 = checker.receive(name + "/c2", ColumnRoundQuestion{groups, round, 2, bound});
    const Fr coin = checker.challenge(name);
    claim = bind_round(std::move(claim), c0, c2, coin);
    bound.push_back(coin);
  }
  OpeningClaim<Value> out{{}, eq_table(bound), checker.constant(Fr::zero()), Fr::zero()};
  ColumnPoint point(bound);
  std::vector<Value> ends;
  Value total = checker.constant(Fr::zero());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    ends.push_back(checker.receive("column/z/" + std::to_string(i), ColumnEndQuestion{groups, i, bound}));
    total = std::move(total) + ends.back() * groups[i].weigh(point);
  }
  checker.require_equal(total, claim, "column/end");
  out.group_coin = checker.challenge("column/sigma2");
  power = Fr::one();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    out.value = std::move(out.value) + ends[i] * power;
    for (const auto& [row, weight] : groups[i].rows) out.row_weights[row] += power * weight;
    power *= out.group_coin;
  }
  return out;
}

}  // namespace veil
