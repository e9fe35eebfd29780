#include "einsum/prove/einsum_answers.h"

#include "einsum/prove/fold_factor.h"
#include "field/arrays.h"
#include "parallel/parallel.h"
#include "poly/eq.h"

namespace veil {

namespace {

void halve(std::vector<Fr>& table, const Fr& coin) {
  fold(table, coin);
  table.resize(table.size() / 2);
}

// out = upper - lower, entry by entry.
std::span<const Fr> differences(std::span<const Fr> upper, std::span<const Fr> lower, std::vector<Fr>& out) {
  out.resize(lower.size());
  for (std::size_t i = 0; i < lower.size(); ++i) out[i] = upper[i] - lower[i];
  return out;
}

}  // namespace

EinsumAnswers::TermTables EinsumAnswers::tables_of(const Term& term, std::size_t num_vars) const {
  TermTables tables;
  tables.asleep = num_vars - term.num_vars();
  tables.factor = term.coefficient;
  for (std::size_t i = 0; i < tables.asleep; ++i) tables.factor *= Fr::half();
  tables.left = fold_factor(circuit_, trace_, *term.left, term, term.fold_left);
  tables.right = fold_factor(circuit_, trace_, *term.right, term, term.fold_right);
  tables.eq_point = term.eq_point;
  if (tables.asleep > 0) tables.sleeping_sum = term.coefficient * whole_sum(tables);
  return tables;
}

void EinsumAnswers::build(const EinsumRoundQuestion& question) {
  terms_.assign(question.terms.size(), {});
  for_ranges_of(terms_.size(), 1, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) terms_[i] = tables_of(question.terms[i], question.num_vars);
  });
}

// sum over the batch of eq * sum over the reduced axes of left * right
Fr EinsumAnswers::whole_sum(const TermTables& term) {
  const std::span<const Fr> point(term.eq_point);
  if (term.left.size() == std::size_t{1} << point.size() && !point.empty()) {  // elementwise products
    const WeightedRound round = weighted_round(eq_table(point.subspan(1)), term.left, term.right);
    return (Fr::one() - point[0]) * round.lower + point[0] * round.upper;
  }
  const std::vector<Fr> eq = eq_table(point);
  const std::size_t block = term.left.size() / eq.size();
  std::vector<Fr> sums;
  for (std::size_t b = 0; b < eq.size(); ++b) sums.push_back(block_product(term.left, term.right, b, block));
  return inner_product(eq, sums);
}

Fr EinsumAnswers::block_product(std::span<const Fr> left, std::span<const Fr> right, std::size_t b, std::size_t block) {
  if (block == 1) return left[b] * right[b];
  return inner_product(left.subspan(b * block, block), right.subspan(b * block, block));
}

void EinsumAnswers::bind(TermTables& term, const Fr& coin) {
  halve(term.left, coin);
  halve(term.right, coin);
  if (term.batch_bound == term.eq_point.size()) return;
  const Fr& r = term.eq_point[term.batch_bound];
  term.eq_bound *= Fr::one() - r - coin + (r * coin).doubled();  // eq(r, coin)
  ++term.batch_bound;
}

// The sum over b of eq(rest of the point, b) * (products of block b) for three pairs of factors: the lower halves, the
// upper halves, and their differences.
EinsumAnswers::Halves EinsumAnswers::sum_halves(const TermTables& term, std::span<const Fr> eq_rest) {
  const std::size_t half = term.left.size() / 2;
  const std::size_t block = half / eq_rest.size();
  const std::span<const Fr> left(term.left);
  const std::span<const Fr> right(term.right);
  const auto sum = [&](std::span<const Fr> a, std::span<const Fr> b) {
    if (eq_rest.size() == 1) return eq_rest[0] * inner_product(a, b);
    sums_.clear();
    for (std::size_t i = 0; i < eq_rest.size(); ++i) sums_.push_back(block_product(a, b, i, block));
    return inner_product(eq_rest, sums_);
  };
  const bool binds_batch = term.batch_bound < term.eq_point.size();
  if (block == 1) {  // elementwise products
    const WeightedRound round = weighted_round(eq_rest, left, right);
    return {round.lower, round.upper, round.steps};
  }
  if (eq_rest.size() == 1 && !binds_batch) {
    const ProductRound round = product_round(left, right);
    return {eq_rest[0] * round.constant, Fr::zero(), eq_rest[0] * round.square};
  }
  Halves out;
  out.lower = sum(left.first(half), right.first(half));
  out.steps = sum(differences(left.subspan(half), left.first(half), left_steps_),
                  differences(right.subspan(half), right.first(half), right_steps_));
  if (binds_batch) out.upper = sum(left.subspan(half), right.subspan(half));
  return out;
}

// With X the variable at hand, s(X) = lower + (upper - lower - steps) X + steps X^2 is the sum without the variable's
// own eq factor l(X) = (1 - r) + (2 r - 1) X, which only batch variables have.
void EinsumAnswers::add_round(TermTables& term, std::size_t round, std::span<const Fr> bound) {
  if (round < term.asleep) {  // adds coefficient * sum / 2^(round + 1), constant in X
    term.sleeping_sum *= Fr::half();
    coefficients_[0] += term.sleeping_sum;
    return;
  }
  if (round > term.asleep) bind(term, bound.back());
  const Fr factor = term.factor * term.eq_bound;
  if (term.batch_bound == term.eq_point.size()) {
    const Fr one = Fr::one();
    const Halves sums = sum_halves(term, {&one, 1});
    coefficients_[0] += factor * sums.lower;
    coefficients_[2] += factor * sums.steps;
    return;
  }
  const std::vector<Fr> eq_rest = eq_table(std::span<const Fr>(term.eq_point).subspan(term.batch_bound + 1));
  const Halves sums = sum_halves(term, eq_rest);
  const Fr& r = term.eq_point[term.batch_bound];
  const Fr at_zero = factor * (Fr::one() - r);
  const Fr slope = factor * (r.doubled() - Fr::one());
  coefficients_[0] += at_zero * sums.lower;
  coefficients_[2] += at_zero * sums.steps + slope * (sums.upper - sums.lower - sums.steps);
  coefficients_[3] += slope * sums.steps;
}

Fr EinsumAnswers::answer(const EinsumRoundQuestion& question) {
  if (question.degree == 0) {
    if (question.round == 0) build(question);
    coefficients_ = {};
    for (TermTables& term : terms_) add_round(term, question.round, question.bound);
  }
  return coefficients_[question.degree];
}

}  // namespace veil
