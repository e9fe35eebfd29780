#include "ops/analysis.h"

#include <algorithm>

#include "base/int128.h"
#include "graph/text.h"
#include "ops/family.h"

namespace veil {

namespace {

// Differences of two values, and of what their forms could be (keep_narrow), still fit the widest limbs.
constexpr std::int64_t kLargestValue = std::int64_t{1} << 46;
constexpr IntegerRange kValues{-kLargestValue, kLargestValue - 1};

// Only matrix products take one scale for each element; a claim or a revealed output needs one scale.
Status check_output(const QuantisedGraph& graph) {
  if (graph.values[graph.output].scale_log2.size() == 1) return Done{};
  return Error{"the output " + quoted(graph.output_name) + " has a scale for each element"};
}

// So that the sum of a batch fits the limbs, and 64 bits.
Status check_totals(const Claim& claim, const IntegerRange& range, const std::string& name) {
  const auto is_total = [](const ClaimTerm& term) { return std::holds_alternative<RowTotal>(term); };
  if (std::none_of(claim.terms.begin(), claim.terms.end(), is_total)) return Done{};
  const Int128 largest = Int128{std::max(-range.low, range.high)} * claim.rows;
  if (largest <= kLargestValue) return Done{};
  return Error{"the sum of " + quoted(name) + " over " + std::to_string(claim.rows) +
               " rows does not fit 47 bits; use fewer rows or bits"};
}

Error step_error(const QuantisedNode& node, const std::string& what) {
  return Error{"step " + quoted(node.name) + " (" + node.source + "): " + what};
}

// Does the operator hand the integers of an input on as they are, or compare them with thresholds?
bool keeps_order(const QuantisedNode& node) {
  if (const auto* view = std::get_if<ViewOp>(&node.op)) return view->fill == 0;
  return std::holds_alternative<ConcatOp>(node.op);
}

// Floats in order are no numbers to calculate with: they are moved and compared, and never met by others.
Status check_orders(const QuantisedGraph& graph) {
  const auto is_ordered = [&](QuantId id) { return graph.values[id].float_order; };
  for (const QuantisedValue& value : graph.values) {
    if (value.float_order && value.scale_log2 != std::vector<std::int32_t>{0}) {
      return Error{"the value " + quoted(value.name) + " stands for floats in order, but has a scale"};
    }
  }
  for (const QuantisedNode& node : graph.nodes) {
    const auto ordered = std::count_if(node.inputs.begin(), node.inputs.end(), is_ordered);
    const bool decides =
        std::holds_alternative<ThresholdOp>(node.op) || std::holds_alternative<PathThresholdOp>(node.op);
    const bool compares = decides && ordered == 1 && is_ordered(node.inputs[0]);
    const bool moves = keeps_order(node) && ordered == std::ssize(node.inputs);
    if (ordered != 0 && !compares && !moves) return step_error(node, "it calculates with the order of floats");
    if (is_ordered(node.output) != (ordered != 0 && moves)) {
      return step_error(node, "what it gives is called another kind of number than what it takes");
    }
  }
  if (is_ordered(graph.output)) return Error{"the output " + quoted(graph.output_name) + " is an order of floats"};
  return Done{};
}

}  // namespace

OutputNames output_names(const QuantisedGraph& graph) {
  return OutputNames{graph.output_name, graph.values[graph.output].size / graph.batch, graph.output_labels,
                     graph.batch};
}

Result<Analysis> analyse(const QuantisedGraph& graph) {
  Analysis out;
  VEIL_TRY_STATUS(check_orders(graph));
  out.ranges.resize(graph.values.size());
  out.accumulators.resize(graph.nodes.size());
  for (const QuantisedInput& input : graph.inputs) {
    out.ranges[input.value] = input_range(graph, input);
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const QuantisedNode& node = graph.nodes[i];
    const Site site{graph, node, out.ranges, out.accumulators, i};
    const auto facts = std::visit([&](const auto& op) { return analyse_op(op, site); }, node.op);
    if (!facts) return step_error(node, facts.error().message);
    if (!kValues.contains(facts->output)) return step_error(node, "its values do not fit 47 bits; use fewer bits");
    out.accumulators[i] = facts->accumulator;
    out.ranges[node.output] = facts->output;
  }
  VEIL_TRY_STATUS(check_output(graph));
  if (!graph.claim.empty()) {
    VEIL_TRY(claim, parse_claim(graph.claim, output_names(graph)));
    VEIL_TRY_STATUS(check_totals(claim, out.ranges[graph.output], graph.output_name));
    out.claim = std::move(claim);
  }
  return out;
}

}  // namespace veil
