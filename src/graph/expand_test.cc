// The mechanism of composite operators: names, folding, bounds, outputs.
#include <gtest/gtest.h>

#include <algorithm>

#include "graph/expansion.h"
#include "graph/float_run.h"
#include "graph/graph_builder.h"
#include "graph/passes.h"

namespace veil {
namespace {

bool has_operator(const Graph& graph, const std::string& op) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return node.op == op; });
}

std::vector<double> run(const Graph& graph, const std::vector<Array>& inputs) {
  const auto values = run_float(graph, inputs);
  EXPECT_TRUE(values.ok()) << (values.ok() ? "" : values.error().message);
  return values.ok() ? (*values)[graph.outputs[0]].data : std::vector<double>{};
}

TEST(Expand, WritesCompositesAsCoreNodes) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2});
  const ValueId y = builder.input("y", {2});
  const ValueId mean = builder.node("Mean", {x, y, x}, "mean");
  Graph graph = builder.finish({mean});
  const Status status = infer_and_fold(graph);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_FALSE(has_operator(graph, "Mean"));
  EXPECT_EQ(graph.nodes.size(), 3u);
  EXPECT_EQ(graph.values[graph.outputs[0]].name, "mean");
  EXPECT_EQ(graph.nodes[0].name, "mean node (Mean)");
  EXPECT_EQ(graph.nodes[0].opset, kExpandedOpset);
  EXPECT_EQ(run(graph, {{{2}, {3, 6}}, {{2}, {0, 3}}}), (std::vector<double>{2, 5}));
}

// exp x alone may be beyond all integers.
TEST(Expand, JoinsTheLogOfASumOfPowers) {
  const auto graph_of = [](bool sum_is_read) {
    GraphBuilder b(13);
    const ValueId x = b.input("x", {1, 3});
    const ValueId power = b.node("Exp", {x}, "power");
    const ValueId sum = b.node("ReduceSum", {power, b.integers({1})}, "sum");
    const ValueId y = b.node("Log", {sum}, "y");
    Graph graph = b.finish({sum_is_read ? b.node("Add", {y, sum}, "z") : y});
    EXPECT_TRUE(infer_and_fold(graph).ok());
    return graph;
  };
  const Graph joined = graph_of(false);
  EXPECT_TRUE(has_operator(joined, "ReduceMax"));
  EXPECT_FALSE(has_operator(graph_of(true), "ReduceMax"));
  EXPECT_NEAR(run(joined, {{{1, 3}, {1000, 999, 0}}}).at(0), 1000.3133, 1e-4);
}

TEST(Expand, FoldsCompositesOfConstants) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2});
  const ValueId sum = builder.node("Sum", {builder.constant({{2}, {1, 2}}), builder.constant({{}, {3}})}, "sum");
  const ValueId out = builder.node("Add", {x, sum}, "out");
  Graph graph = builder.finish({out});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(run(graph, {{{2}, {0, 0}}}), (std::vector<double>{4, 5}));
}

TEST(Expand, HandsThroughAnInput) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2});
  const ValueId out = builder.node("Neg", {builder.node("Sum", {x}, "sum")}, "out");
  Graph graph = builder.finish({out});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.values[graph.inputs[0]].name, "x");
}

TEST(Expand, NamesTheNodeOfTheFile) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2});
  const ValueId y = builder.input("y", {3});
  Graph misfit = builder.finish({builder.node("Sum", {x, y}, "sum")});
  const Status status = infer_and_fold(misfit);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "Operator 'Add' (node 'sum node (Sum)'): shapes (2) and (3) do not fit together.");
}

TEST(Expand, RefusesAttributesThatItDoesNotKnow) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2});
  Graph graph = builder.finish({builder.node("Shrink", {x}, "out", {{"colour", std::int64_t{1}}})});
  const Status status = infer_and_fold(graph);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("'colour'"), std::string::npos);
  EXPECT_NE(status.error().message.find("Operator 'Shrink' (node 'out node')"), std::string::npos);
}

TEST(Expand, BoundsWhatExpansionsAdd) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {1});
  const std::vector<std::optional<ValueId>> many(4096, x);
  ValueId last = x;
  for (int i = 0; i < 100; ++i) {
    std::vector<std::optional<ValueId>> inputs = many;
    inputs[0] = last;
    last = builder.node("Sum", inputs, "sum" + std::to_string(i));
  }
  Graph graph = builder.finish({last});
  const Status status = infer_and_fold(graph);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("too large"), std::string::npos) << status.error().message;
}

TEST(Expand, OutputsOfCompositesCanBeChosen) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2});
  const ValueId unknown = builder.node("Mystery", {x}, "unknown");
  const ValueId sum = builder.node("Sum", {x, x}, "sum");
  Graph graph = builder.finish({unknown, sum});
  ASSERT_TRUE(select_output(graph, std::nullopt).ok());
  EXPECT_EQ(graph.values[graph.outputs[0]].name, "sum");
}

// One node over the input x of the given shape and constants; its first output.
std::vector<double> run_node(const std::string& op, const Array& x, const std::vector<Array>& constants,
                             const std::map<std::string, Attribute>& attributes, std::int64_t opset = 18) {
  GraphBuilder builder(opset);
  std::vector<std::optional<ValueId>> inputs{builder.input("x", x.shape)};
  for (const Array& constant : constants) inputs.emplace_back(builder.constant(constant));
  Graph graph = builder.finish({builder.node(op, inputs, "y", attributes)});
  const Status status = infer_and_fold(graph);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return status.ok() ? run(graph, {x}) : std::vector<double>{};
}

TEST(Expand, Normalises) {
  const Array ones{{2}, {1, 1}};
  const auto values = run_node("LayerNormalization", {{1, 2}, {1, 3}}, {ones, ones}, {{"epsilon", 0.0}});
  EXPECT_EQ(values, (std::vector<double>{0, 2}));
  EXPECT_EQ(run_node("LpNormalization", {{1, 2}, {3, 4}}, {}, {}),
            (std::vector<double>{0.6000000238418579, 0.800000011920929}));
}

TEST(Expand, TakesSeveralAxesAsOneVector) {
  // Before opset 13 the axes from 1 on are one vector.
  const auto values = run_node("Softmax", {{1, 2, 2}, {5, 5, 5, 5}}, {}, {{"axis", std::int64_t{1}}}, 11);
  EXPECT_EQ(values, (std::vector<double>{0.25, 0.25, 0.25, 0.25}));
}

TEST(Expand, ReadsEinsteinSums) {
  const Array square{{2, 2}, {1, 2, 3, 4}};
  EXPECT_EQ(run_node("Einsum", square, {}, {{"equation", std::string("ii->i")}}), (std::vector<double>{1, 4}));
  EXPECT_EQ(run_node("Einsum", square, {}, {{"equation", std::string("ij->")}}), (std::vector<double>{10}));
  EXPECT_EQ(run_node("Einsum", square, {square}, {{"equation", std::string("ij,kj->ki")}}),
            (std::vector<double>{5, 11, 11, 25}));
}

TEST(Expand, Resizes) {
  const Array row{{1, 1, 1, 2}, {0, 4}};
  const Array none{{0}, {}};
  const Array scales{{4}, {1, 1, 1, 2}};
  EXPECT_EQ(run_node("Resize", row, {none, scales}, {}), (std::vector<double>{0, 0, 4, 4}));
  EXPECT_EQ(run_node("Resize", row, {none, scales}, {{"mode", std::string("linear")}}),
            (std::vector<double>{0, 1, 3, 4}));
}

// Weights of one that only pass on: the state is the sum of the inputs so far.
TEST(Expand, UnrollsRecurrence) {
  const Array one{{1, 1, 1}, {1}};
  const Array steps{{3, 1, 1}, {1, 2, 3}};
  const std::map<std::string, Attribute> attributes{{"activations", std::string("Relu")}};
  EXPECT_EQ(run_node("RNN", steps, {one, one}, attributes), (std::vector<double>{1, 3, 6}));
  auto backwards = attributes;
  backwards["direction"] = std::string("reverse");
  EXPECT_EQ(run_node("RNN", steps, {one, one}, backwards), (std::vector<double>{6, 5, 3}));
}

}  // namespace
}  // namespace veil
