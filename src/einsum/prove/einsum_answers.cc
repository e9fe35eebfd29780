#include "einsum/prove/einsum_answers.h"

#include <limits>

#include "field/arrays.h"
#include "poly/eq.h"

namespace veil {

namespace {

// A form and a domain in which the chosen axes are the only ones, in the given order.
struct Reordered {
  Domain domain;
  Form form;
};

Reordered reorder(const Form& form, const Domain& domain, const std::vector<AxisId>& axes) {
  std::vector<AxisId> position(domain.extent.size(), 0);
  Reordered out;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    position[axes[i]] = static_cast<AxisId>(i);
    out.domain.extent.push_back(domain.extent[axes[i]]);
  }
  out.domain.box_rank = static_cast<std::uint32_t>(axes.size());
  out.form = form;
  for (LinearTerm& term : out.form) {
    for (AxisIndex& index : term.view.index) {
      for (AxisTerm& axis_term : index.terms) axis_term.axis = position[axis_term.axis];
    }
  }
  return out;
}

std::vector<Fr> outer_weights(const AxisWeights& weights, const std::vector<AxisId>& axes) {
  std::vector<Fr> out{Fr::one()};
  for (const AxisId axis : axes) {
    std::vector<Fr> next;
    next.reserve(out.size() * weights[axis].values.size());
    for (const Fr& a : out) {
      for (const Fr& b : weights[axis].values) next.push_back(a * b);
    }
    out = std::move(next);
  }
  return out;
}

// sum_i weights[i] * rows[i], rows of equal size one after another: the one pass over the integers of a factor.
std::vector<Fr> weighted_rows(const std::vector<Fr>& weights, const std::vector<Int128>& values) {
  const std::size_t size = values.size() / weights.size();
  std::vector<Fr> out(size);
  std::vector<std::int64_t> row(size);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    bool small = true;
    for (std::size_t j = 0; j < size; ++j) {
      const Int128 value = values[i * size + j];
      row[j] = static_cast<std::int64_t>(value);
      small = small && row[j] == value;
    }
    if (small) {
      axpy(out, weights[i], row);
    } else {  // only a lying trace is so large
      for (std::size_t j = 0; j < size; ++j) out[j] += weights[i] * Fr::from_int128(values[i * size + j]);
    }
  }
  return out;
}

// Spreads values over real lengths to the padded cube of the axes.
std::vector<Fr> padded(const std::vector<Fr>& values, const Domain& domain, const std::vector<AxisId>& axes) {
  std::vector<Fr> out(std::size_t{1} << axes_bits(domain, axes));
  std::vector<std::int64_t> index(axes.size(), 0);
  for (const Fr& value : values) {
    std::size_t position = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const unsigned bits = log2_ceil(static_cast<std::size_t>(domain.extent[axes[i]]));
      position = position << bits | static_cast<std::size_t>(index[i]);
    }
    out[position] = value;
    for (std::size_t i = axes.size(); i-- > 0;) {
      if (++index[i] < domain.extent[axes[i]]) break;
      index[i] = 0;
    }
  }
  return out;
}

void halve(std::vector<Fr>& table, const Fr& coin) {
  if (table.empty()) return;
  fold(table, coin);
  table.resize(table.size() / 2);
}

}  // namespace

std::vector<Fr> EinsumAnswers::fold_factor(const Form& form, const Term& term, const AxisWeights& folded) const {
  std::vector<AxisId> folded_axes;
  for (AxisId axis = 0; axis < folded.size(); ++axis) {
    if (!folded[axis].values.empty()) folded_axes.push_back(axis);
  }
  const std::vector<AxisId> kept = term.kept();
  std::vector<AxisId> axes = folded_axes;
  axes.insert(axes.end(), kept.begin(), kept.end());
  const Reordered reordered = reorder(form, *term.domain, axes);
  const std::vector<Int128> values =
      evaluate_expression(circuit_, trace_, reordered.domain, linear_expression(reordered.form));
  return padded(weighted_rows(outer_weights(folded, folded_axes), values), *term.domain, kept);
}

void EinsumAnswers::build(const EinsumRoundQuestion& question) {
  terms_.clear();
  for (const Term& term : question.terms) {
    TermTables tables;
    tables.asleep = question.num_vars - term.num_vars();
    tables.factor = term.coefficient;
    for (std::size_t i = 0; i < tables.asleep; ++i) tables.factor *= Fr::half();
    tables.left = fold_factor(*term.left, term, term.fold_left);
    tables.right = fold_factor(*term.right, term, term.fold_right);
    const std::size_t repeat = std::size_t{1} << (term.num_vars() - term.num_batch_vars());
    if (term.num_batch_vars() != 0) {
      for (const Fr& value : eq_table(term.eq_point)) tables.eq.insert(tables.eq.end(), repeat, value);
    }
    for (std::size_t i = 0; i < tables.left.size(); ++i) {
      const Fr product = tables.left[i] * tables.right[i];
      tables.sleeping_sum += tables.eq.empty() ? product : tables.eq[i] * product;
    }
    tables.sleeping_sum *= term.coefficient;
    terms_.push_back(std::move(tables));
  }
}

void EinsumAnswers::add_round(TermTables& term, std::size_t round, std::span<const Fr> bound) {
  if (round < term.asleep) {  // adds coefficient * sum / 2^(round + 1), constant in X
    term.sleeping_sum *= Fr::half();
    coefficients_[0] += term.sleeping_sum;
    return;
  }
  if (round > term.asleep) {
    halve(term.eq, bound.back());
    halve(term.left, bound.back());
    halve(term.right, bound.back());
  }
  const std::size_t half = term.left.size() / 2;
  std::array<Fr, 4> sums;
  for (std::size_t i = 0; i < half; ++i) {
    const Fr &a0 = term.left[i], &b0 = term.right[i];
    const Fr a1 = term.left[i + half] - a0;
    const Fr b1 = term.right[i + half] - b0;
    const Fr low = a0 * b0;
    const Fr high = a1 * b1;
    if (term.eq.empty()) {
      sums[0] += low;
      sums[2] += high;
      continue;
    }
    const Fr& e0 = term.eq[i];
    const Fr e1 = term.eq[i + half] - e0;
    const Fr middle = a0 * b1 + a1 * b0;
    sums[0] += e0 * low;
    sums[2] += e0 * high + e1 * middle;
    sums[3] += e1 * high;
  }
  for (std::size_t degree = 0; degree < 4; ++degree) coefficients_[degree] += term.factor * sums[degree];
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
