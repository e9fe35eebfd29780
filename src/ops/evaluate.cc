#include "ops/evaluate.h"

#include "graph/text.h"
#include "ops/family.h"

namespace veil {

Result<IntegerRunner> IntegerRunner::create(const QuantisedGraph& graph, const Weights& weights) {
  VEIL_TRY(analysis, analyse(graph));
  VEIL_TRY_STATUS(check_weights(graph, weights));
  return IntegerRunner(graph, weights, std::move(analysis));
}

Status IntegerRunner::run(const std::vector<std::vector<std::int64_t>>& inputs) {
  if (inputs.size() != graph_->inputs.size()) return Error{"the row has the wrong number of inputs"};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const QuantId id = graph_->inputs[i].value;
    if (static_cast<std::int64_t>(inputs[i].size()) != graph_->values[id].size) {
      return Error{"input " + quoted(graph_->values[id].name) + " has the wrong number of elements"};
    }
    for (const std::int64_t value : inputs[i]) {
      if (!analysis_.ranges[id].contains(value)) {
        return Error{"an integer of input " + quoted(graph_->values[id].name) + " is out of its range"};
      }
    }
    values_[id] = inputs[i];
  }
  const Execution execution{weights_->tensors, values_};
  for (std::size_t i = 0; i < graph_->nodes.size(); ++i) {
    const QuantisedNode& node = graph_->nodes[i];
    const Site site{*graph_, node, analysis_.ranges, analysis_.accumulators, i};
    std::visit([&](const auto& op) { evaluate_op(op, site, execution); }, node.op);
  }
  return Done{};
}

Result<bool> IntegerRunner::claim_holds() const {
  QuantId ranked = graph_->output;
  for (const QuantisedNode& node : graph_->nodes) {
    if (node.output == graph_->output && std::holds_alternative<SoftmaxOp>(node.op)) ranked = node.inputs[0];
  }
  const std::int32_t scale = graph_->values[graph_->output].scale_log2[0];
  return veil::claim_holds(analysis_.claim, scale, output(), values_[ranked]);
}

Result<std::vector<std::vector<std::int64_t>>> evaluate_integers(const QuantisedGraph& graph, const Weights& weights,
                                                                 const std::vector<std::vector<std::int64_t>>& inputs) {
  VEIL_TRY(runner, IntegerRunner::create(graph, weights));
  VEIL_TRY_STATUS(runner.run(inputs));
  return runner.values();
}

}  // namespace veil
