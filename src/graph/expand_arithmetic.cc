// Composite operators at every place of their inputs: sums of several tensors, comparisons, thresholds.
#include <algorithm>
#include <cmath>

#include "graph/expansion.h"
#include "graph/shape.h"

namespace veil {
namespace {

Result<ValueId> sum_of_inputs(Expansion& expansion) {
  for (std::size_t i = 0; i < expansion.call().inputs.size(); ++i) {
    if (!expansion.has(i)) return Error{"its input " + std::to_string(i) + " is missing"};
  }
  ValueId sum = expansion.input(0);
  for (std::size_t i = 1; i < expansion.call().inputs.size(); ++i) {
    sum = expansion.add("Add", {sum, expansion.input(i)});
    if (expansion.failed()) break;
  }
  return sum;
}

Status expand_sum(Expansion& expansion) {
  VEIL_TRY(sum, sum_of_inputs(expansion));
  expansion.give(0, sum);
  return Done{};
}

Status expand_mean(Expansion& expansion) {
  VEIL_TRY(sum, sum_of_inputs(expansion));
  const auto count = static_cast<double>(expansion.call().inputs.size());
  expansion.give(0, count == 1 ? sum : expansion.binary("Mul", sum, 1 / count));
  return Done{};
}

Status expand_greater(Expansion& expansion) {
  expansion.give(0, expansion.add("Less", {expansion.input(1), expansion.input(0)}));
  return Done{};
}

Status expand_greater_or_equal(Expansion& expansion) {
  expansion.give(0, expansion.add("Not", {expansion.add("Less", {expansion.input(0), expansion.input(1)})}));
  return Done{};
}

Status expand_less_or_equal(Expansion& expansion) {
  expansion.give(0, expansion.add("Not", {expansion.add("Less", {expansion.input(1), expansion.input(0)})}));
  return Done{};
}

// Towards zero by `bias` outside [-lambd, lambd], zero inside.
Status expand_shrink(Expansion& expansion) {
  VEIL_TRY(bias, expansion.call().real("bias", 0));
  VEIL_TRY(threshold, expansion.call().real("lambd", 0.5));
  const ValueId x = expansion.input(0);
  const ValueId below = expansion.binary("Less", x, -threshold);
  const ValueId above = expansion.add("Less", {expansion.number_like(threshold, x), x});
  const ValueId lowered = bias == 0 ? x : expansion.binary("Sub", x, bias);
  const ValueId raised = bias == 0 ? x : expansion.binary("Add", x, bias);
  const ValueId inner = expansion.add("Where", {above, lowered, expansion.number_like(0, x)});
  expansion.give(0, expansion.add("Where", {below, raised, inner}));
  return Done{};
}

Status expand_thresholded_relu(Expansion& expansion) {
  VEIL_TRY(alpha, expansion.call().real("alpha", 1));
  const ValueId x = expansion.input(0);
  const ValueId above = expansion.add("Less", {expansion.number_like(alpha, x), x});
  expansion.give(0, expansion.add("Where", {above, x, expansion.number_like(0, x)}));
  return Done{};
}

// What quantised numbers cannot be: only constants are asked.
template <class Test>
Status test_constant(Expansion& expansion, Test test) {
  const Array* numbers = expansion.constant(expansion.input(0));
  if (numbers == nullptr) return Error{"its input is known only at run time, where every number is finite"};
  if (!expansion.may_hold(numbers->shape)) return Done{};
  Array answers = *numbers;
  std::transform(answers.data.begin(), answers.data.end(), answers.data.begin(), [&](double x) { return test(x); });
  expansion.give(0, expansion.constant(std::move(answers), ElementType::kBool));
  return Done{};
}

Status expand_is_infinite(Expansion& expansion) {
  VEIL_TRY(negative, expansion.call().integer("detect_negative", 1));
  VEIL_TRY(positive, expansion.call().integer("detect_positive", 1));
  return test_constant(expansion, [negative, positive](double x) {
    return std::isinf(x) && (x < 0 ? negative : positive) != 0 ? 1.0 : 0.0;
  });
}

Status expand_cast_like(Expansion& expansion) {
  const ElementType to = expansion.call().in(1).type;
  expansion.give(0, expansion.cast(expansion.input(0), to));
  return Done{};
}

constexpr Operator kOperators[] = {
    {"CastLike", 2, 2, " saturate round_mode ", nullptr, nullptr, expand_cast_like},
    {"Sum", 1, kAnyInputs, "", nullptr, nullptr, expand_sum},
    {"Mean", 1, kAnyInputs, "", nullptr, nullptr, expand_mean},
    {"Greater", 2, 2, "", nullptr, nullptr, expand_greater},
    {"GreaterOrEqual", 2, 2, "", nullptr, nullptr, expand_greater_or_equal},
    {"LessOrEqual", 2, 2, "", nullptr, nullptr, expand_less_or_equal},
    {"Shrink", 1, 1, " bias lambd ", nullptr, nullptr, expand_shrink},
    {"ThresholdedRelu", 1, 1, " alpha ", nullptr, nullptr, expand_thresholded_relu},
    {"IsInf", 1, 1, " detect_negative detect_positive ", nullptr, nullptr, expand_is_infinite},
};

}  // namespace

std::span<const Operator> arithmetic_composites() { return kOperators; }

}  // namespace veil
