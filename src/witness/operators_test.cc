// Operators of tables and small networks, each alone.
#include "witness/operator_case.h"

namespace veil {
namespace {

Graph unary(GraphBuilder& b, const std::string& op, std::map<std::string, Attribute> attributes = {}) {
  const ValueId x = b.input("x", {1, 5});
  return b.finish({b.node(op, {x}, "y", std::move(attributes))});
}

// op(W x + b)
Graph after_gemm(GraphBuilder& b, const std::string& op, std::map<std::string, Attribute> attributes = {}) {
  const ValueId x = b.input("x", {1, 3});
  const ValueId h = b.node("Gemm", {x, b.constant(random_array({3, 4}, 1)), b.constant(random_array({4}, 2))}, "h");
  return b.finish({b.node(op, {h}, "y", std::move(attributes))});
}

Graph clip(GraphBuilder& b, std::optional<double> low, std::optional<double> high) {
  const ValueId x = b.input("x", {1, 3});
  const ValueId h = b.node("Gemm", {x, b.constant(random_array({3, 4}, 3)), b.constant(random_array({4}, 4))}, "h");
  const auto bound = [&](std::optional<double> value) -> std::optional<ValueId> {
    if (!value) return std::nullopt;
    return b.constant({{}, {*value}});
  };
  return b.finish({b.node("Clip", {h, bound(low), bound(high)}, "y")});
}

Graph elementwise(GraphBuilder& b, const std::string& op, Array constant, bool first, GraphShape shape) {
  const ValueId x = b.input("x", std::move(shape));
  const ValueId c = b.constant(std::move(constant));
  return b.finish({first ? b.node(op, {c, x}, "y") : b.node(op, {x, c}, "y")});
}

Graph two_inputs(GraphBuilder& b, const std::string& op) {
  const ValueId x = b.input("x", {2, 3});
  const ValueId z = b.input("z", {2, 3});
  const ValueId half = b.node("Mul", {z, b.constant({{}, {0.25}})}, "half");
  return b.finish({b.node(op, {x, half}, "y")});
}

std::vector<OperatorCase> cases() {
  using A = std::map<std::string, Attribute>;
  std::vector<OperatorCase> out;
  out.push_back({"relu", [](GraphBuilder& b) { return unary(b, "Relu"); }});
  out.push_back({"gemm_relu", [](GraphBuilder& b) { return after_gemm(b, "Relu"); }});
  out.push_back({"leaky_relu", [](GraphBuilder& b) { return unary(b, "LeakyRelu", A{{"alpha", 0.1}}); }});
  out.push_back({"leaky_relu_half", [](GraphBuilder& b) { return after_gemm(b, "LeakyRelu", A{{"alpha", 0.5}}); }});
  out.push_back({"leaky_relu_steep", [](GraphBuilder& b) { return after_gemm(b, "LeakyRelu", A{{"alpha", 1.75}}); }});
  out.push_back({"leaky_relu_falling", [](GraphBuilder& b) { return after_gemm(b, "LeakyRelu", A{{"alpha", -0.3}}); }});
  out.push_back({"leaky_relu_zero", [](GraphBuilder& b) { return after_gemm(b, "LeakyRelu", A{{"alpha", 0.0}}); }});
  out.push_back({"sigmoid", [](GraphBuilder& b) { return unary(b, "Sigmoid"); }, 6});
  out.push_back({"gemm_sigmoid", [](GraphBuilder& b) { return after_gemm(b, "Sigmoid"); }});
  out.push_back({"tanh", [](GraphBuilder& b) { return unary(b, "Tanh"); }, 4});
  out.push_back({"gemm_tanh", [](GraphBuilder& b) { return after_gemm(b, "Tanh"); }});
  out.push_back({"clip_both", [](GraphBuilder& b) { return clip(b, -0.4, 0.7); }});
  out.push_back({"clip_relu6", [](GraphBuilder& b) { return clip(b, 0.0, 0.9); }});
  out.push_back({"clip_low", [](GraphBuilder& b) { return clip(b, 0.3, std::nullopt); }});
  out.push_back({"clip_high", [](GraphBuilder& b) { return clip(b, std::nullopt, -0.1); }});
  out.push_back({"clip_point", [](GraphBuilder& b) { return clip(b, 0.25, 0.25); }});
  out.push_back({"clip_nothing", [](GraphBuilder& b) { return clip(b, -1000.0, 1000.0); }});
  out.push_back({"clip_input", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {1, 4});
                   return b.finish({b.node("Clip", {x, b.constant({{}, {0.0}}), b.constant({{}, {1.0}})}, "y")});
                 }});
  out.push_back({"add_constant", [](GraphBuilder& b) {
                   return elementwise(b, "Add", random_array({1, 3}, 5), false, {2, 3});
                 }});
  out.push_back({"subtract_from", [](GraphBuilder& b) {
                   return elementwise(b, "Sub", random_array({2, 1}, 6), true, {2, 3});
                 }});
  out.push_back({"multiply_scalar", [](GraphBuilder& b) { return elementwise(b, "Mul", {{}, {0.7}}, false, {2, 3}); }});
  out.push_back({"multiply_power", [](GraphBuilder& b) {
                   return elementwise(b, "Mul", {{}, {0.125}}, false, {2, 3});
                 }});
  out.push_back({"multiply_minus", [](GraphBuilder& b) { return elementwise(b, "Mul", {{}, {-1}}, false, {2, 3}); }});
  out.push_back({"divide", [](GraphBuilder& b) { return elementwise(b, "Div", {{3}, {2, 3, -5}}, false, {2, 3}); }});
  out.push_back({"multiply_middle", [](GraphBuilder& b) {
                   return elementwise(b, "Mul", random_array({1, 3, 1}, 7), false, {2, 3, 2});
                 }});
  out.push_back({"spread", [](GraphBuilder& b) {
                   return elementwise(b, "Mul", random_array({1, 4}, 8), false, {1, 1});
                 }});
  out.push_back({"add", [](GraphBuilder& b) { return two_inputs(b, "Add"); }});
  out.push_back({"subtract", [](GraphBuilder& b) { return two_inputs(b, "Sub"); }});
  out.push_back({"multiply", [](GraphBuilder& b) { return two_inputs(b, "Mul"); }});
  out.push_back({"negate", [](GraphBuilder& b) { return unary(b, "Neg"); }});
  out.push_back({"matmul_rows", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {1, 3, 4});
                   const ValueId h = b.node("MatMul", {x, b.constant(random_array({4, 2}, 9))}, "h");
                   return b.finish({b.node("Add", {h, b.constant(random_array({2}, 10))}, "y")});
                 }});
  out.push_back({"matmul_left", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {4, 3});
                   return b.finish({b.node("MatMul", {b.constant(random_array({2, 4}, 11)), x}, "y")});
                 }});
  out.push_back({"gemm_bias_by_row", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {2, 3});
                   return b.finish(
                       {b.node("Gemm", {x, b.constant(random_array({3, 2}, 12)), b.constant(random_array({2, 1}, 13))},
                               "y", A{{"alpha", 0.5}, {"beta", 2.0}})});
                 }});
  out.push_back({"image", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {1, 2, 3, 2});
                   const ValueId n = b.node("BatchNormalization",
                                            {x, b.constant({{2}, {1, 2}}), b.constant({{2}, {0.5, -0.5}}),
                                             b.constant({{2}, {0.1, 0.2}}), b.constant({{2}, {0.9, 1.1}})},
                                            "n");
                   const ValueId r = b.node("Relu", {n}, "r");
                   const ValueId f = b.node("Flatten", {r}, "f");
                   return b.finish({b.node("Gemm", {f, b.constant(random_array({12, 3}, 14))}, "y")});
                 }});
  out.push_back({"concat_columns", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {1, 3});
                   const ValueId z = b.input("z", {1, 1});
                   const ValueId w = b.input("w", {1, 2});
                   const ValueId c = b.node("Concat", {x, z, w}, "c", A{{"axis", std::int64_t{1}}});
                   return b.finish({b.node("Gemm", {c, b.constant(random_array({6, 2}, 15))}, "y")});
                 }});
  out.push_back({"concat_rows_nested", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {1, 3});
                   const ValueId z = b.input("z", {1, 3});
                   const ValueId c = b.node("Concat", {x, z}, "c", A{{"axis", std::int64_t{0}}});
                   const ValueId r = b.node("Relu", {c}, "r");
                   const ValueId d = b.node("Concat", {r, c}, "d", A{{"axis", std::int64_t{1}}});
                   return b.finish({b.node("Concat", {d, d}, "y", A{{"axis", std::int64_t{0}}})});
                 }});
  out.push_back({"concat_clipped", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {1, 3});
                   const ValueId c = b.node("Clip", {x, std::nullopt, b.constant({{}, {0.5}})}, "c");
                   return b.finish({b.node("Concat", {c, x}, "y", A{{"axis", std::int64_t{1}}})});
                 }});
  out.push_back({"two_classes", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {1, 3});
                   const ValueId h = b.node(
                       "Gemm", {x, b.constant(random_array({3, 2}, 16)), b.constant(random_array({2}, 17))}, "h");
                   return b.finish({b.node("Softmax", {h}, "y", A{{"axis", std::int64_t{-1}}})});
                 }});
  out.push_back({"two_classes_of_relu", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {1, 2});
                   return b.finish({b.node("Softmax", {b.node("Relu", {x}, "h")}, "y", A{{"axis", std::int64_t{1}}})});
                 }});
  for (const std::int64_t classes : {3, 4, 5, 7}) {
    out.push_back({"softmax_" + std::to_string(classes), [classes](GraphBuilder& b) {
                     const ValueId x = b.input("x", {1, 3});
                     const ValueId h = b.node("Gemm", {x, b.constant(random_array({3, classes}, 18, 3))}, "h");
                     return b.finish({b.node("Softmax", {h}, "y", A{{"axis", std::int64_t{1}}})});
                   }});
  }
  const auto claimed = [&](const std::string& name, const std::string& of, const std::string& claim) {
    for (const OperatorCase& each : std::vector<OperatorCase>(out)) {
      if (each.name != of) continue;
      out.push_back(each);
      out.back().name = name;
      out.back().claim = claim;
    }
  };
  claimed("claim_at_least", "gemm_relu", "y[0] >= 0.3");
  claimed("claim_between", "gemm_relu", "0.1 < y[1] <= 0.9");
  claimed("claim_argmax_first", "gemm_relu", "argmax == 0");
  claimed("claim_argmax_middle", "gemm_relu", "argmax == 2 and y[2] > 0.01");
  claimed("claim_argmax_last", "gemm_relu", "argmax == 3");
  claimed("claim_argmax_of_rows", "matmul_rows", "argmax == 4");
  claimed("claim_sigmoid", "gemm_sigmoid", "y[1] > 0.4 and y[2] <= 0.9");
  claimed("claim_sigmoid_argmax", "gemm_sigmoid", "argmax == 1");
  claimed("claim_tanh", "gemm_tanh", "-0.5 <= y[3] < 0.75");
  claimed("claim_score", "two_classes", "score >= 0.45");
  claimed("claim_first_class", "two_classes", "y[0] > 0.5");
  claimed("claim_two_argmax_0", "two_classes_of_relu", "argmax == 0");
  claimed("claim_two_argmax_1", "two_classes", "argmax == 1");
  claimed("claim_softmax_argmax", "softmax_5", "argmax == 3");
  claimed("claim_softmax_value", "softmax_5", "y[3] >= 0.15");
  claimed("claim_softmax_mixed", "softmax_5", "argmax == 3 and 0.2 <= y[3] < 0.9999 and y[0] <= 0.5");
  claimed("claim_clipped", "clip_both", "y[0] >= 0.7");
  return out;
}

class Operators : public testing::TestWithParam<OperatorCase> {};

TEST_P(Operators, HonestTracesAreAcceptedAndCloseToFloat) { expect_honest_and_close(GetParam()); }
TEST_P(Operators, EveryMutationOfTheWitnessIsCaught) { expect_mutations_caught(GetParam()); }
TEST(OperatorsReference, AgreeWithTheIndependentEvaluator) { expect_reference_agrees(cases()); }

INSTANTIATE_TEST_SUITE_P(All, Operators, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<OperatorCase>& each) { return each.param.name; });

}  // namespace
}  // namespace veil
