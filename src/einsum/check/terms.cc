#include "einsum/check/terms.h"

#include <algorithm>

#include "poly/eq.h"

namespace veil {

namespace {

bool contains(const std::vector<AxisId>& axes, AxisId axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

// The box's coordinates of the given axes.
std::vector<Fr> batch_point(const Domain& domain, const std::vector<AxisId>& batch, std::span<const Fr> point) {
  std::vector<Fr> out;
  for (const AxisId wanted : batch) {
    std::size_t at = 0;
    for (AxisId axis = 0; axis < wanted; ++axis) at += log2_ceil(static_cast<std::size_t>(domain.extent[axis]));
    const std::size_t bits = log2_ceil(static_cast<std::size_t>(domain.extent[wanted]));
    const auto coordinates = point.subspan(at, bits);
    out.insert(out.end(), coordinates.begin(), coordinates.end());
  }
  return out;
}

AxisWeights folded_weights(const Domain& domain, const AxisWeights& box, const std::vector<AxisId>& mine,
                           const std::vector<AxisId>& other) {
  AxisWeights out(domain.extent.size());
  for (const AxisId axis : mine) {
    if (contains(other, axis)) continue;
    out[axis] = axis < domain.box_rank ? box[axis] : ones_weight(static_cast<std::size_t>(domain.extent[axis]));
  }
  return out;
}

}  // namespace

std::vector<AxisId> Term::kept() const {
  std::vector<AxisId> axes = batch;
  axes.insert(axes.end(), reduced.begin(), reduced.end());
  return axes;
}

std::size_t Term::num_vars() const { return axes_bits(*domain, kept()); }
std::size_t Term::num_batch_vars() const { return axes_bits(*domain, batch); }

std::vector<Term> make_terms(const Expression& expression, const Domain& domain, const AxisWeights& box,
                             std::span<const Fr> point, const Fr& coefficient) {
  std::vector<Term> terms;
  for (const ProductTerm& product : expression.products) {
    const std::vector<AxisId> left = used_axes(product.left);
    const std::vector<AxisId> right = used_axes(product.right);
    Term term;
    term.coefficient = coefficient * Fr::from_int(product.coefficient);
    term.left = &product.left;
    term.right = &product.right;
    term.domain = &domain;
    for (const AxisId axis : left) {
      if (contains(right, axis)) (axis < domain.box_rank ? term.batch : term.reduced).push_back(axis);
    }
    for (AxisId axis = 0; axis < domain.box_rank; ++axis) {
      if (!contains(left, axis) && !contains(right, axis)) term.coefficient *= box[axis].total();
    }
    term.fold_left = folded_weights(domain, box, left, right);
    term.fold_right = folded_weights(domain, box, right, left);
    term.eq_point = batch_point(domain, term.batch, point);
    terms.push_back(std::move(term));
  }
  return terms;
}

}  // namespace veil
