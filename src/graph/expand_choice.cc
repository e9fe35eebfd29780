// If: the reader of a file puts the nodes of both branches in front. Inputs: the condition, the results of the first
// branch, those of the second.
#include <algorithm>

#include "graph/expansion.h"
#include "graph/shape.h"

namespace veil {
namespace {

Status expand_if(Expansion& expansion) {
  const Call& call = expansion.call();
  if (call.inputs.size() % 2 != 1) return Error{"its branches do not have the same number of results"};
  if (call.in(0).type != ElementType::kBool || element_count(call.shape(0)) != 1) {
    return Error{"its condition must be a single bool"};
  }
  const std::size_t count = call.inputs.size() / 2;
  const Array* condition = expansion.constant(expansion.input(0));
  const bool is_known = condition != nullptr;
  const bool first = is_known && condition->data[0] != 0;
  for (std::size_t i = 0; i < std::min(count, expansion.output_count()); ++i) {
    const std::size_t then_place = 1 + i;
    const std::size_t else_place = 1 + count + i;
    if (is_known) {
      if (!expansion.has(first ? then_place : else_place)) return Error{"its branch lacks a result"};
      expansion.give(i, expansion.input(first ? then_place : else_place));
      continue;
    }
    if (!expansion.has(then_place) || !expansion.has(else_place)) return Error{"its branch lacks a result"};
    const ValueId yes = expansion.input(then_place);
    const ValueId no = expansion.input(else_place);
    const ValueId bit = expansion.reshape(expansion.input(0), {});
    // The chosen branch must not change a shape: shapes must not depend on the data.
    if (expansion.type(yes) == ElementType::kOther || expansion.type(no) == ElementType::kOther ||
        expansion.shape(yes) != expansion.shape(no)) {
      return Error{"its condition is known only at run time, and its branches give results of different shapes"};
    }
    expansion.give(i, expansion.add("Where", {bit, yes, no}));
  }
  return Done{};
}

constexpr Operator kOperators[] = {
    {"If", 1, kAnyInputs, "", nullptr, nullptr, expand_if},
};

}  // namespace

std::span<const Operator> choice_composites() { return kOperators; }

}  // namespace veil
