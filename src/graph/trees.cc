#include "graph/trees.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <sstream>

#include "graph/text.h"

namespace veil {
namespace {

using Place = std::pair<std::int64_t, std::int64_t>;  // tree, node

Result<std::vector<double>> tensor_of(const Call& call, const std::string& name) {
  const auto found = call.node->attributes.find(name);
  if (found == call.node->attributes.end()) return std::vector<double>{};
  if (const auto* array = std::get_if<Array>(&found->second)) return array->data;
  return Error{"its attribute " + quote(name) + " is no tensor"};
}

Result<std::vector<std::string>> words_of(const Call& call, const std::string& name) {
  VEIL_TRY(text, call.text(name, ""));
  std::vector<std::string> words;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) words.push_back(line);
  return words;
}

Result<TreeMode> mode_of(const std::string& word) {
  static const std::map<std::string, TreeMode> kModes{
      {"BRANCH_LEQ", TreeMode::kLessEqual}, {"BRANCH_LT", TreeMode::kLess},  {"BRANCH_GTE", TreeMode::kGreaterEqual},
      {"BRANCH_GT", TreeMode::kGreater},    {"BRANCH_EQ", TreeMode::kEqual}, {"BRANCH_NEQ", TreeMode::kNotEqual}};
  const auto found = kModes.find(word);
  if (found == kModes.end()) return Error{"its node mode " + quote(word) + " is not known"};
  return found->second;
}

Status check_split(const TreeBranch& branch) {
  if (branch.mode == TreeMode::kMember || std::isfinite(branch.split)) return Done{};
  // x <= infinity tells rows that have a value from those that have none; LightGBM writes that.
  const bool is_end = branch.mode == TreeMode::kLessEqual || branch.mode == TreeMode::kGreater;
  if (is_end && branch.split > 0) return Done{};
  return Error{"a threshold is infinite or no number"};
}

Status check_aggregate(const Forest& forest) {
  if (forest.targets < 1 || forest.targets > (1 << 16)) return Error{"its number of targets is out of bounds"};
  for (const TreeLeaf& leaf : forest.leaves) {
    for (const auto& [target, weight] : leaf.weights) {
      if (target < 0 || target >= forest.targets) return Error{"a leaf gives target " + std::to_string(target)};
      if (!std::isfinite(weight)) return Error{"a leaf's weight is infinite or no number"};
    }
  }
  if (forest.roots.empty()) return Error{"it has no tree"};
  return Done{};
}

// Where each node of the file stands. The first of a tree is its root.
Result<std::map<Place, TreeTarget>> place_nodes(const NamedNodes& nodes, Forest& forest) {
  std::map<Place, TreeTarget> places;
  std::map<std::int64_t, bool> seen;
  for (std::size_t i = 0; i < nodes.ids.size(); ++i) {
    const bool leaf = nodes.modes[i] == "LEAF";
    const TreeTarget here{leaf, leaf ? forest.leaves.size() : forest.branches.size()};
    if (leaf) {
      forest.leaves.emplace_back();
    } else {
      forest.branches.emplace_back();
    }
    if (!places.emplace(Place{nodes.trees[i], nodes.ids[i]}, here).second) {
      return Error{"node " + std::to_string(nodes.ids[i]) + " of tree " + std::to_string(nodes.trees[i]) +
                   " is there twice"};
    }
    if (seen.emplace(nodes.trees[i], true).second) forest.roots.push_back(here);
  }
  return places;
}

Status link_nodes(const NamedNodes& nodes, const std::map<Place, TreeTarget>& places, Forest& forest) {
  for (std::size_t i = 0; i < nodes.ids.size(); ++i) {
    const TreeTarget here = places.at({nodes.trees[i], nodes.ids[i]});
    if (here.leaf) continue;
    TreeBranch& branch = forest.branches[here.index];
    VEIL_TRY(mode, mode_of(nodes.modes[i]));
    branch.mode = mode;
    branch.feature = nodes.features[i];
    branch.split = nodes.values[i];
    branch.missing_is_true = nodes.missing_is_true[i] != 0;
    VEIL_TRY_STATUS(check_split(branch));
    const auto when_true = places.find({nodes.trees[i], nodes.when_true[i]});
    const auto when_false = places.find({nodes.trees[i], nodes.when_false[i]});
    if (when_true == places.end() || when_false == places.end()) {
      return Error{"a child of node " + std::to_string(nodes.ids[i]) + " of tree " + std::to_string(nodes.trees[i]) +
                   " is missing"};
    }
    branch.when_true = when_true->second;
    branch.when_false = when_false->second;
  }
  return Done{};
}

Status read_weights(const Call& call, const std::string& prefix, const std::map<Place, TreeTarget>& places,
                    Forest& forest) {
  VEIL_TRY(trees, call.integers(prefix + "_treeids"));
  VEIL_TRY(ids, call.integers(prefix + "_nodeids"));
  VEIL_TRY(targets, call.integers(prefix + "_ids"));
  VEIL_TRY(weights, reals_of(call, prefix + "_weights"));
  if (trees.size() != ids.size() || targets.size() != ids.size() || weights.size() != ids.size()) {
    return Error{"its lists of weights are of different lengths"};
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto found = places.find({trees[i], ids[i]});
    if (found == places.end() || !found->second.leaf) return Error{"a weight belongs to no leaf"};
    forest.leaves[found->second.index].weights.emplace_back(targets[i], weights[i]);
  }
  return Done{};
}

// ---- version 5
struct SplitNodes {
  std::vector<std::int64_t> features, when_true, when_false, true_leafs, false_leafs, roots, targets, missing_is_true;
  std::vector<double> splits, modes, weights, members;
};

Result<SplitNodes> read_splits(const Call& call) {
  SplitNodes nodes;
  const std::pair<const char*, std::vector<std::int64_t>*> integers[] = {
      {"nodes_featureids", &nodes.features},     {"nodes_truenodeids", &nodes.when_true},
      {"nodes_falsenodeids", &nodes.when_false}, {"nodes_trueleafs", &nodes.true_leafs},
      {"nodes_falseleafs", &nodes.false_leafs},  {"tree_roots", &nodes.roots},
      {"leaf_targetids", &nodes.targets},        {"nodes_missing_value_tracks_true", &nodes.missing_is_true}};
  for (const auto& [name, out] : integers) {
    VEIL_TRY(list, call.integers(name));
    *out = list;
  }
  const std::pair<const char*, std::vector<double>*> tensors[] = {{"nodes_splits", &nodes.splits},
                                                                  {"nodes_modes", &nodes.modes},
                                                                  {"leaf_weights", &nodes.weights},
                                                                  {"membership_values", &nodes.members}};
  for (const auto& [name, out] : tensors) {
    VEIL_TRY(list, tensor_of(call, name));
    *out = list;
  }
  const std::size_t count = nodes.features.size();
  if (nodes.missing_is_true.empty()) nodes.missing_is_true.resize(count);
  for (const std::size_t size :
       {nodes.when_true.size(), nodes.when_false.size(), nodes.true_leafs.size(), nodes.false_leafs.size(),
        nodes.splits.size(), nodes.modes.size(), nodes.missing_is_true.size()}) {
    if (size != count) return Error{"its lists of nodes are of different lengths"};
  }
  if (nodes.targets.size() != nodes.weights.size()) return Error{"its lists of leaves are of different lengths"};
  return nodes;
}

Result<TreeTarget> target_of(const Forest& forest, std::int64_t index, std::int64_t leaf) {
  const std::size_t count = leaf != 0 ? forest.leaves.size() : forest.branches.size();
  if (index < 0 || static_cast<std::size_t>(index) >= count) return Error{"a child is missing"};
  return TreeTarget{leaf != 0, static_cast<std::size_t>(index)};
}

// The members of each node of that mode, one after another, a NaN behind each.
Status take_members(const std::vector<double>& members, std::size_t& next, TreeBranch& branch) {
  while (next < members.size() && !std::isnan(members[next])) branch.members.push_back(members[next++]);
  if (next >= members.size()) return Error{"its 'membership_values' end too early"};
  ++next;
  std::sort(branch.members.begin(), branch.members.end(), std::greater<>());
  branch.members.erase(std::unique(branch.members.begin(), branch.members.end()), branch.members.end());
  const bool finite =
      std::all_of(branch.members.begin(), branch.members.end(), [](double m) { return !std::isinf(m); });
  if (!finite) return Error{"a member is infinite"};
  return Done{};
}

Status read_branches(const SplitNodes& nodes, Forest& forest) {
  std::size_t next_member = 0;
  for (std::size_t i = 0; i < forest.branches.size(); ++i) {
    TreeBranch& branch = forest.branches[i];
    const double mode = nodes.modes[i];
    if (!(mode >= 0 && mode <= 6)) return Error{"a node mode is not known"};
    branch.mode = static_cast<TreeMode>(static_cast<int>(mode));
    branch.feature = nodes.features[i];
    branch.split = nodes.splits[i];
    branch.missing_is_true = nodes.missing_is_true[i] != 0;
    VEIL_TRY_STATUS(check_split(branch));
    if (branch.mode == TreeMode::kMember) VEIL_TRY_STATUS(take_members(nodes.members, next_member, branch));
    if (branch.mode == TreeMode::kMember && branch.members.empty() && branch.missing_is_true) {
      return Error{"missing values alone are members of a node's set, which is not supported"};
    }
    VEIL_TRY(when_true, target_of(forest, nodes.when_true[i], nodes.true_leafs[i]));
    VEIL_TRY(when_false, target_of(forest, nodes.when_false[i], nodes.false_leafs[i]));
    branch.when_true = when_true;
    branch.when_false = when_false;
  }
  return Done{};
}

Result<std::string> word_at(std::int64_t index, const std::vector<std::string>& words, const std::string& what) {
  if (index < 0 || index >= std::ssize(words)) return Error{"its " + what + " is not known"};
  return words[static_cast<std::size_t>(index)];
}

}  // namespace

Result<std::vector<double>> reals_of(const Call& call, const std::string& name) {
  VEIL_TRY(list, call.reals(name));
  if (!list.empty()) return list;
  return tensor_of(call, name + "_as_tensor");
}

Result<NamedNodes> read_named_nodes(const Call& call) {
  NamedNodes nodes;
  const auto read = [&](const char* name, std::vector<std::int64_t>& out) -> Status {
    VEIL_TRY(list, call.integers(name));
    out = list;
    return Done{};
  };
  VEIL_TRY_STATUS(read("nodes_treeids", nodes.trees));
  VEIL_TRY_STATUS(read("nodes_nodeids", nodes.ids));
  VEIL_TRY_STATUS(read("nodes_featureids", nodes.features));
  VEIL_TRY_STATUS(read("nodes_truenodeids", nodes.when_true));
  VEIL_TRY_STATUS(read("nodes_falsenodeids", nodes.when_false));
  VEIL_TRY_STATUS(read("nodes_missing_value_tracks_true", nodes.missing_is_true));
  VEIL_TRY(values, reals_of(call, "nodes_values"));
  VEIL_TRY(modes, words_of(call, "nodes_modes"));
  nodes.values = values;
  nodes.modes = modes;
  const std::size_t count = nodes.ids.size();
  if (nodes.missing_is_true.empty()) nodes.missing_is_true.resize(count);
  for (const std::size_t size :
       {nodes.trees.size(), nodes.features.size(), nodes.when_true.size(), nodes.when_false.size(),
        nodes.missing_is_true.size(), nodes.values.size(), nodes.modes.size()}) {
    if (size != count) return Error{"its lists of nodes are of different lengths"};
  }
  return nodes;
}

void put_named_nodes(Node& node, const NamedNodes& nodes) {
  std::erase_if(node.attributes, [](const auto& each) { return each.first.starts_with("nodes_"); });
  node.attributes["nodes_treeids"] = nodes.trees;
  node.attributes["nodes_nodeids"] = nodes.ids;
  node.attributes["nodes_featureids"] = nodes.features;
  node.attributes["nodes_truenodeids"] = nodes.when_true;
  node.attributes["nodes_falsenodeids"] = nodes.when_false;
  node.attributes["nodes_missing_value_tracks_true"] = nodes.missing_is_true;
  node.attributes["nodes_values"] = nodes.values;
  std::string modes;
  for (const std::string& mode : nodes.modes) modes += mode + "\n";
  node.attributes["nodes_modes"] = modes;
}

Result<Forest> read_named_forest(const Call& call, const std::string& prefix, std::int64_t targets) {
  Forest forest;
  forest.targets = targets;
  VEIL_TRY(nodes, read_named_nodes(call));
  VEIL_TRY(places, place_nodes(nodes, forest));
  VEIL_TRY_STATUS(link_nodes(nodes, places, forest));
  VEIL_TRY_STATUS(read_weights(call, prefix, places, forest));
  VEIL_TRY(aggregate, call.text("aggregate_function", "SUM"));
  VEIL_TRY(transform, call.text("post_transform", "NONE"));
  VEIL_TRY(base, reals_of(call, "base_values"));
  forest.aggregate = aggregate;
  forest.transform = transform;
  forest.base = base;
  VEIL_TRY_STATUS(check_aggregate(forest));
  return forest;
}

Result<Forest> read_forest(const Call& call) {
  Forest forest;
  VEIL_TRY(targets, call.integer("n_targets", 1));
  forest.targets = targets;
  VEIL_TRY(nodes, read_splits(call));
  forest.branches.resize(nodes.features.size());
  for (std::size_t i = 0; i < nodes.weights.size(); ++i) {
    forest.leaves.push_back({{{nodes.targets[i], nodes.weights[i]}}});
  }
  VEIL_TRY_STATUS(read_branches(nodes, forest));
  for (const std::int64_t root : nodes.roots) {
    VEIL_TRY(target, target_of(forest, root, 0));
    forest.roots.push_back(target);
  }
  VEIL_TRY(aggregate, call.integer("aggregate_function", 1));
  VEIL_TRY(transform, call.integer("post_transform", 0));
  VEIL_TRY(aggregate_word, word_at(aggregate, {"AVERAGE", "SUM", "MIN", "MAX"}, "aggregate function"));
  VEIL_TRY(transform_word,
           word_at(transform, {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"}, "post transform"));
  forest.aggregate = aggregate_word;
  forest.transform = transform_word;
  VEIL_TRY_STATUS(check_aggregate(forest));
  return forest;
}

}  // namespace veil
