// The trees of an ensemble with all their comparisons side by side, for trees that are deep in a few places. A leaf is
// reached where no comparison on the way to it goes the other way:
//   missed[leaf] = start[leaf] + sum_comparison b[comparison] paths[comparison, leaf],   reached where it is 0
// Structure, features, thresholds and leaves are lists alone, and all trees have as many comparisons and leaves as the
// largest.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "graph/trees.h"

namespace veil {

struct FlatTrees {
  static constexpr std::size_t kNoLeaf = std::numeric_limits<std::size_t>::max();

  std::size_t trees = 0, comparisons = 0, leaf_count = 0;  // of a tree, the last two
  std::vector<double> features, thresholds;                // [tree, comparison], of the features twice (veil:Ends)
  std::vector<double> paths;                               // [tree, comparison, leaf], 1, 0 or -1
  std::vector<double> start;                               // [tree, leaf]
  std::vector<std::size_t> leaves;                         // [leaf, tree]: of the forest, or kNoLeaf
};

// Nothing where they are too large: more than 2^10 comparisons in a tree, or 2^24 numbers of paths. After depth_of
// agreed.
std::optional<FlatTrees> flat_trees(const Forest& forest, std::int64_t features, bool is_double);

// Are they expected to be proven faster than complete trees of this depth?
bool is_cheaper_than_complete(const FlatTrees& trees, std::size_t depth);

}  // namespace veil
