// A tree as comparisons x <= t alone, one after the other, whatever its nodes' modes are.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "graph/trees.h"

namespace veil {

// Where a comparison x <= t sends a row without a value.
enum class Missing { kIsFalse, kIsTrue };

// Sink: a place in a tree (Spot), of which yes() and no() are those below, once it is set; and
//   set(spot, feature, threshold, missing)   the comparison there; may change the spot
//   leaf(spot, index)                        a leaf of the forest there
//   is_full()                                no more of them: the walk ends
template <class Sink>
class TreeWalk {
 public:
  // is_double: the features' type, in which x < t is x <= the number below t.
  TreeWalk(const Forest& forest, bool is_double, Sink& sink) : forest_(forest), is_double_(is_double), sink_(sink) {}

  void place(const TreeTarget& target, typename Sink::Spot spot) {
    if (sink_.is_full()) return;
    if (target.leaf) {
      sink_.leaf(spot, target.index);
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

 private:
  // The largest number of the features' type below: x < t where x <= below(t).
  double below(double t) const {
    if (is_double_) return std::nextafter(t, -std::numeric_limits<double>::infinity());
    return static_cast<double>(std::nextafterf(static_cast<float>(t), -std::numeric_limits<float>::infinity()));
  }

  // x <= threshold: yes, else no.
  void compare(typename Sink::Spot spot, const TreeBranch& branch, double threshold, const TreeTarget& yes,
               const TreeTarget& no) {
    const bool turned = &yes == &branch.when_false;
    sink_.set(spot, branch.feature, threshold, branch.missing_is_true != turned ? Missing::kIsTrue : Missing::kIsFalse);
    place(yes, spot.yes());
    place(no, spot.no());
  }

  // x is one of the members, which fall: above the first, no; not below it, yes; else one of the others. No value
  // equals a member, and none does not differ from one: a missing value goes to `no`, unless it is to go where members
  // go.
  void members(typename Sink::Spot spot, const TreeBranch& branch, const std::vector<double>& list,
               const TreeTarget& yes, const TreeTarget& no) {
    const bool is_member = branch.missing_is_true && &yes == &branch.when_true;
    for (const double member : list) {
      sink_.set(spot, branch.feature, member, is_member ? Missing::kIsTrue : Missing::kIsFalse);
      place(no, spot.no());
      spot = spot.yes();
      sink_.set(spot, branch.feature, below(member), Missing::kIsFalse);
      place(yes, spot.no());
      spot = spot.yes();
    }
    place(no, spot);
  }

  const Forest& forest_;
  bool is_double_;
  Sink& sink_;
};

}  // namespace veil
