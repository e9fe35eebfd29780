// One bilinear term of the main sumcheck, after folding the axes that only one factor has.
//
// At weights w on the box, coefficient * sum_{x in box} w(x) sum_y A[x,y] B[x,y] splits its axes:
//   batch    in A, B and the box     variables of the sumcheck, weighted by eq(point of the batch axes, .)
//   reduced  in A and B, summed      variables of the sumcheck
//   left, right  in one factor only  folded into it beforehand (weights w, or ones where the axis is summed)
//   neither  in the box only         a public factor: the sum of the weights
// Variables: batch axes, then reduced, row-major, most significant bit first; the first variable is bound first.
#pragma once

#include <vector>

#include "circuit/circuit.h"
#include "claim/claims.h"

namespace veil {

struct Term {
  Fr coefficient;
  const Form* left;
  const Form* right;
  const Domain* domain;
  std::vector<AxisId> batch;
  std::vector<AxisId> reduced;
  AxisWeights fold_left;  // by axis: weights of the axes folded into the left factor
  AxisWeights fold_right;
  std::vector<Fr> eq_point;  // coordinates of the batch axes

  std::vector<AxisId> kept() const;  // batch, then reduced
  std::size_t num_vars() const;
  std::size_t num_batch_vars() const;
};

// `point`: the coordinates of the box axes, in order.
std::vector<Term> make_terms(const Expression& expression, const Domain& domain, const AxisWeights& box,
                             std::span<const Fr> point, const Fr& coefficient);

}  // namespace veil
