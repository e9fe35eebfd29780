#include "graph/passes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "graph/float_run.h"
#include "graph/graph_builder.h"

namespace veil {
namespace {

std::vector<std::string> operators(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.op);
  return names;
}

using Names = std::vector<std::string>;

TEST(InferAndFold, LeavesOnlyWhatDependsOnTheInputs) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {1, 2, 2});
  const ValueId unused = builder.input("unused", {7});
  builder.node("Relu", {unused}, "dead");
  const ValueId weights = builder.node("Transpose", {builder.constant({{1, 4}, {1, 2, 3, 4}})}, "w");
  const ValueId batch = builder.node("Gather", {builder.node("Shape", {x}, "s"), builder.integers({0})}, "b");
  const ValueId shape = builder.node("Concat", {batch, builder.integers({-1})}, "c", {{"axis", std::int64_t{0}}});
  const ValueId flat = builder.node("Reshape", {x, shape}, "flat");
  const ValueId dropped = builder.node("Dropout", {builder.node("Identity", {flat}, "i")}, "d");
  Graph graph = builder.finish({builder.node("MatMul", {dropped, weights}, "y")});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_EQ(operators(graph), (Names{"Reshape", "MatMul"}));
  EXPECT_EQ(graph.values.size(), 5u);  // x, the shape, the weights, flat, y
  EXPECT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.values[graph.outputs[0]].name, "y");
  EXPECT_EQ(graph.values[graph.outputs[0]].shape, (GraphShape{1, 1}));
  const auto values = run_float(graph, {{{1, 2, 2}, {1, 0, 0, 2}}});
  ASSERT_TRUE(values.ok());
  EXPECT_EQ((*values)[graph.outputs[0]].data, std::vector<double>{9});
}

TEST(InferAndFold, IsIdempotent) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {1, 2});
  Graph graph =
      builder.finish({builder.node("Relu", {builder.node("Cast", {x}, "c", {{"to", std::int64_t{1}}})}, "y")});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_EQ(operators(graph), Names{"Relu"});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_EQ(operators(graph), Names{"Relu"});
  EXPECT_EQ(graph.values.size(), 2u);
}

TEST(InferAndFold, OutputKeepsItsNameWhenAnIdentityGoes) {
  GraphBuilder builder;
  const ValueId relu = builder.node("Relu", {builder.input("x", {2})}, "r");
  Graph graph = builder.finish({builder.node("Identity", {relu}, "answer")});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_EQ(graph.values[graph.outputs[0]].name, "answer");
}

TEST(InferAndFold, ConstantOutput) {
  GraphBuilder builder;
  Graph graph = builder.finish({builder.node("Neg", {builder.constant({{2}, {1, 2}})}, "y")});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_TRUE(graph.nodes.empty());
  ASSERT_TRUE(graph.values[graph.outputs[0]].constant.has_value());
  EXPECT_EQ(graph.values[graph.outputs[0]].constant->data, (std::vector<double>{-1, -2}));
}

TEST(InferAndFold, DropoutMaskIsOnes) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2});
  builder.node("Dropout", {x}, "d");
  const ValueId mask = builder.second_output("mask");
  Graph graph = builder.finish({mask});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_TRUE(graph.inputs.empty());
  ASSERT_TRUE(graph.values[graph.outputs[0]].constant.has_value());
  EXPECT_EQ(graph.values[graph.outputs[0]].constant->data, (std::vector<double>{1, 1}));
}

TEST(InferAndFold, PartsWithoutElementsAddNothing) {
  GraphBuilder builder;
  const ValueId cache = builder.input("cache", {2, 0});
  const ValueId fresh = builder.node("Relu", {builder.input("x", {2, 3})}, "r");
  const ValueId none = builder.node("Exp", {cache}, "none");
  const ValueId all = builder.node("Concat", {none, fresh, cache}, "all", {{"axis", std::int64_t{1}}});
  Graph graph = builder.finish({builder.node("Neg", {all}, "y")});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_EQ(operators(graph), (Names{"Relu", "Neg"}));
  ASSERT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.values[graph.inputs[0]].name, "x");
}

TEST(InferAndFold, SumOfNothingIsZeroAndNothingIsNoOutput) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2, 0});
  const ValueId sum = builder.node("ReduceSum", {x, builder.integers({1})}, "sum");
  Graph graph = builder.finish({sum});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_EQ(graph.values[graph.outputs[0]].constant->data, (std::vector<double>{0, 0}));
  GraphBuilder other;
  Graph empty = other.finish({other.node("Neg", {other.input("x", {2, 0})}, "y")});
  const auto status = infer_and_fold(empty);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "The output 'y' of shape (2, 0) has no elements: there is nothing to prove.");
}

TEST(InferAndFold, LogOfASumOfExpTakesTheLargestOff) {
  GraphBuilder builder;
  const ValueId sum = builder.node("ReduceSum", {builder.node("Exp", {builder.input("x", {1, 2})}, "e")}, "s",
                                   {{"keepdims", std::int64_t{0}}});
  Graph graph = builder.finish({builder.node("Log", {sum}, "y")});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  const auto names = operators(graph);
  EXPECT_NE(std::find(names.begin(), names.end(), "ReduceMax"), names.end());
  EXPECT_EQ(graph.values[graph.outputs[0]].name, "y");
  EXPECT_TRUE(graph.values[graph.outputs[0]].shape.empty());
  const auto values = run_float(graph, {{{1, 2}, {1000, 1000}}});
  ASSERT_TRUE(values.ok());
  EXPECT_NEAR((*values)[graph.outputs[0]].data[0], 1000 + std::log(2.0), 1e-3);
}

TEST(InferAndFold, OldestOpsetsWhereTheFormIsTheSame) {
  const auto status_of = [](const std::string& op) {
    GraphBuilder builder(5);
    Graph graph = builder.finish({builder.node(op, {builder.input("x", {2})}, "y")});
    return infer_and_fold(graph);
  };
  EXPECT_TRUE(status_of("Relu").ok());
  for (const char* op : {"Dropout", "Selu", "Split"}) {  // random; other defaults; parts as an input
    const auto status = status_of(op);
    ASSERT_FALSE(status.ok()) << op;
    EXPECT_NE(status.error().message.find("has the form of opset 5, which differs"), std::string::npos);
  }
}

TEST(InferAndFold, TrainingThatDropsNothingIsInference) {
  const auto status_of = [](double ratio) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", {2});
    const ValueId training = builder.constant({{}, {1}}, ElementType::kBool);
    const ValueId kept = builder.node("Dropout", {x, builder.constant({{}, {ratio}}), training}, "d");
    Graph graph = builder.finish({builder.node("Relu", {kept}, "y")});
    return infer_and_fold(graph);
  };
  EXPECT_TRUE(status_of(0).ok());
  EXPECT_FALSE(status_of(0.5).ok());
}

TEST(InferAndFold, RefusesWithTheNodeNamed) {
  GraphBuilder builder;
  Graph graph = builder.finish({builder.node("DeformConv", {builder.input("x", {1, 1, 4, 4})}, "/conv1/Conv")});
  const Status status = infer_and_fold(graph);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message.find(
                "Operator 'DeformConv' (node '/conv1/Conv node') is not supported yet; supported operators: "),
            0u)
      << status.error().message;
}

TEST(InferAndFold, DefectIsAnErrorOnlyWhereItIsNeeded) {
  for (const bool needed : {false, true}) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", {2});
    const ValueId odd = builder.input("odd", {2});
    builder.at(odd).defect = "Input 'odd' is of strings.";
    const ValueId sum = builder.node("Add", {x, odd}, "sum");
    const ValueId relu = builder.node("Relu", {x}, "r");
    Graph graph = builder.finish({needed ? sum : relu});
    const Status status = infer_and_fold(graph);
    EXPECT_EQ(status.ok(), !needed);
    if (!needed) continue;
    EXPECT_EQ(status.error().message, "Input 'odd' is of strings.");
  }
}

TEST(InferAndFold, RefusesProductsThatWouldTakeForever) {
  GraphBuilder builder;
  const auto square = [&](const char* name) {
    return builder.node("ConstantOfShape", {builder.integers({2048, 2048})}, name);
  };
  Graph graph = builder.finish({builder.node("MatMul", {square("a"), square("b")}, "y")});
  const Status status = infer_and_fold(graph);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("too large to be computed in advance"), std::string::npos);
}

TEST(InferAndFold, RefusesAValueThatNothingGives) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2});
  const ValueId y = builder.node("Relu", {x}, "y");
  Graph graph = builder.finish({y});
  graph.inputs.clear();
  EXPECT_FALSE(infer_and_fold(graph).ok());
}

// As skl2onnx writes classifiers: the label first, the probabilities behind a ZipMap.
GraphBuilder classifier(std::vector<ValueId>& outputs, const std::string& activation) {
  GraphBuilder builder;
  const ValueId x = builder.input("X", {1, 2});
  const ValueId p = builder.node(activation, {x}, "p");
  const ValueId index = builder.node("ArgMax", {p}, "index", {{"axis", std::int64_t{1}}});
  const ValueId label = builder.node("ai.onnx.ml:ArrayFeatureExtractor", {index}, "output_label");
  builder.at(label).type = ElementType::kInt64;
  const ValueId map = builder.node("ai.onnx.ml:ZipMap", {p}, "output_probability",
                                   {{"classlabels_int64s", std::vector<std::int64_t>{0, 1}}});
  builder.at(map).type = ElementType::kOther;
  outputs = {label, map};
  return builder;
}

TEST(SelectOutput, ChoosesTheProbabilitiesBehindAZipMap) {
  std::vector<ValueId> outputs;
  GraphBuilder builder = classifier(outputs, "Softmax");
  Graph graph = builder.finish(outputs);
  ASSERT_TRUE(select_output(graph, std::nullopt).ok());
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_EQ(operators(graph), Names{"Softmax"});
  ASSERT_EQ(graph.outputs.size(), 1u);
  EXPECT_EQ(graph.values[graph.outputs[0]].name, "output_probability");
}

std::vector<std::string> names_of_classes(const std::vector<std::string>& listed) {
  GraphBuilder builder;
  ValueId scores = builder.input("X", {1, 2});
  for (const std::string& names : listed) {
    scores = builder.node("ai.onnx.ml:ZipMap", {scores}, "scores", {{"classlabels_strings", names}});
  }
  Graph graph = builder.finish({scores});
  EXPECT_TRUE(select_output(graph, std::nullopt).ok());
  return graph.class_names;
}

TEST(SelectOutput, KeepsTheNamesOfClassesThatTheFileGives) {
  EXPECT_EQ(names_of_classes({"bad\ngood"}), (Names{"bad", "good"}));
  EXPECT_EQ(names_of_classes({"bad\ngood", "bad\ngood"}), (Names{"bad", "good"}));
  EXPECT_EQ(names_of_classes({"bad\ngood", "good\nbad"}), Names{});
  EXPECT_EQ(names_of_classes({"bad\n\ngood"}), Names{});
  EXPECT_EQ(names_of_classes({"bad\n\xff"}), Names{});
  EXPECT_EQ(names_of_classes({"bad\n" + std::string(81, 'g')}), Names{});
  EXPECT_EQ(names_of_classes({}), Names{});
}

TEST(SelectOutput, TakesTheNamedOne) {
  std::vector<ValueId> outputs;
  GraphBuilder builder = classifier(outputs, "Softmax");
  Graph graph = builder.finish(outputs);
  Graph other = graph;
  ASSERT_TRUE(select_output(graph, "output_label").ok());
  const Status status = infer_and_fold(graph);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("ArrayFeatureExtractor"), std::string::npos);
  const Status unknown = select_output(other, "score");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message,
            "The model has no output 'score'; its outputs are 'output_label', 'output_probability'.");
}

TEST(SelectOutput, SaysWhatHindersTheFirstFloats) {
  std::vector<ValueId> outputs;
  GraphBuilder builder = classifier(outputs, "Bernoulli");
  Graph graph = builder.finish(outputs);
  const Status status = select_output(graph, std::nullopt);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message.find("Operator 'Bernoulli' (node 'p node') is not supported yet"), 0u);
}

TEST(SelectOutput, SkipsStatesThatAreHandedThrough) {
  GraphBuilder builder;
  const ValueId state = builder.node("Identity", {builder.input("state_in", {2})}, "state_out");
  const ValueId action = builder.node("Tanh", {builder.input("x", {2})}, "action");
  Graph graph = builder.finish({state, action});
  ASSERT_TRUE(select_output(graph, std::nullopt).ok());
  EXPECT_EQ(graph.values[graph.outputs[0]].name, "action");
  EXPECT_EQ(graph.inputs.size(), 1u);
}

TEST(SelectOutput, RefusesWithoutFloats) {
  GraphBuilder builder;
  const ValueId a = builder.node("ArgMax", {builder.input("x", {2})}, "a");
  const ValueId b = builder.node("ArgMax", {0}, "b");
  builder.at(a).type = builder.at(b).type = ElementType::kInt64;
  Graph graph = builder.finish({a, b});
  const Status status = select_output(graph, std::nullopt);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("name the one to prove"), std::string::npos);
  Graph empty;
  EXPECT_FALSE(select_output(empty, std::nullopt).ok());
}

TEST(FloatRunner, ChecksInputsAndGraph) {
  GraphBuilder builder;
  Graph graph = builder.finish({builder.node("Relu", {builder.input("x", {2})}, "y")});
  EXPECT_FALSE(FloatRunner::create(graph).ok());  // shapes not inferred
  ASSERT_TRUE(infer_and_fold(graph).ok());
  auto runner = FloatRunner::create(graph);
  ASSERT_TRUE(runner.ok());
  EXPECT_FALSE(runner->run({}).ok());
  EXPECT_FALSE(runner->run({{{3}, {1, 2, 3}}}).ok());
  for (const double sign : {1.0, -1.0}) {
    ASSERT_TRUE(runner->run({{{2}, {sign, 0.1}}}).ok());
    const auto& out = runner->value(graph.outputs[0]).data;
    EXPECT_EQ(out, (std::vector<double>{sign > 0 ? 1.0 : 0.0, static_cast<double>(0.1f)}));
  }
}

}  // namespace
}  // namespace veil
