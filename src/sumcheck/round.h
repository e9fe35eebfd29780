// The two round formulas. Both elide one coefficient, so that a round check is affine and costs no constraint.
#pragma once

#include <utility>

#include "field/fr.h"

namespace veil {

// g(X) = c0 + c1 X + c2 X^2 + c3 X^3 with g(0) + g(1) = claim and c1 elided:
//   g(r) = r claim + (1 - 2r) c0 + (r^2 - r) c2 + (r^3 - r) c3
template <class Value>
Value bind_round(Value claim, const Value& c0, const Value& c2, const Fr& r) {
  const Fr square = r.square();
  return std::move(claim) * r + c0 * (Fr::one() - r.doubled()) + c2 * (square - r);
}
template <class Value>
Value bind_round(Value claim, const Value& c0, const Value& c2, const Value& c3, const Fr& r) {
  return bind_round(std::move(claim), c0, c2, r) + c3 * (r.square() * r - r);
}

// With eq factored out, g(X) = eq(point, X) t(X), t(X) = c0 + c1 X + c2 X^2, and (1 - point) t(0) + point t(1) = claim.
// The constant coefficient is elided (no division):  c0 = claim - point (c1 + c2);  the next claim is t(r).
template <class Value>
Value bind_eq_round(Value claim, const Value& c1, const Value& c2, const Fr& point, const Fr& r) {
  return std::move(claim) + c1 * (r - point) + c2 * (r.square() - point);
}

}  // namespace veil
