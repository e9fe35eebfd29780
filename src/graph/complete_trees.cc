#include "graph/complete_trees.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "graph/tree_walk.h"

namespace veil {
namespace {

constexpr std::size_t kMostLevels = 16;
constexpr std::size_t kMostLeaves = std::size_t{1} << 18;  // of all trees together, once complete

// How many comparisons stand above the leaves of each target. Circles come to no end within any limit.
class Depth {
 public:
  Depth(const Forest& forest, std::size_t most)
      : forest_(forest), most_(most), known_(forest.branches.size(), kUnknown) {}

  Result<std::size_t> of(const TreeTarget& target, std::size_t above = 0) {
    if (target.leaf) return std::size_t{0};
    const TreeBranch& branch = forest_.branches[target.index];
    if (known_[target.index] != kUnknown) return known_[target.index];
    const std::size_t own = comparisons(branch);
    if (above + own > most_) {
      return Error{"its trees have more than " + std::to_string(most_) + " levels, or a circle"};
    }
    VEIL_TRY(yes, of(branch.when_true, above + own));
    VEIL_TRY(no, of(branch.when_false, above + own));
    return known_[target.index] = own + std::max(yes, no);
  }

 private:
  static constexpr std::size_t kUnknown = std::numeric_limits<std::size_t>::max();
  static std::size_t comparisons(const TreeBranch& branch) {
    if (branch.mode == TreeMode::kMember) return std::max<std::size_t>(2 * branch.members.size(), 1);
    return branch.mode == TreeMode::kEqual || branch.mode == TreeMode::kNotEqual ? 2 : 1;
  }

  const Forest& forest_;
  std::size_t most_;
  std::vector<std::size_t> known_;
};

// The complete trees. A node that is none is always true.
class Completion {
 public:
  struct Spot {
    std::size_t level, slot;
    Spot yes() const { return {level + 1, slot}; }
    Spot no() const { return {level + 1, slot + (std::size_t{1} << level)}; }
  };

  Completion(const Forest& forest, std::size_t depth, std::int64_t features, bool is_double)
      : trees_(forest.roots.size()),
        features_(features),
        out_{std::vector<TreeLevel>(depth), std::vector<std::size_t>(forest.roots.size() << depth, kNoLeaf)} {
    for (std::size_t d = 0; d < depth; ++d) {
      const std::size_t nodes = forest.roots.size() << d;
      const double any = column(0, Missing::kIsTrue);
      out_.levels[d] = {std::vector<double>(nodes, any), std::vector<double>(nodes, kAlways)};
    }
    TreeWalk walk(forest, is_double, *this);
    for (tree_ = 0; tree_ < trees_; ++tree_) walk.place(forest.roots[tree_], {0, 0});
  }

  CompleteTrees trees() { return std::move(out_); }

  static bool is_full() { return false; }
  void leaf(const Spot& spot, std::size_t index) {
    out_.leaves[spot.slot * trees_ + tree_] = index;
  }  // below, all is true
  void set(const Spot& spot, std::int64_t feature, double threshold, Missing missing) {
    const std::size_t at = spot.slot * trees_ + tree_;
    out_.levels[spot.level].features[at] = column(feature, missing);
    out_.levels[spot.level].thresholds[at] = threshold;
  }

 private:
  static constexpr std::size_t kNoLeaf = CompleteTrees::kNoLeaf;
  static constexpr double kAlways = std::numeric_limits<double>::infinity();
  double column(std::int64_t feature, Missing missing) const {
    return static_cast<double>(missing == Missing::kIsTrue ? features_ + feature : feature);
  }

  std::size_t trees_;
  std::int64_t features_;
  std::size_t tree_ = 0;
  CompleteTrees out_;
};

Status check_features(const Forest& forest, std::int64_t features) {
  for (const TreeBranch& branch : forest.branches) {
    if (branch.feature < 0 || branch.feature >= features) {
      return Error{"it reads feature " + std::to_string(branch.feature) + " of " + std::to_string(features)};
    }
  }
  return Done{};
}

}  // namespace

Result<std::size_t> depth_of(const Forest& forest, std::int64_t features) {
  constexpr std::size_t kDeepest = 256;
  VEIL_TRY_STATUS(check_features(forest, features));
  Depth depth(forest, kDeepest);
  std::size_t deepest = 1;  // a tree that is a leaf has a comparison, too
  for (const TreeTarget& root : forest.roots) {
    VEIL_TRY(levels, depth.of(root));
    deepest = std::max(deepest, levels);
  }
  return deepest;
}

bool may_be_completed(std::size_t trees, std::size_t depth) {
  return depth <= kMostLevels && trees <= kMostLeaves >> depth;
}

CompleteTrees complete_trees(const Forest& forest, std::size_t depth, std::int64_t features, bool is_double) {
  return Completion(forest, depth, features, is_double).trees();
}

}  // namespace veil
