// Ensembles of one tree, and ensembles made of them.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/trees.h"

namespace veil {

struct LoneTree {
  Node node;
  NamedNodes nodes;
  std::vector<std::size_t> leaves;  // places in `nodes`
  ValueId features = 0;
};

// A tree by itself, if the node is one: as many branches as it takes to tell its leaves apart.
std::optional<LoneTree> lone_tree(const Graph& graph, const Node& node);

// The same leaves under branches that read their number, as the only feature. Leaf i is reached by i.
Node with_numbered_leaves(const LoneTree& tree);

// A regressor of these trees, which read the same features, together. A tree's numbers are [leaf, target].
Node joined_trees(const std::vector<std::pair<const LoneTree*, const Array*>>& trees);

}  // namespace veil
