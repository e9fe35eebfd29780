// Rows without a value (NaN): where a graph may take them.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace veil {

// By ValueId: inputs of float32, and what is made of them by moves alone, that nothing but moves and the trees'
// decisions (veil:Ends) reads; and what veil:Ends gives. Everything else calculates with its numbers.
// An input that is imputed in part (imputed.h) is none of these.
std::vector<bool> may_be_missing(const Graph& graph);

// Does the node hand the numbers of its first input, or of all of them, on as they are?
bool is_move(const Node& node);

}  // namespace veil
