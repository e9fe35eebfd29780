// Dead code: what no output needs.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace veil {

// By ValueId: whether `outputs` depend on it. Nodes must be in topological order.
std::vector<bool> needed_values(const Graph& graph, const std::vector<ValueId>& outputs);
bool is_needed(const Node& node, const std::vector<bool>& needed);

// Drops nodes, inputs, values and trailing outputs of nodes that graph.outputs do not need; numbers the values anew.
void remove_unneeded(Graph& graph);

}  // namespace veil
