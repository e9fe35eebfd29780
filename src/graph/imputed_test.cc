// Where the model itself replaces missing values, and where it only seems to.
#include "graph/imputed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "graph/graph_builder.h"
#include "graph/missing.h"
#include "graph/passes.h"

namespace veil {
namespace {

using A = std::map<std::string, Attribute>;

ValueId imputer(GraphBuilder& b, ValueId x, std::vector<double> values) {
  return b.node("ai.onnx.ml:Imputer", {x}, "imputed",
                {{"imputed_value_floats", std::move(values)}, {"replaced_value_float", std::nan("")}});
}

Graph folded(Graph graph) {
  const Status status = infer_and_fold(graph);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return graph;
}

// NaN as -99, so that lists can be compared.
std::vector<double> imputed(const Graph& graph) {
  if (graph.imputed.empty()) return {};
  std::vector<double> out = graph.imputed[0];
  std::replace_if(
      out.begin(), out.end(), [](double x) { return std::isnan(x); }, -99.0);
  return out;
}

bool has(const Graph& graph, std::string_view op) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return node.op == op; });
}

ValueId columns(GraphBuilder& b, ValueId x, std::vector<double> places) {
  return b.node("Gather", {x, b.integers(std::move(places))}, "columns", {{"axis", std::int64_t{1}}});
}

ValueId sum_of(GraphBuilder& b, ValueId x) { return b.node("ReduceSum", {x}, "sum", {{"keepdims", std::int64_t{1}}}); }

TEST(Imputed, ValuesOfAnImputerInFrontAreTheModelsOwn) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3});
  const Graph graph = folded(b.finish({sum_of(b, imputer(b, x, {1, 2, 3}))}));
  EXPECT_EQ(imputed(graph), (std::vector<double>{1, 2, 3}));
  EXPECT_FALSE(has(graph, "veil:Impute"));
  EXPECT_EQ(graph.nodes.size(), 1u);
}

TEST(Imputed, AreFoundThroughMoves) {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 4});
  const ValueId some = imputer(b, columns(b, x, {3, 0}), {30, 0}), one = imputer(b, columns(b, x, {1}), {10});
  const ValueId all = b.node("Concat", {some, one, columns(b, x, {2})}, "all", {{"axis", std::int64_t{1}}});
  const Graph graph = folded(b.finish({sum_of(b, all)}));
  EXPECT_EQ(imputed(graph), (std::vector<double>{0, 10, -99, 30, 0, 10, -99, 30}));
}

TEST(Imputed, AChoiceByIsNaNIsOne) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  const ValueId y = b.node("Where", {b.node("IsNaN", {x}, "test"), b.constant({{1, 2}, {5, 6}}), x}, "y");
  const Graph graph = folded(b.finish({sum_of(b, y)}));
  EXPECT_EQ(imputed(graph), (std::vector<double>{5, 6}));
  EXPECT_EQ(graph.nodes.size(), 1u);
}

// What is read in another way, too, must have a value: nothing in its place would be right for both.
TEST(Imputed, WhatIsReadOtherwiseHasNone) {
  const auto made = [](const std::function<ValueId(GraphBuilder&, ValueId)>& build) {
    GraphBuilder b;
    const ValueId x = b.input("x", {1, 2});
    const ValueId y = build(b, x);
    return folded(b.finish({sum_of(b, y)}));
  };
  const auto both = [](GraphBuilder& b, ValueId x) {
    return b.node("Add", {imputer(b, x, {1, 2}), columns(b, x, {0})}, "y");
  };
  EXPECT_EQ(imputed(made(both)), (std::vector<double>{-99, 2}));
  EXPECT_TRUE(made(both).values[made(both).inputs[0]].imputed_in_part);
  const auto twice = [](GraphBuilder& b, ValueId x) {
    return b.node("Add", {imputer(b, x, {1, 2}), imputer(b, x, {1, 3})}, "y");
  };
  EXPECT_EQ(imputed(made(twice)), (std::vector<double>{1, -99}));
  const auto infinite = [](GraphBuilder& b, ValueId x) { return imputer(b, x, {1, INFINITY}); };
  EXPECT_EQ(imputed(made(infinite)), (std::vector<double>{1, -99}));
  const auto calculated = [](GraphBuilder& b, ValueId x) { return imputer(b, b.node("Exp", {x}, "e"), {1, 2}); };
  EXPECT_EQ(imputed(made(calculated)), (std::vector<double>{}));
  const auto of_another = [](GraphBuilder& b, ValueId x) {
    const ValueId other = b.node("Neg", {x}, "other");
    return b.node("Where", {b.node("IsNaN", {x}, "test"), b.constant({{1, 2}, {5, 6}}), other}, "y");
  };
  EXPECT_EQ(imputed(made(of_another)), (std::vector<double>{}));
  const auto told = [](GraphBuilder& b, ValueId x) {
    const ValueId test = b.node("IsNaN", {x}, "test");
    const ValueId y = b.node("Where", {test, b.constant({{1, 2}, {5, 6}}), x}, "y");
    return b.node("Add", {y, b.node("Cast", {test}, "bit", {{"to", std::int64_t{1}}})}, "z");
  };
  EXPECT_EQ(imputed(made(told)), (std::vector<double>{}));
  EXPECT_TRUE(has(made(told), "IsNaN"));
}

// An output is read by the user.
TEST(Imputed, AnOutputIsRead) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  const ValueId y = imputer(b, x, {1, 2});
  const Graph graph = folded(b.finish({y}));
  EXPECT_EQ(imputed(graph), (std::vector<double>{1, 2}));
  GraphBuilder c;
  const ValueId z = c.input("x", {1, 2});
  c.node("IsNaN", {z}, "unneeded");
  EXPECT_EQ(imputed(folded(c.finish({c.node("Reshape", {z, c.integers({2})}, "same")}))), (std::vector<double>{}));
}

A stump() {
  using Whole = std::vector<std::int64_t>;
  return A{{"nodes_treeids", Whole{0, 0, 0}},
           {"nodes_nodeids", Whole{0, 1, 2}},
           {"nodes_featureids", Whole{0, 0, 0}},
           {"nodes_truenodeids", Whole{1, 0, 0}},
           {"nodes_falsenodeids", Whole{2, 0, 0}},
           {"nodes_values", std::vector<double>{0.5, 0, 0}},
           {"nodes_modes", std::string("BRANCH_LEQ\nLEAF\nLEAF")},
           {"target_treeids", Whole{0, 0}},
           {"target_nodeids", Whole{1, 2}},
           {"target_ids", Whole{0, 0}},
           {"target_weights", std::vector<double>{1, 2}},
           {"n_targets", std::int64_t{1}}};
}

// A tree that sends missing values its own way beside one that gets them replaced: NaN would be both.
TEST(Imputed, TreesDoNotTakeMissingValuesThatOthersGetReplaced) {
  const auto made = [](bool replaced_for_all) {
    GraphBuilder b;
    const ValueId x = b.input("x", {1, 1});
    const ValueId y = imputer(b, x, {1});
    const ValueId one = b.node("ai.onnx.ml:TreeEnsembleRegressor", {y}, "one", stump());
    const ValueId two = b.node("ai.onnx.ml:TreeEnsembleRegressor", {replaced_for_all ? y : x}, "two", stump());
    return folded(b.finish({b.node("Mul", {one, two}, "both")}));
  };
  const Graph mixed = made(false), plain = made(true);
  EXPECT_FALSE(may_be_missing(mixed)[mixed.inputs[0]]);
  EXPECT_EQ(imputed(mixed), (std::vector<double>{}));
  EXPECT_EQ(imputed(plain), (std::vector<double>{1}));
}

}  // namespace
}  // namespace veil
