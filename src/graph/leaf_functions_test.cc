// What hangs on a lone tree, computed for its leaves in advance, is what the steps give row by row.
#include "graph/leaf_functions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "graph/float_run.h"
#include "graph/graph_builder.h"
#include "graph/passes.h"

namespace veil {
namespace {

using A = std::map<std::string, Attribute>;
using Reals = std::vector<double>;
using Whole = std::vector<std::int64_t>;

constexpr std::int64_t kFeatures = 3;

// A tree of `leaves` leaves, as it grows by chance, with node numbers that are no places.
A grown_tree(std::mt19937_64& random, std::size_t leaves, std::int64_t classes) {
  const std::size_t count = 2 * leaves - 1;
  Whole yes(count), no(count), ids(count), features(count);
  Reals values(count);
  std::vector<std::size_t> open{0};
  std::vector<bool> is_leaf(count, true);
  for (std::size_t next = 1; next + 1 < count; next += 2) {
    const std::size_t at = random() % open.size(), node = open[at];
    is_leaf[node] = false;
    yes[node] = static_cast<std::int64_t>(next);
    no[node] = static_cast<std::int64_t>(next + 1);
    open[at] = next;
    open.push_back(next + 1);
  }
  A out{{"nodes_treeids", Whole(count, 7)}, {"nodes_missing_value_tracks_true", Whole(count, 0)}};
  std::string modes;
  Whole leaf_ids, targets;
  Reals weights;
  for (std::size_t i = 0; i < count; ++i) {
    ids[i] = static_cast<std::int64_t>(3 * i + 1);
    yes[i] = is_leaf[i] ? 0 : 3 * yes[i] + 1;
    no[i] = is_leaf[i] ? 0 : 3 * no[i] + 1;
    features[i] = static_cast<std::int64_t>(random() % kFeatures);
    values[i] = 0.25 * (static_cast<double>(random() % 9) - 4);
    modes += is_leaf[i] ? "LEAF\n" : random() % 2 == 0 ? "BRANCH_LEQ\n" : "BRANCH_GT\n";
    for (std::int64_t c = 0; is_leaf[i] && c < classes; ++c) {
      leaf_ids.push_back(ids[i]);
      targets.push_back(c);
      weights.push_back(0.125 * static_cast<double>(random() % 17));
    }
  }
  const std::string prefix = classes == 1 ? "target" : "class";
  out["nodes_nodeids"] = ids;
  out["nodes_truenodeids"] = yes;
  out["nodes_falsenodeids"] = no;
  out["nodes_featureids"] = features;
  out["nodes_values"] = values;
  out["nodes_modes"] = modes;
  out[prefix + "_treeids"] = Whole(leaf_ids.size(), 7);
  out[prefix + "_nodeids"] = leaf_ids;
  out[prefix + "_ids"] = targets;
  out[prefix + "_weights"] = weights;
  if (classes == 1) out["n_targets"] = std::int64_t{1};
  if (classes != 1) out["classlabels_int64s"] = Whole{0, 1, 2};
  return out;
}

ValueId number_of_tree(GraphBuilder& b, std::mt19937_64& random, ValueId x, std::size_t leaves) {
  return b.node("ai.onnx.ml:TreeEnsembleRegressor", {x}, "tree", grown_tree(random, leaves, 1));
}

ValueId scores_of_tree(GraphBuilder& b, std::mt19937_64& random, ValueId x, std::size_t leaves) {
  b.node("ai.onnx.ml:TreeEnsembleClassifier", {x}, "label", grown_tree(random, leaves, 3));
  return b.second_output("scores");
}

using Build = std::function<ValueId(GraphBuilder&, ValueId)>;

Graph with_rows(const Build& build, std::int64_t rows) {
  GraphBuilder b;
  const ValueId x = b.input("x", {rows, kFeatures});
  Graph graph = b.finish({build(b, x)});
  const Status status = infer_and_fold(graph);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return graph;
}

// The same steps on rows that are known: nothing hangs on a tree.
Reals directly(const Build& build, const Array& rows) {
  GraphBuilder b;
  const ValueId x = b.constant(rows);
  Graph graph = b.finish({build(b, x)});
  const Status status = infer_and_fold(graph);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return graph.values[graph.outputs[0]].constant->data;
}

std::size_t count(const Graph& graph, std::string_view op) {
  return static_cast<std::size_t>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return node.op == op; }));
}

void expect_same(const Build& build, std::int64_t rows) {
  const Graph graph = with_rows(build, rows);
  std::mt19937_64 random(5);
  for (int round = 0; round < 30; ++round) {
    Array x{{rows, kFeatures}, Reals(static_cast<std::size_t>(rows * kFeatures))};
    for (double& each : x.data) each = 0.25 * (static_cast<double>(random() % 11) - 5);
    const auto values = run_float(graph, {x});
    ASSERT_TRUE(values.ok()) << values.error().message;
    const Reals &ours = (*values)[graph.outputs[0]].data, truth = directly(build, x);
    ASSERT_EQ(ours.size(), truth.size());
    for (std::size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], truth[i], 1e-5 * (1 + std::abs(truth[i])));
  }
}

// As isolation forests come: leaf numbers to path lengths, a correction, a sum, a power.
ValueId path_lengths(GraphBuilder& b, ValueId x) {
  std::mt19937_64 random(1);
  std::vector<std::optional<ValueId>> depths;
  const ValueId columns = b.node("Gather", {x, b.integers({0, 1, 2})}, "columns", {{"axis", std::int64_t{1}}});
  for (int tree = 0; tree < 5; ++tree) {
    const ValueId number = number_of_tree(b, random, columns, 6);
    const ValueId whole = b.node("Cast", {b.node("Mul", {number, b.constant({{1}, {8}})}, "eighths")}, "whole",
                                 {{"to", std::int64_t{7}}});
    Whole keys(17);
    Reals lengths(17);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      keys[i] = static_cast<std::int64_t>(i);
      lengths[i] = static_cast<double>(random() % 7);
    }
    const ValueId length =
        b.node("ai.onnx.ml:LabelEncoder", {whole}, "length", {{"keys_int64s", keys}, {"values_floats", lengths}});
    const ValueId column = b.node("Reshape", {length, b.integers({-1, 1})}, "column");
    const ValueId above = b.node("Max", {column, b.constant({{1}, {1}})}, "above");
    depths.emplace_back(b.node("Add", {column, b.node("Log", {above}, "log")}, "depth"));
  }
  return b.node("Neg", {b.node("Sum", depths, "sum")}, "y");
}

// As AdaBoost comes: the class of each tree, weighted, with constants made from a shape.
ValueId votes(GraphBuilder& b, ValueId x) {
  std::mt19937_64 random(2);
  std::vector<std::optional<ValueId>> parts;
  std::optional<ValueId> ones;
  for (int tree = 0; tree < 4; ++tree) {
    const ValueId scores = scores_of_tree(b, random, x, 5);
    if (!ones) {
      ones = b.node("ConstantOfShape", {b.node("Shape", {scores}, "shape")}, "ones", {{"value", Array{{1}, {1}}}});
    }
    const ValueId best = b.node("ArgMax", {scores}, "best", {{"axis", std::int64_t{1}}});
    const ValueId classes = b.constant({{1, 3}, {0, 1, 2}}, ElementType::kInt64);
    const ValueId is_best = b.node("Equal", {best, classes}, "is best");
    const ValueId vote = b.node("Where", {is_best, *ones, b.constant({{1}, {-0.5}})}, "vote");
    parts.emplace_back(b.node("Mul", {vote, b.constant({{}, {0.5 + tree}})}, "part"));
  }
  return b.node("Sum", parts, "y");
}

TEST(LeafFunctions, PathLengthsOfAForestAreOneEnsemble) {
  const Graph graph = with_rows(path_lengths, 1);
  EXPECT_EQ(count(graph, "veil:Threshold"), 1u);
  EXPECT_LE(count(graph, "MatMul"), 2u);  // leaves' numbers; flat trees have another
  EXPECT_EQ(count(graph, "Log"), 0u);
  EXPECT_EQ(count(graph, "Gather"), 0u);
  expect_same(path_lengths, 1);
  expect_same(path_lengths, 4);
}

TEST(LeafFunctions, WeightedVotesAreOneEnsemble) {
  const Graph graph = with_rows(votes, 2);
  EXPECT_EQ(count(graph, "veil:Threshold"), 1u);
  EXPECT_LE(count(graph, "MatMul"), 2u);  // leaves' numbers; flat trees have another
  expect_same(votes, 1);
  expect_same(votes, 3);
}

// Read by what hangs on the tree alone, and by what does not.
TEST(LeafFunctions, MayBeReadByOtherSteps) {
  const Build build = [](GraphBuilder& b, ValueId x) {
    std::mt19937_64 random(3);
    const ValueId one = number_of_tree(b, random, x, 4), two = number_of_tree(b, random, x, 1);
    const ValueId twice = b.node("Mul", {one, b.constant({{1, 1}, {2}})}, "twice");
    const ValueId both = b.node("Add", {twice, two}, "both");
    const ValueId scaled = b.node("Mul", {x, both}, "scaled");
    const ValueId again = b.node("Add", {both, both}, "again");
    return b.node("Sub", {b.node("Add", {scaled, one}, "sum"), again}, "y");
  };
  expect_same(build, 1);
  expect_same(build, 3);
}

TEST(LeafFunctions, OfTreesOnOtherFeaturesAreNotSummed) {
  const Build build = [](GraphBuilder& b, ValueId x) {
    std::mt19937_64 random(4);
    const ValueId other = b.node("Mul", {x, b.constant({{1}, {-1}})}, "other");
    return b.node("Add", {number_of_tree(b, random, x, 4), number_of_tree(b, random, other, 4)}, "y");
  };
  expect_same(build, 2);
}

// A list of one label a row beside a constant of as many numbers as there are classes, or leaves.
TEST(LeafFunctions, ListsOfRowsAreNotStretchedAlongConstants) {
  for (const std::size_t width : {3u, 4u}) {
    const Build build = [&](GraphBuilder& b, ValueId x) {
      std::mt19937_64 random(6);
      const ValueId label = b.node("ai.onnx.ml:TreeEnsembleClassifier", {x}, "label", grown_tree(random, 4, 3));
      b.second_output("scores");
      const ValueId real = b.node("Cast", {label}, "real", {{"to", std::int64_t{1}}});
      return b.node("Add", {real, b.constant({{static_cast<std::int64_t>(width)}, Reals(width, 0.5)})}, "y");
    };
    expect_same(build, 1);
  }
}

// A constant that differs from row to row is no function of a leaf.
TEST(LeafFunctions, ConstantsOfRowsStayThere) {
  const Build build = [](GraphBuilder& b, ValueId x) {
    std::mt19937_64 random(8);
    const ValueId scores = scores_of_tree(b, random, x, 2);
    return b.node("Mul", {scores, b.constant({{2, 3}, {1, 2, 3, 4, 5, 6}})}, "y");
  };
  expect_same(build, 2);
}

// Steps by chance on a few trees' numbers.
TEST(LeafFunctions, AgreeWithTheStepsWhateverTheyAre) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    const Build build = [&](GraphBuilder& b, ValueId x) {
      std::mt19937_64 random(seed);
      std::vector<ValueId> pool;
      const bool wide = seed % 2 == 1;
      for (int tree = 0; tree < 3; ++tree) {
        const std::size_t leaves = 1 + random() % 6;
        pool.push_back(wide ? scores_of_tree(b, random, x, leaves) : number_of_tree(b, random, x, leaves));
      }
      const std::int64_t width = wide ? 3 : 1;
      const auto any = [&] { return pool[random() % pool.size()]; };
      const auto constant = [&] {
        const std::int64_t own = random() % 2 == 0 ? width : 1;
        Reals data(static_cast<std::size_t>(own));
        for (double& each : data) each = 0.25 * static_cast<double>(1 + random() % 8);
        return b.constant({random() % 2 == 0 ? GraphShape{own} : GraphShape{1, own}, data});
      };
      for (int step = 0; step < 12; ++step) {
        const char* const binary[] = {"Add", "Sub", "Mul", "Max", "Min"};
        const char* const unary[] = {"Neg", "Abs", "Sigmoid", "Tanh"};
        switch (random() % 6) {
          case 0:
            pool.push_back(b.node(unary[random() % 4], {any()}, "unary"));
            break;
          case 1:
          case 2:
            pool.push_back(b.node(binary[random() % 5], {any(), constant()}, "binary"));
            break;
          case 3:
            pool.push_back(b.node("Sum", {any(), any(), any()}, "sum"));
            break;
          case 4:
            pool.push_back(b.node("Where", {b.node("Less", {any(), constant()}, "less"), any(), constant()}, "choice"));
            break;
          default:
            pool.push_back(b.node("Add", {any(), any()}, "add"));
        }
      }
      return b.node("Sum", {pool.back(), pool[pool.size() - 2], any()}, "y");
    };
    expect_same(build, 1 + seed % 3);
  }
}

TEST(LeafFunctions, ErrorsOfATreeAreThoseOfTheEnsemble) {
  const auto said = [](const std::string& name, const Attribute& value) {
    std::mt19937_64 random(9);
    GraphBuilder b;
    const ValueId x = b.input("x", {1, kFeatures});
    A attributes = grown_tree(random, 4, 1);
    attributes[name] = value;
    const ValueId tree = b.node("ai.onnx.ml:TreeEnsembleRegressor", {x}, "tree", attributes);
    Graph graph = b.finish({b.node("Neg", {tree}, "y")});
    const Status status = infer_and_fold(graph);
    return status.ok() ? "" : status.error().message;
  };
  EXPECT_EQ(said("aggregate_function", std::string("SUM")), "");
  EXPECT_NE(said("nodes_featureids", Whole(7, 3)).find("feature 3 of 3"), std::string::npos);
  EXPECT_NE(said("nodes_truenodeids", Whole(7, 1)).find("circle"), std::string::npos);
  EXPECT_NE(said("nodes_values", Reals(7, NAN)).find("no number"), std::string::npos);
  EXPECT_NE(said("post_transform", std::string("ODD")).find("'ODD'"), std::string::npos);
}

}  // namespace
}  // namespace veil
