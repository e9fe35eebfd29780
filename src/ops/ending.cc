#include "ops/ending.h"

#include <algorithm>

#include "circuit/function_table.h"
#include "tensor/fixed_point.h"

namespace veil {

namespace {

std::optional<std::size_t> producer_position(const QuantisedGraph& graph, QuantId id) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].output == id) return i;
  }
  return std::nullopt;
}

template <class Op>
bool is(const QuantisedGraph& graph, const std::optional<std::size_t>& position) {
  return position && std::holds_alternative<Op>(graph.nodes[*position].op);
}

// The table as a function of whole numbers, least first.
struct TableValues {
  std::int64_t first;
  std::vector<std::int64_t> values;
};
TableValues table_values(const FunctionOp& op) {
  const PieceParameters p = table_of(op);
  const Columns columns = function_pieces(piece_list(p));
  const std::int64_t unit = std::int64_t{1} << op.low_bits;
  TableValues out{columns[0].front() * unit, {}};
  for (std::int64_t z = out.first; z < (columns[0].back() + 1) * unit; ++z) {
    out.values.push_back(piece_value(p, columns, z));
  }
  return out;
}

bool is_increasing(const FunctionOp& op) {
  const std::vector<std::int64_t> values = table_values(op).values;
  return std::is_sorted(values.begin(), values.end());
}

bool is_threshold(const RowTerm& term) { return std::holds_alternative<Threshold>(term); }
bool are_thresholds(const RowPredicate& predicate) {
  return std::all_of(predicate.begin(), predicate.end(), is_threshold);
}

// Thresholds alone, of one row or of each of a batch: a sum needs the values themselves.
bool only_thresholds(const Claim& claim) {
  return std::all_of(claim.terms.begin(), claim.terms.end(), [](const ClaimTerm& term) {
    if (const auto* row = std::get_if<RowTerm>(&term)) return is_threshold(*row);
    if (const auto* all = std::get_if<AllRows>(&term)) return are_thresholds(all->predicate);
    if (const auto* count = std::get_if<RowCount>(&term)) return are_thresholds(count->predicate);
    return false;
  });
}

std::size_t readers(const QuantisedGraph& graph, QuantId id) {
  std::size_t count = 0;
  for (const QuantisedNode& node : graph.nodes) {
    count += static_cast<std::size_t>(std::count(node.inputs.begin(), node.inputs.end(), id));
  }
  return count;
}

}  // namespace

const QuantisedNode* producer(const QuantisedGraph& graph, QuantId id) {
  const auto position = producer_position(graph, id);
  return position ? &graph.nodes[*position] : nullptr;
}

Ending ending_of(const QuantisedGraph& graph, const Claim& claim) {
  Ending ending;
  if (claim.terms.empty()) return ending;
  QuantId value = graph.output;
  auto position = producer_position(graph, value);
  if (is<PairOp>(graph, position)) {
    ending.pair = &graph.nodes[*position];
    ending.positions.push_back(*position);
    value = ending.pair->inputs[0];
    position = producer_position(graph, value);
  } else if (!only_thresholds(claim)) {
    return ending;
  }
  if (!is<FunctionOp>(graph, position) || readers(graph, value) > (ending.pair != nullptr ? 1u : 0u)) return ending;
  if (!is_increasing(std::get<FunctionOp>(graph.nodes[*position].op))) return ending;
  ending.function = &graph.nodes[*position];
  ending.positions.push_back(*position);
  return ending;
}

std::vector<bool> nodes_without_need(const QuantisedGraph& graph, const Analysis& analysis) {
  std::vector<bool> skipped(graph.nodes.size(), false);
  for (const std::size_t position : ending_of(graph, analysis.claim).positions) skipped[position] = true;
  return skipped;
}

// y(z) >= b <=> z >= the first z of the table with y(z) >= b. An unreachable bound lies one beyond the table.
Requirement before_function(const QuantisedNode& node, const Requirement& requirement) {
  const auto& op = std::get<FunctionOp>(node.op);
  const auto [first, values] = table_values(op);
  const IntegerBound& bound = requirement.bound;
  const std::int64_t least = bound.at_least ? bound.bound : bound.bound + 1;
  const auto place = std::lower_bound(values.begin(), values.end(), least) - values.begin();
  return {node.inputs[0], requirement.element, {bound.at_least, first + place - (bound.at_least ? 0 : 1)}};
}

// [one - x, x]: element 1 is x, element 0 turns the comparison around.
Requirement before_pair(const QuantisedNode& node, const Requirement& requirement) {
  if (requirement.element == 1) return {node.inputs[0], 0, requirement.bound};
  const std::int64_t one = std::get<PairOp>(node.op).one;
  return {node.inputs[0], 0, {!requirement.bound.at_least, one - requirement.bound.bound}};
}

// argmax == 1 <=> x > one - x <=> x >= floor(one / 2) + 1; argmax == 0 <=> x <= floor(one / 2): a tie is class 0.
Requirement before_pair(const QuantisedNode& node, const ArgmaxIs& argmax) {
  const std::int64_t half = std::get<PairOp>(node.op).one / 2;
  return {node.inputs[0], 0, argmax.index == 1 ? IntegerBound{true, half + 1} : IntegerBound{false, half}};
}

}  // namespace veil
