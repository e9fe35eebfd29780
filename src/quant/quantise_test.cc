#include "quant/quantise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "graph/graph_builder.h"
#include "graph/passes.h"
#include "quant/plan_scales.h"
#include "quant/rows.h"

namespace veil {
namespace {

using Attributes = std::map<std::string, Attribute>;

Graph ready(Graph graph) {
  const auto status = infer_and_fold(graph);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return graph;
}

Graph product(std::int64_t inputs, const std::vector<double>& weights, const std::string& op = "Relu") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, inputs});
  const auto width = static_cast<std::int64_t>(weights.size()) / inputs;
  const ValueId h = b.node("Gemm",
                           {x, b.constant({{inputs, width}, weights}),
                            b.constant({{width}, std::vector<double>(static_cast<std::size_t>(width), 0.5)})},
                           "h");
  return ready(b.finish({b.node(op, {h}, "y")}));
}

QuantisedModel quantised(const Graph& graph, const std::vector<RealRow>& rows, unsigned bits,
                         const QuantiseOptions& options = {}) {
  auto model = quantise_at(graph, calibrate(graph, rows).value(), bits, options);
  EXPECT_TRUE(model.ok()) << (model.ok() ? "" : model.error().message);
  return std::move(*model);
}

TEST(Quantise, AmountsBesideAgesHaveScalesOfTheirOwn) {
  const Graph graph = product(4, {1e-6, 0.02, 0.5, 0.25});
  const QuantisedModel model = quantised(graph, {{{1e6, 50, 1, 0}}, {{2e5, 20, -1, 0}}}, 16);
  // 2 * 10^6 <= 32767 * 2^6, 100 <= 32767 * 2^-8, 2 <= 32767 * 2^-13; never seen: as the largest
  EXPECT_EQ(model.graph.values[0].scale_log2, (std::vector<std::int32_t>{6, -8, -13, 6}));
}

TEST(Quantise, PixelsShareOneScaleAndHaveHeadRoom) {
  const Graph graph = product(3, {0.1, 0.2, 0.3});
  const QuantisedModel model = quantised(graph, {{{0, 1.0, 0.9}}, {{0.5, 0.2, 0.8}}}, 16);
  ASSERT_EQ(model.graph.values[0].scale_log2.size(), 1u);
  const double range = std::ldexp(32767, model.graph.values[0].scale_log2[0]);
  EXPECT_GE(range, 1.99);
  EXPECT_LT(range, 4);
}

TEST(Quantise, ScalesOfInputsThatOthersReadToo) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  const Graph graph = ready(b.finish({b.node("Relu", {x}, "y")}));
  EXPECT_EQ(quantised(graph, {{{1e6, 1}}}, 16).graph.values[0].scale_log2.size(), 1u);
}

// The second channel's weights are a 64th of the first's: at 8 bits they would be 0 or 1.
TEST(Quantise, WeightsTakeTheBitsThatTheRemainderHasLeft) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2, 3, 3});
  const std::vector<double> weights{0.9, -0.3, 0.7, 0.2, 0.011, -0.013, 0.002, 0.007};
  const ValueId h =
      b.node("Conv", {x, b.constant({{2, 1, 2, 2}, weights})}, "h", Attributes{{"group", std::int64_t{2}}});
  const Graph graph = ready(b.finish({b.node("Relu", {h}, "y")}));
  std::vector<double> row;
  for (int i = 0; i < 18; ++i) row.push_back(std::sin(i));
  const QuantisedModel model = quantised(graph, {{row}}, 8);
  ASSERT_EQ(model.graph.model.size(), 1u);
  const ModelTensor& tensor = model.graph.model[0];
  EXPECT_GT(tensor.bits, 8);
  EXPECT_LE(tensor.bits, 16);
  EXPECT_EQ(tensor.scale_log2, -7 - (static_cast<std::int32_t>(tensor.bits) - 8));
  for (std::size_t k = 4; k < weights.size(); ++k) {
    const double kept = std::ldexp(static_cast<double>(model.weights.tensors[0][k]), tensor.scale_log2);
    EXPECT_NEAR(kept, weights[k], std::ldexp(0.5, tensor.scale_log2));
  }
  for (const QuantisedNode& node : model.graph.nodes) {
    if (const auto* op = std::get_if<EinsumOp>(&node.op)) {
      EXPECT_TRUE(op->shift % 8 == 0 || tensor.bits == 16);
    }
  }
}

TEST(Quantise, WeightsAreNoWiderThanTheirSumsAllow) {
  EXPECT_EQ(spare_weight_bits({8, 9, 64, 128, false}), 7);
  EXPECT_EQ(spare_weight_bits({8, 16, 64, 128, false}), 0);
  EXPECT_EQ(spare_weight_bits({8, 0, 64, 128, false}), 0);
  EXPECT_EQ(spare_weight_bits({12, 9, 64, 2048, false}), 4);  // 16 bits in all
  EXPECT_EQ(spare_weight_bits({16, 9, 64, 32768, false}), 0);
  EXPECT_EQ(spare_weight_bits({16, 20, 64, 128, true}), 12);
  EXPECT_EQ(spare_weight_bits({16, 17, 1 << 20, 32768, true}), 2);  // 52 bits in all
}

TEST(Quantise, WhatAReluCutsOffNeedsNoRange) {
  const Graph graph = product(1, {100, -0.01});
  const QuantisedModel model = quantised(graph, {{{-1}}, {{0.01}}}, 16);
  // h is in [-99.5, 1.5]: the scale follows 1.5.
  EXPECT_EQ(model.graph.values[1].scale_log2, (std::vector<std::int32_t>{-13}));
  EXPECT_TRUE(model.cut_off[1]);
}

TEST(Quantise, AReluIsWhereTheRescaleSaturates) {
  const auto model_of = [](const std::string& reader, std::int64_t width) {
    GraphBuilder b;
    const ValueId x = b.input("x", {1, 2});
    const ValueId h = b.node("MatMul", {x, b.constant({{2, 2}, {1, -1, 1, -1}})}, "h");
    const ValueId r = b.node("Relu", {h}, "r");
    const ValueId y = reader.empty()       ? r
                      : reader == "MatMul" ? b.node("MatMul", {r, b.constant({{2, width}, {1, 1}})}, "y")
                                           : b.node(reader, {r}, "y");
    return quantised(ready(b.finish({y})), {{{1, 0.7}}, {{-1, -0.7}}}, 8);
  };
  const QuantisedModel fused = model_of("MatMul", 1);
  ASSERT_EQ(fused.graph.nodes.size(), 2u);
  EXPECT_EQ(std::get<EinsumOp>(fused.graph.nodes[0].op).relu, 1);
  EXPECT_EQ(fused.graph.values[1].name, "r");
  EXPECT_EQ(fused.graph.values[1].scale_log2, (std::vector<std::int32_t>{-7}));  // 1.7 * 1.1 <= 255 / 128
  // Tables and outputs want signed integers.
  EXPECT_EQ(model_of("Sigmoid", 1).graph.nodes.size(), 3u + 1u);
  EXPECT_EQ(model_of("", 1).graph.nodes.size(), 2u);
  for (const QuantisedNode& node : model_of("", 1).graph.nodes) {
    if (const auto* op = std::get_if<EinsumOp>(&node.op)) {
      EXPECT_EQ(op->relu, 0);
    }
  }
}

TEST(Quantise, ADeadModelStillHasScales) {
  const Graph graph = product(2, {0, 0, 0, 0});
  const QuantisedModel model = quantised(graph, {{{0, 0}}}, 16);
  EXPECT_EQ(model.weights.tensors[0], IntegerArray(std::vector<std::int64_t>{0, 0, 0, 0}));
}

TEST(Quantise, RequantisingTheSameFileGivesTheSameIntegersAndAnotherFileIsNoticed) {
  const Graph graph = product(4, {1e-6, 0.02, 0.5, 0.25});
  const QuantisedModel model = quantised(graph, {{{1e6, 50, 1, 0}}}, 12);
  const auto again = requantise(graph, model.graph);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->weights.tensors, model.weights.tensors);
  const auto other = requantise(product(4, {1e-6, 0.02, 0.5, 0.25}, "Sigmoid"), model.graph);
  EXPECT_FALSE(other.ok());
  QuantisedGraph changed = model.graph;
  changed.values[1].scale_log2[0] += 1;
  EXPECT_FALSE(requantise(graph, changed).ok());
  changed = model.graph;
  changed.values[0].scale_log2 = {2000000000};
  EXPECT_FALSE(requantise(graph, changed).ok());
  changed = model.graph;
  changed.model.clear();
  EXPECT_FALSE(requantise(graph, changed).ok());
  changed = model.graph;
  changed.nodes.pop_back();
  EXPECT_FALSE(requantise(graph, changed).ok());
}

// Two hidden models of one architecture, calibrated alike and with weights of equal magnitude: one description.
TEST(Quantise, HiddenModelsOfOneArchitectureShareTheirDescription) {
  std::mt19937_64 random(11);
  std::string first;
  std::vector<IntegerArray> first_weights;
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<double> weights;
    for (int i = 0; i < 12; ++i) weights.push_back(0.51 + 0.2 * static_cast<double>(random() % 1000) / 1000);
    const QuantisedModel model = quantised(product(4, weights), {{{1, 1, 1, 1}}, {{0.25, 0.5, 1, 1}}}, 16);
    if (trial == 0) first = quantised_graph_json(model.graph);
    if (trial == 0) first_weights = model.weights.tensors;
    EXPECT_EQ(quantised_graph_json(model.graph), first);
    if (trial > 0) {
      EXPECT_NE(model.weights.tensors, first_weights);
    }
  }
  EXPECT_EQ(first.find("0.5"), std::string::npos);  // no real number at all
}

TEST(Quantise, PrunedWeightsDoNotShow) {
  const QuantisedModel full = quantised(product(4, {0.5, 0.5, 0.5, 0.51}), {{{1, 1, 1, 1}}, {{-1, -1, -1, -1}}}, 16);
  const QuantisedModel pruned = quantised(product(4, {1.2, 0, 0, 0.51}), {{{1, 1, 1, 1}}, {{-1, -1, -1, -1}}}, 16);
  QuantisedGraph same_scale = pruned.graph;
  same_scale.model[0].scale_log2 = full.graph.model[0].scale_log2;
  same_scale.nodes[0].op = full.graph.nodes[0].op;
  same_scale.values = full.graph.values;
  EXPECT_EQ(quantised_graph_json(same_scale), quantised_graph_json(full.graph));
}

TEST(Quantise, BadDataIsNamed) {
  const Graph graph = product(2, {1, 2});
  const double nan = std::nan("");
  const double infinity = std::numeric_limits<double>::infinity();
  const auto message = [&](const std::vector<RealRow>& rows) {
    const auto calibration = calibrate(graph, rows);
    return calibration.ok() ? std::string() : calibration.error().message;
  };
  EXPECT_NE(message({}).find("at least one row"), std::string::npos);
  EXPECT_NE(message({{{1, 2}}, {{1, nan}}}).find("calibration row 1: element 1 of input 'x'"), std::string::npos);
  EXPECT_NE(message({{{1, infinity}}}).find("infinite"), std::string::npos);
  EXPECT_NE(message({{{1, 2, 3}}}).find("needs 2 values"), std::string::npos);
  EXPECT_NE(message({{{1, 2}, {1}}}).find("brings 2 inputs"), std::string::npos);
  EXPECT_EQ(message({{{1, 2}}}), "");
}

TEST(Quantise, NamesMustFit) {
  const Graph graph = product(2, {1, 2});
  const Calibration calibration = calibrate(graph, {{{1, 2}}}).value();
  EXPECT_FALSE(quantise_at(graph, calibration, 16, {true, "", {{"a"}}, {}}).ok());
  EXPECT_FALSE(quantise_at(graph, calibration, 16, {true, "", {}, {"no", "yes"}}).ok());
  EXPECT_FALSE(quantise_at(graph, calibration, 16, {true, "y[1] > 0", {}, {}}).ok());
  EXPECT_TRUE(quantise_at(graph, calibration, 16, {true, "y[0] > 1", {{"a", "b"}}, {"score"}}).ok());
}

TEST(QuantiseRow, SaturatesAndNamesWhatIsOutOfRange) {
  const Graph graph = product(3, {1, 1, 1});
  const QuantisedModel model = quantised(graph, {{{1, 1, 1}}}, 16, {true, "", {{"AGE", "LIMIT", "PAY"}}, {}});
  ASSERT_EQ(model.graph.values[0].scale_log2, (std::vector<std::int32_t>{-13}));
  const double infinity = std::numeric_limits<double>::infinity();
  const auto row = quantise_row(model.graph, {{4.0, -infinity, -0.0}});
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->inputs[0], (std::vector<std::int64_t>{32767, -32768, 0}));
  EXPECT_EQ(row->saturated, (std::vector<std::string>{"AGE", "LIMIT"}));
  const auto inside = quantise_row(model.graph, {{32767.4 / 8192, -4.0, 1.0 / 16384}});
  EXPECT_EQ(inside->inputs[0], (std::vector<std::int64_t>{32767, -32768, 1}));
  EXPECT_TRUE(inside->saturated.empty());
  EXPECT_NE(quantise_row(model.graph, {{1, std::nan(""), 1}}).error().message.find("'LIMIT' is missing"),
            std::string::npos);
  EXPECT_FALSE(quantise_row(model.graph, {{1, 1}}).ok());
  EXPECT_FALSE(quantise_row(model.graph, {}).ok());
}

TEST(QuantisedGraph, JsonIsCanonicalAndReadBack) {
  const QuantisedModel model = quantised(product(3, {1, 1, 1}, "Tanh"), {{{1, 1, 1}}}, 16,
                                         {false, "score > 0.1", {{"a", "\"b\"", "\xc3\xa9"}}, {}});
  const std::string json = quantised_graph_json(model.graph);
  const auto read = read_quantised_graph(json);
  ASSERT_TRUE(read.ok()) << json;
  EXPECT_EQ(quantised_graph_json(*read), json);
  EXPECT_EQ(read->inputs[0].labels[1], "\"b\"");
  EXPECT_FALSE(read->hidden);
  EXPECT_EQ(read->claim, "score > 0.1");
  EXPECT_FALSE(read_quantised_graph(json + "\n").ok());
  EXPECT_FALSE(read_quantised_graph("{\"bits\": 16}").ok());
  EXPECT_TRUE(check_weights(model.graph, model.weights).ok());
  Weights spoiled = model.weights;
  std::vector<std::int64_t> values = spoiled.tensors[0].to_vector();
  values[0] = 40000;
  spoiled.tensors[0] = values;
  EXPECT_FALSE(check_weights(model.graph, spoiled).ok());
  values = model.weights.tensors[0].to_vector();
  values.pop_back();
  spoiled.tensors[0] = values;
  EXPECT_FALSE(check_weights(model.graph, spoiled).ok());
}

}  // namespace
}  // namespace veil
