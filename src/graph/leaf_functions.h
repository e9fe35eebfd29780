// Functions of the leaf that a row reaches. Isolation forests and AdaBoost come as one ensemble a tree, each followed
// by the same steps on its numbers (from a leaf to its path's length, logarithms, a choice of class), and a sum over
// all of them. What hangs on one tree alone is a function of the leaf: it is computed here in advance for every leaf,
// and a sum of such functions is one ensemble, whose trees are walked together.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/lone_tree.h"

namespace veil {

class LeafFunctions {
 public:
  explicit LeafFunctions(Graph& graph) : graph_(graph) {}

  // Whether the node's results are functions of a leaf, or sums of such. Then the node is kept here, and types and
  // shapes of its results are set. Its inputs are resolved, those not held here known.
  bool take(const Node& node);

  bool holds(ValueId id) const { return held_.contains(id); }
  // Whether type and shape of a value held here are known.
  bool has_shape(ValueId id) const { return !held_.at(id).parts.empty(); }
  // The nodes that give a value held here, in order; what they give is held no longer.
  std::vector<Node> release(ValueId id);

 private:
  // A sum over trees, each with a row of a table for every leaf. Nothing: not known in advance, the node itself gives
  // it.
  struct Held {
    std::vector<std::pair<std::size_t, Array>> parts;
    Node origin;
  };
  bool take_tree(const Node& node);
  bool take_sum(const Node& node);
  bool take_step(const Node& node);
  std::optional<std::size_t> tree_of(const Node& node) const;
  std::optional<std::vector<GraphValue>> step_inputs(const Node& node, std::size_t tree) const;
  std::optional<GraphValue> along_leaves(ValueId id) const;
  bool afford(const Node& node, std::size_t leaves);
  void hold(const Node& node, std::size_t output, std::size_t tree, GraphValue table);

  Graph& graph_;
  std::vector<LoneTree> trees_;
  std::map<ValueId, Held> held_;
  std::size_t work_left_ = std::size_t{1} << 28;
};

}  // namespace veil
