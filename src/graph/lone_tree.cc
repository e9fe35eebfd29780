#include "graph/lone_tree.h"

#include "graph/operator.h"

namespace veil {
namespace {

class NumberedLeaves {
 public:
  explicit NumberedLeaves(const LoneTree& tree) : from_(tree.nodes), leaves_(tree.leaves) {
    for (std::size_t i = 0; i < from_.ids.size(); ++i) {
      if (from_.modes[i] != "LEAF") branches_.push_back(from_.ids[i]);
    }
    root(0, leaves_.size());
  }
  NamedNodes nodes() const { return out_; }

 private:
  void add(std::int64_t id, const std::string& mode, double value, std::int64_t yes, std::int64_t no) {
    out_.trees.push_back(from_.trees[0]);
    out_.ids.push_back(id);
    out_.features.push_back(0);
    out_.when_true.push_back(yes);
    out_.when_false.push_back(no);
    out_.missing_is_true.push_back(0);
    out_.values.push_back(value);
    out_.modes.push_back(mode);
  }
  std::int64_t id_of(std::size_t begin, std::size_t end) const {
    return end - begin == 1 ? from_.ids[leaves_[begin]] : branches_[begin + (end - begin) / 2 - 1];
  }
  // The branch that parts leaves `middle - 1` and `middle` is the one before `middle`: each has one.
  void root(std::size_t begin, std::size_t end) {
    if (end - begin == 1) return add(id_of(begin, end), "LEAF", 0, 0, 0);
    const std::size_t middle = begin + (end - begin) / 2;
    add(id_of(begin, end), "BRANCH_LEQ", static_cast<double>(middle) - 0.5, id_of(begin, middle), id_of(middle, end));
    root(begin, middle);
    root(middle, end);
  }

  const NamedNodes& from_;
  const std::vector<std::size_t>& leaves_;
  std::vector<std::int64_t> branches_;
  NamedNodes out_;
};

void append(NamedNodes& all, const NamedNodes& more, std::int64_t number) {
  const auto extend = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  all.trees.insert(all.trees.end(), more.ids.size(), number);
  extend(all.ids, more.ids);
  extend(all.features, more.features);
  extend(all.when_true, more.when_true);
  extend(all.when_false, more.when_false);
  extend(all.missing_is_true, more.missing_is_true);
  extend(all.values, more.values);
  extend(all.modes, more.modes);
}

}  // namespace

std::optional<LoneTree> lone_tree(const Graph& graph, const Node& node) {
  const auto nodes = read_named_nodes(call_of(graph, node));
  if (!nodes.ok() || nodes->ids.empty()) return std::nullopt;
  LoneTree tree{node, *nodes, {}, *node.inputs[0]};
  for (std::size_t i = 0; i < nodes->ids.size(); ++i) {
    if (nodes->trees[i] != nodes->trees[0]) return std::nullopt;
    if (nodes->modes[i] == "LEAF") tree.leaves.push_back(i);
  }
  if (2 * tree.leaves.size() != nodes->ids.size() + 1) return std::nullopt;
  return tree;
}

Node with_numbered_leaves(const LoneTree& tree) {
  Node node = tree.node;
  put_named_nodes(node, NumberedLeaves(tree).nodes());
  return node;
}

Node joined_trees(const std::vector<std::pair<const LoneTree*, const Array*>>& trees) {
  NamedNodes nodes;
  std::vector<std::int64_t> places, ids, targets;
  std::vector<double> weights;
  const std::int64_t width = trees[0].second->shape[1];
  for (std::size_t number = 0; number < trees.size(); ++number) {
    const auto& [tree, table] = trees[number];
    append(nodes, tree->nodes, static_cast<std::int64_t>(number));
    for (std::size_t i = 0; i < table->data.size(); ++i) {
      places.push_back(static_cast<std::int64_t>(number));
      ids.push_back(tree->nodes.ids[tree->leaves[i / static_cast<std::size_t>(width)]]);
      targets.push_back(static_cast<std::int64_t>(i) % width);
      weights.push_back(table->data[i]);
    }
  }
  Node node{"ai.onnx.ml:TreeEnsembleRegressor", {}, {trees[0].first->features}, {}, {}, trees[0].first->node.opset};
  put_named_nodes(node, nodes);
  node.attributes["n_targets"] = width;
  node.attributes["target_treeids"] = std::move(places);
  node.attributes["target_nodeids"] = std::move(ids);
  node.attributes["target_ids"] = std::move(targets);
  node.attributes["target_weights"] = std::move(weights);
  return node;
}

}  // namespace veil
