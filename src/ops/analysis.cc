#include "ops/analysis.h"

#include "graph/text.h"
#include "ops/family.h"

namespace veil {

namespace {

// Only matrix products take one scale for each element; a claim or a revealed output needs one scale.
Status check_output(const QuantisedGraph& graph) {
  if (graph.values[graph.output].scale_log2.size() == 1) return Done{};
  return Error{"the output " + quoted(graph.output_name) + " has a scale for each element"};
}

Error step_error(const QuantisedNode& node, const std::string& what) {
  return Error{"step " + quoted(node.name) + " (" + node.source + "): " + what};
}

// Differences of two values, and of what their forms could be (keep_narrow), still fit the widest limbs.
constexpr std::int64_t kLargestValue = std::int64_t{1} << 46;
constexpr IntegerRange kValues{-kLargestValue, kLargestValue - 1};

}  // namespace

OutputNames output_names(const QuantisedGraph& graph) {
  return OutputNames{graph.output_name, graph.values[graph.output].size, graph.output_labels};
}

Result<Analysis> analyse(const QuantisedGraph& graph) {
  Analysis out;
  out.ranges.resize(graph.values.size());
  out.accumulators.resize(graph.nodes.size());
  for (const QuantisedInput& input : graph.inputs) {
    out.ranges[input.value] = signed_range(static_cast<unsigned>(graph.bits));
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
    out.claim = std::move(claim);
  }
  return out;
}

}  // namespace veil
