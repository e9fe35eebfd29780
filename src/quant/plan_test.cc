#include "quant/plan.h"

#include <gtest/gtest.h>

#include "graph/graph_builder.h"
#include "graph/passes.h"

namespace veil {
namespace {

using Attributes = std::map<std::string, Attribute>;

Plan folded(Graph graph) {
  const auto status = infer_and_fold(graph);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  auto plan = build_plan(graph);
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : plan.error().message);
  fold_plan(*plan);
  return *plan;
}

std::string kinds(const Plan& plan) {
  static const char* const kNames[] = {"einsum", "affine", "sum",        "relu",    "maximum",   "step",     "floor",
                                       "round",  "divide", "leaky_relu", "clip",    "function",  "constant", "view",
                                       "concat", "scale",  "pair",       "softmax", "threshold", "ends"};
  static_assert(std::size(kNames) == std::variant_size_v<PlanOp>);
  std::string out;
  for (const PlanNode& node : plan.nodes) out += (out.empty() ? "" : " ") + std::string(kNames[node.op.index()]);
  return out;
}

std::string refusal(Graph graph) {
  const auto status = infer_and_fold(graph);
  if (!status.ok()) return status.error().message;
  const auto plan = build_plan(graph);
  return plan.ok() ? "" : plan.error().message;
}

TEST(Plan, AScalerBatchNormalizationAndBiasesFoldIntoTheProducts) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  const ValueId s = b.node("Sub", {x, b.constant({{2}, {1, 2}})}, "s");
  const ValueId d = b.node("Div", {s, b.constant({{2}, {2, 4}})}, "d");
  const ValueId f = b.node("Flatten", {d}, "f");
  const ValueId m = b.node("MatMul", {f, b.constant({{2, 3}, {1, 2, 3, 4, 5, 6}})}, "m");
  const ValueId a = b.node("Add", {m, b.constant({{3}, {10, 20, 30}})}, "a");
  const ValueId n = b.node("BatchNormalization",
                           {a, b.constant({{3}, {1, 1, 2}}), b.constant({{3}, {0, 1, 0}}), b.constant({{3}, {0, 0, 1}}),
                            b.constant({{3}, {1, 1, 4}})},
                           "n", Attributes{{"epsilon", 0.0}});
  const ValueId r = b.node("Relu", {n}, "r");
  const ValueId g = b.node("Gemm", {r, b.constant({{3, 1}, {1, 1, 1}})}, "g");
  const Plan plan = folded(b.finish({b.node("Mul", {g, b.constant({{}, {3}})}, "y")}));
  EXPECT_EQ(kinds(plan), "einsum relu einsum");
  const auto& first = std::get<PlanEinsum>(plan.nodes[0].op);
  EXPECT_EQ(first.weight, (std::vector<double>{0.5, 1, 1, 1.25, 1.5, 1.5}));
  // W/std (o,k): rows o; b' = b - sum W mean/std, then normalised
  EXPECT_EQ(first.bias, (std::vector<double>{10 - 0.5 - 2, 20 - 1 - 2.5 + 1, (30 - 1.5 - 3) - 1}));
  EXPECT_EQ(std::get<PlanEinsum>(plan.nodes[2].op).weight, (std::vector<double>{3, 3, 3}));
  EXPECT_EQ(plan.values[plan.output].name, "y");
}

TEST(Plan, AConstantInFrontOfAJoinIsFoldedBehindIt) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  const ValueId z = b.input("z", {1, 1});
  const ValueId s = b.node("Mul", {x, b.constant({{2}, {2, 3}})}, "s");
  const ValueId c = b.node("Concat", {s, z}, "c", Attributes{{"axis", std::int64_t{1}}});
  const Plan plan = folded(b.finish({b.node("Gemm", {c, b.constant({{3, 1}, {1, 1, 1}})}, "y")}));
  EXPECT_EQ(kinds(plan), "concat einsum");
  EXPECT_EQ(std::get<PlanEinsum>(plan.nodes[1].op).weight, (std::vector<double>{2, 3, 1}));
}

TEST(Plan, AValueWithTwoReadersIsNotFoldedAway) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  const ValueId g = b.node("Gemm", {x, b.constant({{2, 2}, {1, 2, 3, 4}})}, "g");
  const ValueId m = b.node("Mul", {g, b.constant({{2}, {2, 3}})}, "m");
  const Plan plan = folded(b.finish({b.node("Add", {g, m}, "y")}));
  EXPECT_EQ(kinds(plan), "einsum affine sum");
}

TEST(Plan, AQuantisationIsTheRoundingOfItsProduct) {
  const auto plan_of = [](const std::string& between, double zero_point) {
    GraphBuilder b;
    ValueId h = b.node("MatMul", {b.input("x", {1, 3}), b.constant({{3, 2}, {1, 2, 3, 4, 5, 6}})}, "h");
    if (!between.empty()) h = b.node(between, {h}, "between");
    const ValueId zero = b.constant({{}, {zero_point}}, ElementType::kInt8);
    return folded(b.finish({b.node("QuantizeLinear", {h, b.constant({{}, {0.3}}), zero}, "y")}));
  };
  const Plan plain = plan_of("", 4);
  EXPECT_EQ(kinds(plain), "einsum clip");
  EXPECT_TRUE(std::get<PlanEinsum>(plain.nodes[0].op).rounds);
  EXPECT_EQ(std::get<PlanEinsum>(plain.nodes[0].op).bias, (std::vector<double>{4}));
  EXPECT_EQ(kinds(plan_of("Relu", -128)), "einsum relu affine clip");
  EXPECT_NE(kinds(plan_of("Sigmoid", 0)).find("floor"), std::string::npos);
}

TEST(Plan, TwoClassesBecomeOneSigmoid) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  const ValueId g = b.node("Gemm", {x, b.constant({{2, 2}, {1, 5, 2, 7}}), b.constant({{2}, {0.5, 2}})}, "g");
  const Plan plan = folded(b.finish({b.node("Softmax", {g}, "y", Attributes{{"axis", std::int64_t{1}}})}));
  EXPECT_EQ(kinds(plan), "einsum function pair");
  EXPECT_EQ(std::get<PlanEinsum>(plan.nodes[0].op).weight, (std::vector<double>{4, 5}));
  EXPECT_EQ(std::get<PlanEinsum>(plan.nodes[0].op).bias, (std::vector<double>{1.5}));
}

TEST(Plan, TheEndOfAScikitLearnClassifierIsAPair) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  const ValueId g = b.node("MatMul", {x, b.constant({{2, 1}, {1, 2}})}, "g");
  const ValueId p = b.node("Sigmoid", {g}, "p");
  const ValueId q = b.node("Sub", {b.constant({{}, {1}}), p}, "q");
  const Plan plan = folded(b.finish({b.node("Concat", {q, p}, "y", Attributes{{"axis", std::int64_t{1}}})}));
  EXPECT_EQ(kinds(plan), "einsum function pair");
}

TEST(Plan, AFinalSoftmaxCanBeLeftOut) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3});
  Graph graph = b.finish({b.node("Softmax", {b.node("Relu", {x}, "r")}, "y", Attributes{{"axis", std::int64_t{1}}})});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  Plan plan = build_plan(graph).value();
  EXPECT_TRUE(drop_final_softmax(plan));
  EXPECT_EQ(kinds(plan), "relu");
  EXPECT_FALSE(drop_final_softmax(plan));
}

TEST(Plan, RefusesByName) {
  {
    GraphBuilder b;
    const ValueId x = b.input("x", {1, 3});
    EXPECT_NE(refusal(b.finish({b.node("Div", {x, b.constant({{}, {0}})}, "y")})).find("divides by zero"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace veil
