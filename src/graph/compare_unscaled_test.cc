// Trees behind scalers decide as they did, at every float: compared with the steps themselves, on rows that are known.
#include "graph/compare_unscaled.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "graph/float_run.h"
#include "graph/graph_builder.h"
#include "graph/missing.h"
#include "graph/passes.h"

namespace veil {
namespace {

using A = std::map<std::string, Attribute>;
using Reals = std::vector<double>;
using Whole = std::vector<std::int64_t>;
using Build = std::function<ValueId(GraphBuilder&, ValueId)>;

constexpr std::int64_t kColumns = 3;

// One stump a column; their numbers tell all decisions.
ValueId stumps(GraphBuilder& b, ValueId x, const Reals& thresholds) {
  A out;
  Whole tree, node, feature, when_true, when_false, leaf_tree, leaf_node, target, missing;
  Reals value, weight;
  std::string modes;
  for (std::int64_t t = 0; t < std::ssize(thresholds); ++t) {
    for (std::int64_t n = 0; n < 3; ++n) {
      tree.push_back(t);
      node.push_back(n);
      feature.push_back(t % kColumns);
      when_true.push_back(n == 0 ? 1 : 0);
      when_false.push_back(n == 0 ? 2 : 0);
      missing.push_back(t % 2);
      value.push_back(n == 0 ? thresholds[static_cast<std::size_t>(t)] : 0);
      modes += n != 0 ? "LEAF\n" : t % 3 == 0 ? "BRANCH_LT\n" : "BRANCH_LEQ\n";
    }
    leaf_tree.push_back(t);
    leaf_node.push_back(1);
    target.push_back(0);
    weight.push_back(std::ldexp(1.0, static_cast<int>(t)));
  }
  return b.node("ai.onnx.ml:TreeEnsembleRegressor", {x}, "y",
                {{"nodes_treeids", tree},
                 {"nodes_nodeids", node},
                 {"nodes_featureids", feature},
                 {"nodes_truenodeids", when_true},
                 {"nodes_falsenodeids", when_false},
                 {"nodes_missing_value_tracks_true", missing},
                 {"nodes_values", value},
                 {"nodes_modes", modes},
                 {"target_treeids", leaf_tree},
                 {"target_nodeids", leaf_node},
                 {"target_ids", target},
                 {"target_weights", weight},
                 {"n_targets", std::int64_t{1}}});
}

Graph folded(const Build& build) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, kColumns});
  Graph graph = b.finish({build(b, x)});
  const Status status = infer_and_fold(graph);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return graph;
}

double directly(const Build& build, const Reals& row) {
  GraphBuilder b;
  const ValueId x = b.constant({{1, kColumns}, row});
  Graph graph = b.finish({build(b, x)});
  EXPECT_TRUE(infer_and_fold(graph).ok());
  return graph.values[graph.outputs[0]].constant->data[0];
}

bool has(const Graph& graph, std::string_view op) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return node.op == op; });
}

float near(double x, std::mt19937_64& random) {
  float out = static_cast<float>(x);
  for (std::uint64_t steps = random() % 4; steps > 0; --steps) {
    out = std::nextafterf(out, random() % 2 == 0 ? 1e30F : -1e30F);
  }
  return out;
}

// Thresholds of the scaled numbers beside which rows lie.
const Reals kMean{0.1F, 1234.567F, -3e-4F}, kFactor{1.7F, 0.00123F, 321.5F};
const Reals kThresholds{0.3F, -0.7F, 0.0F, 1.25F, 0.1F, -1e-3F};

double unscaled(std::size_t column, double threshold) { return threshold / kFactor[column] + kMean[column]; }

void expect_same_decisions(const Build& build) {
  const Graph graph = folded(build);
  std::mt19937_64 random(3);
  std::size_t differ = 0;
  for (int round = 0; round < 400; ++round) {
    Reals row(kColumns);
    for (std::size_t column = 0; column < row.size(); ++column) {
      row[column] = near(unscaled(column, kThresholds[column + (random() % 2) * kColumns]), random);
      if (random() % 16 == 0) row[column] = std::nan("");
      if (random() % 16 == 0) row[column] = random() % 2 == 0 ? INFINITY : -INFINITY;
    }
    const auto values = run_float(graph, {Array{{1, kColumns}, row}});
    ASSERT_TRUE(values.ok()) << values.error().message;
    differ += (*values)[graph.outputs[0]].data[0] != directly(build, row);
  }
  EXPECT_EQ(differ, 0u);
}

ValueId scaled(GraphBuilder& b, ValueId x) {
  const ValueId moved = b.node("Sub", {x, b.constant({{1, kColumns}, kMean})}, "moved");
  return b.node("Mul", {moved, b.constant({{kColumns}, kFactor})}, "scaled");
}

TEST(CompareUnscaled, DecidesAsBehindTheScaler) {
  const Build build = [](GraphBuilder& b, ValueId x) { return stumps(b, scaled(b, x), kThresholds); };
  const Graph graph = folded(build);
  EXPECT_FALSE(has(graph, "Mul"));
  EXPECT_FALSE(has(graph, "Sub"));
  EXPECT_TRUE(may_be_missing(graph)[graph.inputs[0]]);
  expect_same_decisions(build);
}

TEST(CompareUnscaled, OfSomeColumns) {
  const Build build = [](GraphBuilder& b, ValueId x) {
    const A axis{{"axis", std::int64_t{1}}};
    const ValueId first = b.node("Gather", {x, b.integers({0})}, "first", axis);
    const ValueId rest = b.node("Gather", {x, b.integers({1, 2})}, "rest", axis);
    const ValueId divided = b.node("Div", {rest, b.constant({{2}, {813.0F, 0.0031F}})}, "divided");
    const ValueId moved = b.node("Add", {b.constant({{1}, {-1.5F}}), divided}, "moved");
    return stumps(b, b.node("Concat", {first, moved}, "all", axis), {0.1F, 0.0F, -1.6F, 0.2F, -0.1F, -1.4F});
  };
  const Graph graph = folded(build);
  EXPECT_FALSE(has(graph, "Div"));
  EXPECT_FALSE(has(graph, "Add"));
  expect_same_decisions(build);
}

// What others read, too, is still scaled for them.
TEST(CompareUnscaled, LeavesWhatOthersRead) {
  const Build build = [](GraphBuilder& b, ValueId x) {
    const ValueId y = scaled(b, x);
    const ValueId sum = b.node("ReduceSum", {b.node("Clip", {y, b.constant({{}, {0}}), b.constant({{}, {0}})}, "clip")},
                               "sum", {{"keepdims", std::int64_t{1}}});
    return b.node("Add", {stumps(b, y, kThresholds), sum}, "z");
  };
  EXPECT_TRUE(has(folded(build), "Mul"));
}

TEST(CompareUnscaled, LeavesWhatFalls) {
  for (const double factor : {-1.0, 0.0}) {
    const Build build = [factor](GraphBuilder& b, ValueId x) {
      return stumps(b, b.node("Mul", {x, b.constant({{3}, {1, factor, 1}})}, "turned"), kThresholds);
    };
    EXPECT_TRUE(has(folded(build), "Mul"));
  }
}

}  // namespace
}  // namespace veil
