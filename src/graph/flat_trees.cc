#include "graph/flat_trees.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "graph/tree_walk.h"

namespace veil {
namespace {

constexpr std::size_t kMostComparisons = std::size_t{1} << 10;  // of a tree
constexpr std::size_t kMostPaths = std::size_t{1} << 24;

// The comparisons of one tree, and the way to each leaf.
class OneTree {
 public:
  using Way = std::vector<std::pair<std::size_t, bool>>;  // comparison, and what it must give
  struct Comparison {
    std::int64_t feature;
    double threshold;
    Missing missing;
  };
  struct Spot {
    Way way;
    std::size_t comparison = 0;
    Spot yes() const { return after(true); }
    Spot no() const { return after(false); }
    Spot after(bool decision) const {
      Spot below{way, 0};
      below.way.emplace_back(comparison, decision);
      return below;
    }
  };

  void set(Spot& spot, std::int64_t feature, double threshold, Missing missing) {
    spot.comparison = comparisons.size();
    comparisons.push_back({feature, threshold, missing});
  }
  void leaf(const Spot& spot, std::size_t index) { leaves.emplace_back(spot.way, index); }
  bool is_full() const { return comparisons.size() > kMostComparisons; }

  std::vector<Comparison> comparisons;
  std::vector<std::pair<Way, std::size_t>> leaves;
};

void fill(FlatTrees& out, const OneTree& tree, std::size_t t, std::int64_t features) {
  const std::size_t first = t * out.comparisons;
  for (std::size_t n = 0; n < tree.comparisons.size(); ++n) {
    const auto& [feature, threshold, missing] = tree.comparisons[n];
    out.features[first + n] = static_cast<double>(missing == Missing::kIsTrue ? features + feature : feature);
    out.thresholds[first + n] = threshold;
  }
  for (std::size_t leaf = 0; leaf < tree.leaves.size(); ++leaf) {
    const auto& [way, index] = tree.leaves[leaf];
    double start = 0;
    for (const auto& [comparison, decision] : way) {
      out.paths[(first + comparison) * out.leaf_count + leaf] = decision ? -1 : 1;
      start += decision ? 1 : 0;
    }
    out.start[t * out.leaf_count + leaf] = start;
    out.leaves[leaf * out.trees + t] = index;
  }
}

}  // namespace

std::optional<FlatTrees> flat_trees(const Forest& forest, std::int64_t features, bool is_double) {
  std::vector<OneTree> trees(forest.roots.size());
  FlatTrees out;
  out.trees = trees.size();
  out.comparisons = 1;
  for (std::size_t t = 0; t < trees.size(); ++t) {
    TreeWalk(forest, is_double, trees[t]).place(forest.roots[t], {});
    if (trees[t].is_full()) return std::nullopt;
    out.comparisons = std::max(out.comparisons, trees[t].comparisons.size());
    out.leaf_count = std::max(out.leaf_count, trees[t].leaves.size());
    if (out.trees * out.comparisons > kMostPaths / out.leaf_count) return std::nullopt;
  }
  // Comparisons and leaves that a tree lacks: always true; never reached.
  out.features.assign(out.trees * out.comparisons, static_cast<double>(features));
  out.thresholds.assign(out.features.size(), std::numeric_limits<double>::infinity());
  out.paths.assign(out.features.size() * out.leaf_count, 0);
  out.start.assign(out.trees * out.leaf_count, 1);
  out.leaves.assign(out.start.size(), FlatTrees::kNoLeaf);
  for (std::size_t t = 0; t < trees.size(); ++t) fill(out, trees[t], t, features);
  return out;
}

// In microseconds a tree and row, as one row was measured on one machine: 100 trees of 6 levels, 500 of 8, 30 of 12,
// and all nodes of the first compared.
bool is_cheaper_than_complete(const FlatTrees& trees, std::size_t depth) {
  constexpr double kLeaf = 0.4, kComparison = 2, kLevel = 3, kReached = 1, kPath = 0.01;
  const auto comparisons = static_cast<double>(trees.comparisons), leaves = static_cast<double>(trees.leaf_count);
  const double complete = std::ldexp(kLeaf, static_cast<int>(depth)) + kLevel * static_cast<double>(depth);
  return comparisons * kComparison + leaves * kReached + comparisons * leaves * kPath < complete;
}

}  // namespace veil
