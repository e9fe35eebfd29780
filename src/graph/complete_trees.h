// The trees of an ensemble, completed to the depth of the deepest: structure, features, thresholds and leaves are lists
// alone. Node s of level d of tree t has the place s * trees + t; its children are s (true) and s + 2^d.
#pragma once

#include <limits>
#include <vector>

#include "graph/trees.h"

namespace veil {

struct TreeLevel {
  std::vector<double> features, thresholds;  // x <= threshold, of the features twice (veil:Ends), by place
};

struct CompleteTrees {
  static constexpr std::size_t kNoLeaf = std::numeric_limits<std::size_t>::max();

  std::vector<TreeLevel> levels;
  std::vector<std::size_t> leaves;  // by place: of the forest, or kNoLeaf where no row comes
};

// The depth of the deepest tree once every node is a comparison. Errors: a feature that the input does not have; too
// deep, or a circle.
Result<std::size_t> depth_of(const Forest& forest, std::int64_t features);

// At most 16 levels, and 2^18 leaves of all trees together.
bool may_be_completed(std::size_t trees, std::size_t depth);

// Of depth_of, if they may be. is_double: the features' type, in which x < t is x <= the number below t.
CompleteTrees complete_trees(const Forest& forest, std::size_t depth, std::int64_t features, bool is_double);

}  // namespace veil
