#include "graph/complete_trees.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace veil {
namespace {

constexpr std::size_t kMostLevels = 16;
constexpr std::size_t kMostLeaves = std::size_t{1} << 18;  // of all trees together, once complete

// How many comparisons stand above the leaves of each target. Circles come to no end within kMostLevels.
class Depth {
 public:
  explicit Depth(const Forest& forest) : forest_(forest), known_(forest.branches.size(), kUnknown) {}

  Result<std::size_t> of(const TreeTarget& target, std::size_t above = 0) {
    if (target.leaf) return std::size_t{0};
    const TreeBranch& branch = forest_.branches[target.index];
    if (known_[target.index] != kUnknown) return known_[target.index];
    const std::size_t own = comparisons(branch);
    if (above + own > kMostLevels) {
      return Error{"its trees have more than " + std::to_string(kMostLevels) + " levels, or a circle"};
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
  std::vector<std::size_t> known_;
};

// Where a comparison x <= t sends a row without a value.
enum class Missing { kIsFalse, kIsTrue };

// The complete trees. A node that is none is always true.
class Completion {
 public:
  Completion(const Forest& forest, std::size_t depth, std::int64_t features, bool is_double)
      : forest_(forest),
        features_(features),
        is_double_(is_double),
        out_{std::vector<TreeLevel>(depth), std::vector<std::size_t>(forest.roots.size() << depth, kNoLeaf)} {
    for (std::size_t d = 0; d < depth; ++d) {
      const std::size_t nodes = forest.roots.size() << d;
      const double any = column(0, Missing::kIsTrue);
      out_.levels[d] = {std::vector<double>(nodes, any), std::vector<double>(nodes, kAlways)};
    }
    for (tree_ = 0; tree_ < forest.roots.size(); ++tree_) place(forest.roots[tree_], {0, 0});
  }

  CompleteTrees trees() { return std::move(out_); }

 private:
  static constexpr std::size_t kNoLeaf = CompleteTrees::kNoLeaf;
  static constexpr double kAlways = std::numeric_limits<double>::infinity();
  struct Spot {
    std::size_t level, slot;
    Spot yes() const { return {level + 1, slot}; }
    Spot no() const { return {level + 1, slot + (std::size_t{1} << level)}; }
  };

  // The largest number of the features' type below: x < t where x <= below(t).
  double below(double t) const {
    if (is_double_) return std::nextafter(t, -kAlways);
    return static_cast<double>(std::nextafterf(static_cast<float>(t), -std::numeric_limits<float>::infinity()));
  }

  double column(std::int64_t feature, Missing missing) const {
    return static_cast<double>(missing == Missing::kIsTrue ? features_ + feature : feature);
  }

  void set(const Spot& spot, std::int64_t feature, double threshold, Missing missing) {
    const std::size_t at = spot.slot * forest_.roots.size() + tree_;
    out_.levels[spot.level].features[at] = column(feature, missing);
    out_.levels[spot.level].thresholds[at] = threshold;
  }

  void place(const TreeTarget& target, Spot spot) {
    if (target.leaf) {
      out_.leaves[spot.slot * forest_.roots.size() + tree_] = target.index;  // below it, all is true
      return;
    }
    const TreeBranch& branch = forest_.branches[target.index];
    const TreeTarget &yes = branch.when_true, &no = branch.when_false;
    switch (branch.mode) {
      case TreeMode::kLessEqual:
        return compare(spot, branch, branch.split, yes, no);
      case TreeMode::kLess:
        return compare(spot, branch, below(branch.split), yes, no);
      case TreeMode::kGreater:
        return compare(spot, branch, branch.split, no, yes);
      case TreeMode::kGreaterEqual:
        return compare(spot, branch, below(branch.split), no, yes);
      case TreeMode::kEqual:
        return members(spot, branch, {branch.split}, yes, no);
      case TreeMode::kNotEqual:
        return members(spot, branch, {branch.split}, no, yes);
      case TreeMode::kMember:
        return members(spot, branch, branch.members, yes, no);
    }
  }

  // x <= threshold: yes, else no.
  void compare(const Spot& spot, const TreeBranch& branch, double threshold, const TreeTarget& yes,
               const TreeTarget& no) {
    const bool turned = &yes == &branch.when_false;
    set(spot, branch.feature, threshold, branch.missing_is_true != turned ? Missing::kIsTrue : Missing::kIsFalse);
    place(yes, spot.yes());
    place(no, spot.no());
  }

  // x is one of the members, which fall: above the first, no; not below it, yes; else one of the others. No value
  // equals a member, and none does not differ from one: a missing value goes to `no`, unless it is to go where members
  // go.
  void members(Spot spot, const TreeBranch& branch, const std::vector<double>& list, const TreeTarget& yes,
               const TreeTarget& no) {
    const bool is_member = branch.missing_is_true && &yes == &branch.when_true;
    for (const double member : list) {
      set(spot, branch.feature, member, is_member ? Missing::kIsTrue : Missing::kIsFalse);
      place(no, spot.no());
      spot = spot.yes();
      set(spot, branch.feature, below(member), Missing::kIsFalse);
      place(yes, spot.no());
      spot = spot.yes();
    }
    place(no, spot);
  }

  const Forest& forest_;
  std::int64_t features_;
  bool is_double_;
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

Result<std::size_t> complete_depth(const Forest& forest, std::int64_t features) {
  VEIL_TRY_STATUS(check_features(forest, features));
  Depth depth(forest);
  std::size_t deepest = 1;  // a tree that is a leaf has a comparison, too
  for (const TreeTarget& root : forest.roots) {
    VEIL_TRY(levels, depth.of(root));
    deepest = std::max(deepest, levels);
  }
  if (forest.roots.size() > kMostLeaves >> deepest) {
    return Error{"it has " + std::to_string(forest.roots.size()) + " trees of " + std::to_string(deepest) +
                 " levels: complete ones would have more than " + std::to_string(kMostLeaves) + " leaves"};
  }
  return deepest;
}

CompleteTrees complete_trees(const Forest& forest, std::size_t depth, std::int64_t features, bool is_double) {
  return Completion(forest, depth, features, is_double).trees();
}

}  // namespace veil
