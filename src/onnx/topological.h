// Nodes in an order in which every value is given before it is read.
#pragma once

#include "base/result.h"
#include "graph/graph.h"

namespace veil {

// Keeps the file's order wherever it can. Error: a cycle, with a node of it.
Status sort_nodes(Graph& graph);

}  // namespace veil
