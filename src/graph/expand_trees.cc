// Ensembles of trees (ai.onnx.ml), written with comparisons, products of bits and one matrix product. Every tree is
// completed to the depth of the deepest: structure, features, thresholds and leaves are then constants alone, and
// only number and depth of the trees show.
//
// They are walked in stages of some levels. A stage decides all nodes below the places that the rows have reached in
// it, 2^levels - 1 a tree:
//
//   e          = [x, x], a missing value above all numbers in the first half and below them in the second: each node
//                reads the one from which a missing value goes its way
//   b          = [e[feature] <= threshold]          at the place that `here` tells, in the first stage the root
//   local_1    = [b_0; 1 - b_0],   local_(d+1) = [local_d b_d; local_d (1 - b_d)]      one 1 a tree
//   here'      = local x here,                      the place of the next stage, at last the leaf
//   scores     = here * leaves + base
#include <algorithm>
#include <optional>
#include <utility>

#include "graph/complete_trees.h"
#include "graph/expansion.h"
#include "graph/flat_trees.h"
#include "graph/post_transform.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "graph/trees.h"

namespace veil {
namespace {

// By place and target. An average is a sum of parts.
Array leaf_weights(const Forest& forest, const std::vector<std::size_t>& leaves) {
  const auto targets = static_cast<std::size_t>(forest.targets);
  const double share = forest.aggregate == "AVERAGE" ? 1.0 / static_cast<double>(forest.roots.size()) : 1.0;
  Array out{{std::ssize(leaves), forest.targets}, std::vector<double>(leaves.size() * targets)};
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (leaves[i] == CompleteTrees::kNoLeaf) continue;
    for (const auto& [target, weight] : forest.leaves[leaves[i]].weights) {
      out.data[i * targets + static_cast<std::size_t>(target)] += weight * share;
    }
  }
  return out;
}

// Levels of a tree that are decided together: all nodes below the place that a row has reached, which are 2^levels - 1.
struct Stage {
  std::size_t first, levels;
  std::size_t places() const { return std::size_t{1} << first; }
};

// Two levels a stage: three comparisons instead of two are less than what another stage costs, unless the rows are
// many. More where all of them together are few.
std::vector<Stage> stages_of(std::size_t depth, std::size_t rows_and_trees) {
  constexpr std::size_t kManyRowsAndTrees = std::size_t{1} << 13, kFewComparisons = 512;
  std::vector<Stage> out;
  for (std::size_t first = 0; first < depth; first += out.back().levels) {
    std::size_t levels = rows_and_trees > kManyRowsAndTrees ? 1 : 2;
    while (levels < depth && rows_and_trees <= kFewComparisons >> (levels + 1)) ++levels;
    out.push_back({first, std::min(levels, depth - first)});
  }
  return out;
}

// The stage's decisions by [place, comparison, tree]. Node u of its level d below place s is node s + 2^first u.
ValueId decisions(Expansion& expansion, ValueId x, std::optional<ValueId> here, const CompleteTrees& trees,
                  const Stage& stage) {
  const std::size_t width = trees.levels[0].features.size();
  TreeLevel all;
  for (std::size_t place = 0; place < stage.places(); ++place) {
    for (std::size_t d = 0; d < stage.levels; ++d) {
      const TreeLevel& level = trees.levels[stage.first + d];
      for (std::size_t slot = place; slot < stage.places() << d; slot += stage.places()) {
        const auto begin = static_cast<std::ptrdiff_t>(slot * width), end = begin + static_cast<std::ptrdiff_t>(width);
        all.features.insert(all.features.end(), level.features.begin() + begin, level.features.begin() + end);
        all.thresholds.insert(all.thresholds.end(), level.thresholds.begin() + begin, level.thresholds.begin() + end);
      }
    }
  }
  const GraphShape shape{std::ssize(all.features)};
  const ValueId features = expansion.constant({shape, std::move(all.features)}, ElementType::kInt64);
  const ValueId thresholds = expansion.constant({shape, std::move(all.thresholds)}, expansion.type(x));
  if (!here) return expansion.add("veil:Threshold", {x, features, thresholds});
  return expansion.add("veil:Threshold", {x, features, thresholds, *here},
                       {{"trees", static_cast<std::int64_t>(width)}});
}

// Where the stage's decisions lead: one 1 among 2^levels a tree.
ValueId local_places(Expansion& expansion, ValueId bits, std::size_t levels, std::int64_t trees) {
  ValueId here = bits;
  std::int64_t begin = 0;
  for (std::size_t level = 0; level < levels; ++level) {
    const std::int64_t end = begin + (trees << level);
    const ValueId decision = expansion.slice(bits, 1, begin, end);
    const ValueId bit = expansion.cast(decision, ElementType::kInt64);
    const ValueId yes = begin == 0 ? bit : expansion.add("Mul", {here, bit});
    const ValueId no = begin == 0 ? expansion.cast(expansion.add("Not", {decision}), ElementType::kInt64)
                                  : expansion.add("Sub", {here, yes});
    here = expansion.concat({yes, no}, 1);
    begin = end;
  }
  return here;
}

// [local, place, tree], the place of the next stage, from [local, tree] and [place, tree].
ValueId joint_places(Expansion& expansion, ValueId local, ValueId here, std::int64_t trees) {
  const std::int64_t rows = expansion.shape(here)[0];
  const std::int64_t locals = expansion.shape(local)[1] / trees, places = expansion.shape(here)[1] / trees;
  const ValueId joint = expansion.add(
      "Mul", {expansion.reshape(local, {rows, locals, 1, trees}), expansion.reshape(here, {rows, 1, places, trees})});
  return expansion.reshape(joint, {rows, locals * places * trees});
}

ValueId leaf_bits(Expansion& expansion, ValueId x, const CompleteTrees& trees) {
  const std::int64_t width = std::ssize(trees.levels[0].features);
  std::optional<ValueId> here;
  const std::size_t rows = static_cast<std::size_t>(expansion.shape(x)[0]);
  for (const Stage& stage : stages_of(trees.levels.size(), rows * static_cast<std::size_t>(width))) {
    const ValueId bits = decisions(expansion, x, here, trees, stage);
    const ValueId local = local_places(expansion, bits, stage.levels, width);
    here = here ? joint_places(expansion, local, *here, width) : local;
  }
  return *here;
}

// One 1 a tree among [leaf, tree]: the leaf on whose way no comparison goes the other way.
ValueId flat_leaf_bits(Expansion& expansion, ValueId x, const FlatTrees& trees) {
  const std::int64_t rows = expansion.shape(x)[0], count = static_cast<std::int64_t>(trees.trees);
  const auto comparisons = static_cast<std::int64_t>(trees.comparisons);
  const auto leaves = static_cast<std::int64_t>(trees.leaf_count);
  const ValueId features = expansion.constant({{count * comparisons}, trees.features}, ElementType::kInt64);
  const ValueId thresholds = expansion.constant({{count * comparisons}, trees.thresholds}, expansion.type(x));
  const ValueId bits = expansion.cast(expansion.add("veil:Threshold", {x, features, thresholds}), ElementType::kInt64);
  const ValueId paths = expansion.constant({{count, comparisons, leaves}, trees.paths}, ElementType::kInt64);
  const ValueId start = expansion.constant({{count, 1, leaves}, trees.start}, ElementType::kInt64);
  const ValueId sums = expansion.add("MatMul", {expansion.reshape(bits, {rows, count, 1, comparisons}), paths});
  const ValueId missed = expansion.reshape(expansion.add("Add", {sums, start}), {rows, count, leaves});
  const ValueId reached = expansion.binary("Less", missed, 1);
  return expansion.reshape(expansion.transpose(reached, {0, 2, 1}), {rows, leaves * count});
}

struct LeafBits {
  ValueId bits;
  std::vector<std::size_t> leaves;  // [any, tree]: of the forest, or CompleteTrees::kNoLeaf
};

// Trees complete, or flat where that is expected to be less work.
Result<LeafBits> leaf_bits_of(Expansion& expansion, const Forest& forest, ValueId x, std::size_t depth) {
  const bool is_double = expansion.type(x) == ElementType::kDouble;
  const bool may_complete = may_be_completed(forest.roots.size(), depth);
  const std::int64_t features = expansion.shape(x)[1] / 2;
  const LeafBits nothing{ValueId{0}, {}};
  const auto flat = flat_trees(forest, features, is_double);
  if (flat && (!may_complete || is_cheaper_than_complete(*flat, depth))) {
    if (!expansion.may_hold({std::ssize(flat->paths)}) ||
        !expansion.may_hold({std::ssize(flat->features), 2 * features}))
      return nothing;
    return LeafBits{flat_leaf_bits(expansion, x, *flat), flat->leaves};
  }
  if (!may_complete) {
    return Error{"its " + std::to_string(forest.roots.size()) + " trees of up to " + std::to_string(depth) +
                 " levels are too large, complete (2^18 leaves in all) and flat (2^10 nodes in a tree)"};
  }
  if (!expansion.may_hold({static_cast<std::int64_t>(forest.roots.size() << depth), 2 * features})) return nothing;
  CompleteTrees trees = complete_trees(forest, depth, features, is_double);
  const ValueId bits = leaf_bits(expansion, x, trees);
  return LeafBits{bits, std::move(trees.leaves)};
}

// The least or largest of the trees' numbers.
Result<ValueId> extreme_tree(Expansion& expansion, const Forest& forest, ValueId bits, const Array& weights) {
  if (forest.targets != 1) return Error{"the least or largest of several targets is not supported yet"};
  const std::int64_t rows = expansion.shape(bits)[0], trees = std::ssize(forest.roots);
  const std::int64_t leaves = weights.shape[0] / trees;
  const ValueId by_tree = expansion.constant({{leaves, trees}, weights.data}, ElementType::kFloat);
  const ValueId numbers = expansion.reduce(
      "ReduceSum", expansion.add("Mul", {expansion.reshape(bits, {rows, leaves, trees}), by_tree}), {1}, false);
  return expansion.reduce(forest.aggregate == "MIN" ? "ReduceMin" : "ReduceMax", numbers, {1});
}

// The trees' numbers put together, without the base.
Result<ValueId> raw_scores(Expansion& expansion, const Forest& forest) {
  const GraphShape shape = expansion.call().shape(0);
  if (shape.empty() || shape.size() > 2) return Error{"its input must have one or two axes"};
  const std::int64_t rows = shape.size() == 1 ? 1 : shape[0], features = shape.back();
  VEIL_TRY(depth, depth_of(forest, features));
  ValueId x = expansion.reshape(expansion.input(0), {rows, features});
  if (expansion.type(x) != ElementType::kDouble) x = expansion.cast(x, ElementType::kFloat);
  VEIL_TRY(found, leaf_bits_of(expansion, forest, expansion.add("veil:Ends", {x}), depth));
  if (expansion.failed() || !expansion.may_hold({std::ssize(found.leaves), forest.targets})) return ValueId{0};
  const ValueId bits = expansion.cast(found.bits, ElementType::kFloat);
  const Array weights = leaf_weights(forest, found.leaves);
  if (forest.aggregate == "MIN" || forest.aggregate == "MAX") return extreme_tree(expansion, forest, bits, weights);
  if (forest.aggregate != "SUM" && forest.aggregate != "AVERAGE") {
    return Error{"its 'aggregate_function' " + quote(forest.aggregate) + " is not known"};
  }
  return expansion.add("MatMul", {bits, expansion.constant(weights, ElementType::kFloat)});
}

ValueId plus_base(Expansion& expansion, ValueId scores, const std::vector<double>& base) {
  if (base.empty()) return scores;
  return expansion.add("Add", {scores, expansion.constant({{std::ssize(base)}, base}, ElementType::kFloat)});
}

Status give_scores(Expansion& expansion, const Forest& forest, std::size_t output) {
  if (!forest.base.empty() && std::ssize(forest.base) != forest.targets) return Error{"it has not one base a target"};
  VEIL_TRY(raw, raw_scores(expansion, forest));
  VEIL_TRY(scores, post_transformed(expansion, forest.transform, plus_base(expansion, raw, forest.base)));
  expansion.give(output, scores);
  return Done{};
}

Status expand_regressor(Expansion& expansion) {
  VEIL_TRY(targets, expansion.call().integer("n_targets", 1));
  VEIL_TRY(forest, read_named_forest(expansion.call(), "target", targets));
  return give_scores(expansion, forest, 0);
}

Status expand_ensemble(Expansion& expansion) {
  VEIL_TRY(forest, read_forest(expansion.call()));
  return give_scores(expansion, forest, 0);
}

// ---- classifiers
Result<Integers> labels_of(const Call& call, std::int64_t& classes) {
  VEIL_TRY(words, call.text("classlabels_strings", ""));
  VEIL_TRY(labels, call.integers("classlabels_int64s"));
  classes = std::ssize(labels);
  if (labels.empty() && !words.empty()) classes = 1 + std::count(words.begin(), words.end(), '\n');
  if (classes < 2) return Error{"it has fewer than two classes"};
  return labels;
}

// Two classes of which the leaves know one: its score is that of the second class.
Status give_binary(Expansion& expansion, Forest& forest, const Integers& labels) {
  bool positive = true;
  for (TreeLeaf& leaf : forest.leaves) {
    for (auto& [target, weight] : leaf.weights) {
      target = 0;
      positive = positive && weight >= 0;
    }
  }
  forest.targets = 1;
  if (forest.base.size() > 1) return Error{"it has two base values for one score"};
  VEIL_TRY(raw, raw_scores(expansion, forest));
  const ValueId score = plus_base(expansion, raw, forest.base);
  if (!labels.empty()) {
    const ValueId above = expansion.add("Less", {expansion.number_like(positive ? 0.5 : 0.0, score), score});
    const ValueId place = expansion.cast(expansion.reshape(above, {expansion.shape(score)[0]}), ElementType::kInt64);
    expansion.give(0, expansion.add("Gather", {expansion.integers(labels), place}));
  }
  const bool logistic = forest.transform == "LOGISTIC";
  if ((!logistic && forest.transform != "NONE") || (logistic && positive)) {
    return Error{"its 'post_transform' " + quote(forest.transform) + " is not supported for its single score"};
  }
  const ValueId second = logistic ? expansion.add("Sigmoid", {score}) : score;
  const bool complement = logistic || positive;
  const ValueId first =
      complement ? expansion.add("Sub", {expansion.number_like(1, second), second}) : expansion.add("Neg", {second});
  expansion.give(1, expansion.concat({first, second}, 1));
  return Done{};
}

bool knows_one_class(const Forest& forest) {
  std::int64_t first = -1;
  for (const TreeLeaf& leaf : forest.leaves) {
    for (const auto& [target, weight] : leaf.weights) {
      if (first >= 0 && target != first) return false;
      first = target;
    }
  }
  return true;
}

Status expand_classifier(Expansion& expansion) {
  std::int64_t classes = 0;
  VEIL_TRY(labels, labels_of(expansion.call(), classes));
  VEIL_TRY(forest, read_named_forest(expansion.call(), "class", classes));
  if (classes == 2 && knows_one_class(forest)) return give_binary(expansion, forest, labels);
  if (classes == 2 && !forest.base.empty())
    return Error{"base values beside two classes' scores are not supported yet"};
  if (!forest.base.empty() && std::ssize(forest.base) != classes) return Error{"it has not one base a class"};
  VEIL_TRY(raw, raw_scores(expansion, forest));
  const ValueId sums = plus_base(expansion, raw, forest.base);
  // Of two classes with scores of their own, implementations do not choose by the larger one: no label is given.
  if (!labels.empty() && classes > 2) {
    const ValueId best = expansion.add("ArgMax", {sums}, {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}});
    expansion.give(0, expansion.add("Gather", {expansion.integers(labels), best}));
  }
  VEIL_TRY(scores, post_transformed(expansion, forest.transform, sums));
  expansion.give(1, scores);
  return Done{};
}

#define VEIL_TREE_NODES                                                                                           \
  " nodes_falsenodeids nodes_featureids nodes_hitrates nodes_hitrates_as_tensor nodes_missing_value_tracks_true " \
  "nodes_modes nodes_nodeids nodes_treeids nodes_truenodeids nodes_values nodes_values_as_tensor "                \
  "nodes_values_as_tensor_type "                                                                                  \
  "nodes_hitrates_as_tensor_type post_transform base_values base_values_as_tensor base_values_as_tensor_type "

constexpr Operator kOperators[] = {
    {"ai.onnx.ml:TreeEnsembleClassifier", 1, 1,
     VEIL_TREE_NODES "class_ids class_nodeids class_treeids class_weights class_weights_as_tensor "
                     "class_weights_as_tensor_type classlabels_int64s classlabels_strings ",
     nullptr, nullptr, expand_classifier},
    {"ai.onnx.ml:TreeEnsembleRegressor", 1, 1,
     VEIL_TREE_NODES "aggregate_function n_targets target_ids target_nodeids target_treeids target_weights "
                     "target_weights_as_tensor target_weights_as_tensor_type ",
     nullptr, nullptr, expand_regressor},
    {"ai.onnx.ml:TreeEnsemble", 1, 1,
     " aggregate_function leaf_targetids leaf_weights leaf_weights_type membership_values membership_values_type "
     "n_targets nodes_falseleafs nodes_falsenodeids nodes_featureids nodes_hitrates nodes_hitrates_type "
     "nodes_missing_value_tracks_true nodes_modes nodes_modes_type nodes_splits nodes_splits_type nodes_trueleafs "
     "nodes_truenodeids post_transform tree_roots ",
     nullptr, nullptr, expand_ensemble},
};
#undef VEIL_TREE_NODES

}  // namespace

std::span<const Operator> tree_composites() { return kOperators; }

}  // namespace veil
