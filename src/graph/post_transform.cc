#include "graph/post_transform.h"

#include "graph/text.h"

namespace veil {
namespace {

ValueId softmax_zero(Expansion& expansion, ValueId scores) {
  constexpr double kZero = 1e-7;
  const ValueId above = expansion.binary("Greater", scores, kZero), below = expansion.binary("Less", scores, -kZero);
  const ValueId counts = expansion.cast(expansion.add("Or", {above, below}), expansion.type(scores));
  const ValueId all = expansion.add("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
  const ValueId parts = expansion.add("Mul", {all, counts});
  return expansion.add("Div", {parts, expansion.reduce("ReduceSum", parts, {1})});
}

// sqrt 2 erfinv(x), x = 2 s - 1. With L = log(1 - x^2), a = 2 / (pi c) + L / 2 and r = sqrt(a^2 - L / c):
// erfinv(x)^2 = r - a, which is written as -L / (c (r + a)), where nothing cancels near x = 0.
ValueId probit(Expansion& expansion, ValueId scores) {
  constexpr double kPi = 3.14159, kC = 0.147, kSqrt2 = 1.41421356;
  const ValueId x = expansion.binary("Sub", expansion.binary("Mul", scores, 2), 1);
  const ValueId rest = expansion.add("Sub", {expansion.number_like(1, x), expansion.add("Mul", {x, x})});
  const ValueId log = expansion.add("Log", {rest});
  const ValueId part = expansion.binary("Div", log, -kC);
  const ValueId a = expansion.binary("Add", expansion.binary("Mul", log, 0.5), 2 / (kPi * kC));
  const ValueId root = expansion.add("Sqrt", {expansion.add("Add", {expansion.add("Mul", {a, a}), part})});
  const ValueId square = expansion.add("Div", {part, expansion.add("Add", {root, a})});
  const ValueId size = expansion.binary("Mul", expansion.add("Sqrt", {square}), kSqrt2);
  return expansion.add("Mul", {expansion.add("Sign", {x}), size});
}

}  // namespace

Result<ValueId> post_transformed(Expansion& expansion, const std::string& transform, ValueId scores) {
  if (transform == "NONE") return scores;
  const bool is_single = expansion.shape(scores).back() == 1;
  if (is_single && (transform == "LOGISTIC" || transform == "SOFTMAX" || transform == "SOFTMAX_ZERO")) {
    return Error{"its 'post_transform' " + quote(transform) +
                 " is of a single score, which onnxruntime leaves as it is; if it is meant, put it behind as a node"};
  }
  if (transform == "LOGISTIC") return expansion.add("Sigmoid", {scores});
  if (transform == "SOFTMAX") return expansion.add("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
  if (transform == "SOFTMAX_ZERO") return softmax_zero(expansion, scores);
  if (transform == "PROBIT") return probit(expansion, scores);
  return Error{"its 'post_transform' " + quote(transform) + " is not known"};
}

}  // namespace veil
