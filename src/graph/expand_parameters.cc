// Core operators whose parameters are mostly constants, where the data choose them.
#include <algorithm>

#include "graph/expansion.h"
#include "graph/shape.h"

namespace veil {
namespace {

bool all_known(const Expansion& expansion, std::size_t from) {
  for (std::size_t i = from; i < expansion.call().inputs.size(); ++i) {
    if (expansion.has(i) && expansion.constant(expansion.input(i)) == nullptr) return false;
  }
  return true;
}

Status check_shapes(const Expansion& expansion) {
  VEIL_TRY_STATUS(find_operator(expansion.call().node->op)->infer(expansion.call()));
  return Done{};
}

}  // namespace

// (x - mean) (scale (variance + epsilon)^-1/2) + bias
Status expand_batch_normalization(Expansion& expansion) {
  if (all_known(expansion, 1)) return expansion.keep();
  VEIL_TRY_STATUS(check_shapes(expansion));
  VEIL_TRY(epsilon, expansion.call().real("epsilon", static_cast<double>(1e-5f)));
  const std::size_t rank = expansion.call().shape(0).size();
  const ElementType type = expansion.type(expansion.input(0));
  const auto channels = [&](std::size_t index) {
    return expansion.along_axis(expansion.cast(expansion.input(index), type), rank < 2 ? rank : 1, rank);
  };
  const ValueId variance = expansion.binary("Add", channels(4), epsilon);
  const ValueId factor = expansion.add("Mul", {channels(1), expansion.binary("Pow", variance, -0.5)});
  const ValueId centred = expansion.add("Sub", {expansion.input(0), channels(3)});
  expansion.give(0, expansion.add("Add", {expansion.add("Mul", {centred, factor}), channels(2)}));
  return Done{};
}

// max(x, 0) + slope (x - max(x, 0))
Status expand_prelu(Expansion& expansion) {
  if (all_known(expansion, 1)) return expansion.keep();
  VEIL_TRY_STATUS(check_shapes(expansion));
  const ValueId x = expansion.input(0);
  const ValueId positive = expansion.add("Relu", {x});
  const ValueId leak = expansion.add("Mul", {expansion.input(1), expansion.add("Sub", {x, positive})});
  expansion.give(0, expansion.add("Add", {positive, leak}));
  return Done{};
}

// x^y = exp(y ln x), x > 0; 0^y = 0, y > 0; 0^0 = 1. Anything else has no logarithm, and calibration refuses its row.
// Powers of whole numbers stay whole.
Status expand_power(Expansion& expansion) {
  const bool known = expansion.constant(expansion.input(1)) != nullptr;
  const ElementType type = expansion.type(expansion.input(0));
  if (known || !is_real(type)) return expansion.keep();
  VEIL_TRY_STATUS(check_shapes(expansion));
  const ValueId x = expansion.input(0);
  const ValueId exponent = expansion.cast(expansion.input(1), type);
  const ValueId is_zero = expansion.binary("Equal", x, 0);
  const ValueId has_power = expansion.add("Not", {expansion.binary("Less", exponent, 0)});
  const ValueId moved = expansion.cast(expansion.add("And", {is_zero, has_power}), type);
  const ValueId logarithm = expansion.add("Log", {expansion.add("Add", {x, moved})});
  const ValueId power = expansion.add("Exp", {expansion.add("Mul", {exponent, logarithm})});
  const ValueId above = expansion.add("Less", {expansion.number_like(0, exponent), exponent});
  const ValueId kept = expansion.add("Not", {expansion.add("And", {is_zero, above})});
  expansion.give(0, expansion.add("Mul", {power, expansion.cast(kept, type)}));
  return Done{};
}

}  // namespace veil
