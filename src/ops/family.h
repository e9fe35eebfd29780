// What every operator family provides, one overload an operator: check it, run it on integers, lower it. A new operator
// adds its struct to quant/quantised_graph.h and these three functions in a file of its family.
#pragma once

#include <functional>

#include "base/result.h"
#include "ops/lowering.h"
#include "ops/site.h"

namespace veil {

struct Execution;

// analyse_op checks parameters, sizes, scales and ranges: afterwards the other two cannot overflow, and only lowering
// may still refuse. Errors are half sentences: the caller puts the node in front.
#define VEIL_OPERATOR(Op)                                                       \
  Result<NodeFacts> analyse_op(const Op& op, const Site& site);                 \
  void evaluate_op(const Op& op, const Site& site, const Execution& execution); \
  Status lower_op(const Op& op, const Site& site, Lowerer& lowerer);

// Values and weights of one run on integers.
struct Execution {
  const std::vector<IntegerArray>& weights;        // by ModelId
  std::vector<std::vector<std::int64_t>>& values;  // by QuantId

  const std::vector<std::int64_t>& in(const Site& site, std::size_t index) const {
    return values[site.node.inputs[index]];
  }
  const IntegerArray& model(const Site& site, std::size_t index) const { return weights[site.node.model[index]]; }
  std::vector<std::int64_t>& out(const Site& site) const { return values[site.node.output]; }
};

VEIL_OPERATOR(EinsumOp)
VEIL_OPERATOR(SumOp)
VEIL_OPERATOR(ReluOp)
VEIL_OPERATOR(MaximumOp)
VEIL_OPERATOR(StepOp)
VEIL_OPERATOR(DivideOp)
VEIL_OPERATOR(LeakyReluOp)
VEIL_OPERATOR(ClipOp)
VEIL_OPERATOR(FunctionOp)
VEIL_OPERATOR(ConstantOp)
VEIL_OPERATOR(ViewOp)
VEIL_OPERATOR(ConcatOp)
VEIL_OPERATOR(ScaleOp)
VEIL_OPERATOR(PairOp)
VEIL_OPERATOR(SoftmaxOp)
VEIL_OPERATOR(ThresholdOp)
VEIL_OPERATOR(PathThresholdOp)
VEIL_OPERATOR(EndsOp)
#undef VEIL_OPERATOR

}  // namespace veil
