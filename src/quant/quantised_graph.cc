#include "quant/quantised_graph.h"

#include "base/check.h"
#include "graph/text.h"
#include "tensor/float_order.h"

namespace veil {

std::string_view op_name(const QuantisedOp& op) {
  static constexpr std::string_view kNames[] = {
      "einsum",   "sum",  "relu",   "maximum", "step", "divide",  "leaky_relu", "clip",           "function",
      "constant", "view", "concat", "scale",   "pair", "softmax", "threshold",  "path_threshold", "ends"};
  static_assert(std::size(kNames) == std::variant_size_v<QuantisedOp>);
  return kNames[op.index()];
}

PieceParameters table_of(const FunctionOp& op) {
  return PieceParameters{
      op.function,    op.key_bits, op.low_bits, op.input_scale_log2, op.output_scale_log2, op.slope_shift,
      op.output_bits, op.alpha,    op.gamma};
}

FunctionOp function_op(const PieceParameters& p) {
  return FunctionOp{p.function,    p.key_bits, p.low_bits, p.input_scale_log2, p.output_scale_log2, p.slope_shift,
                    p.output_bits, p.alpha,    p.gamma};
}

Status check_weights(const QuantisedGraph& graph, const Weights& weights) {
  if (weights.tensors.size() != graph.model.size()) {
    return Error{"the weights hold " + std::to_string(weights.tensors.size()) + " tensors where the model has " +
                 std::to_string(graph.model.size())};
  }
  for (std::size_t i = 0; i < graph.model.size(); ++i) {
    const ModelTensor& tensor = graph.model[i];
    if (static_cast<std::int64_t>(weights.tensors[i].size()) != tensor.size) {
      return Error{"the weights of " + quoted(tensor.name) + " have another size than the model says"};
    }
    const IntegerRange range = signed_range(static_cast<unsigned>(tensor.bits));
    if (!weights.tensors[i].view().all_within(range.low, range.high)) {
      return Error{"a weight of " + quoted(tensor.name) + " is out of its declared range"};
    }
  }
  return Done{};
}

IntegerRange input_range(const QuantisedGraph& graph, const QuantisedInput& input) {
  if (graph.values[input.value].may_be_missing) {
    const IntegerRange order = signed_range(kFloatOrderBits);
    return {order.low, order.high + kMissingStep};
  }
  return signed_range(graph.values[input.value].float_order ? kFloatOrderBits : static_cast<unsigned>(graph.bits));
}

}  // namespace veil
