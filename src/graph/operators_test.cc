// Each operator against numbers worked out by hand (or by numpy), and each of its refusals.
#include "graph/test_operator.h"

namespace veil {
namespace {

TEST(Operators, Gemm) {
  const Given a = input({1, 2}, {1, 2});
  const Given b = weight({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_array(compute("Gemm", {a, b}), {1, 3}, {9, 12, 15});
  expect_array(compute("Gemm", {a, b, weight({3}, {1, 1, 2})}, {{"alpha", 2.0}, {"beta", 3.0}}), {1, 3}, {21, 27, 36});
  const Given turned = weight({3, 2}, {1, 4, 2, 5, 3, 6});
  expect_array(compute("Gemm", {a, turned, weight({}, {1})}, {{"transB", std::int64_t{1}}}), {1, 3}, {10, 13, 16});
  expect_array(compute("Gemm", {input({2, 1}, {1, 2}), b}, {{"transA", std::int64_t{1}}}), {1, 3}, {9, 12, 15});
  expect_refused(compute("Gemm", {a, turned}), "(1, 2) and (3, 2) cannot be multiplied");
  expect_refused(compute("Gemm", {a, b, weight({4}, {1, 1, 1, 1})}), "do not fit");
  expect_refused(compute("Gemm", {a, b, weight({2, 3}, {0, 0, 0, 0, 0, 0})}), "bias");
  expect_refused(compute("Gemm", {a, b}, {{"alpha", std::int64_t{2}}}), "'alpha' has the wrong kind");
  expect_refused(compute("Gemm", {a, b}, {{"beyond", 1.0}}), "attribute 'beyond' is not supported");
  expect_refused(compute("Gemm", {a}), "input 1 is missing");
}

TEST(Operators, MatMul) {
  const Given matrix = weight({2, 2}, {1, 2, 3, 4});
  expect_array(compute("MatMul", {input({2}, {1, 1}), matrix}), {2}, {4, 6});
  expect_array(compute("MatMul", {input({1, 2}, {1, 1}), matrix}), {1, 2}, {4, 6});
  expect_array(compute("MatMul", {matrix, input({2}, {1, 1})}), {2}, {3, 7});
  expect_array(compute("MatMul", {input({2}, {1, 2}), weight({2}, {3, 4})}), {}, {11});
  expect_array(compute("MatMul", {input({2, 1, 2}, {1, 0, 0, 1}), matrix}), {2, 1, 2}, {1, 2, 3, 4});
  const Given batches = weight({3, 2, 1}, {1, 1, 1, -1, 2, 0});
  expect_array(compute("MatMul", {input({1, 1, 2}, {5, 3}), batches}), {3, 1, 1}, {8, 2, 10});
  expect_refused(compute("MatMul", {input({1, 3}, {1, 1, 1}), matrix}), "cannot be multiplied");
  expect_refused(compute("MatMul", {input({}, {1}), matrix}), "cannot be multiplied");
}

TEST(Operators, Arithmetic) {
  const Given x = input({2, 2}, {1, -2, 3, 4});
  const Given row = weight({2}, {2, 4});
  expect_array(compute("Add", {x, row}), {2, 2}, {3, 2, 5, 8});
  expect_array(compute("Sub", {row, x}), {2, 2}, {1, 6, -1, 0});
  expect_array(compute("Mul", {x, weight({}, {3})}), {2, 2}, {3, -6, 9, 12});
  expect_array(compute("Div", {x, row}), {2, 2}, {0.5, -0.5, 1.5, 1});
  expect_array(compute("Pow", {x, weight({}, {2})}), {2, 2}, {1, 4, 9, 16});
  expect_array(compute("Min", {x, row, weight({1}, {3})}), {2, 2}, {1, -2, 2, 3});
  expect_array(compute("Max", {x, row}), {2, 2}, {2, 4, 3, 4});
  expect_array(compute("Max", {x}), {2, 2}, {1, -2, 3, 4});
  expect_array(compute("Neg", {x}), {2, 2}, {-1, 2, -3, -4});
  expect_array(compute("Abs", {x}), {2, 2}, {1, 2, 3, 4});
  expect_array(compute("Div", {list({-7, 7}), list({2, 2})}), {2}, {-3, 3});
  expect_refused(compute("Div", {list({1}), list({0})}), "division of integers by zero");
  expect_refused(compute("Add", {x, list({1, 2})}), "different element types, float and int64");
  expect_refused(compute("Add", {x, weight({3}, {1, 2, 3})}), "(2, 2) and (3) do not fit");
  expect_refused(compute("Min", {x, std::nullopt, row}), "input 1 is missing");
}

TEST(Operators, Comparison) {
  const Given wanted = list({1, -1});
  const Given same = typed(weight({2}, {0, 1}), ElementType::kBool);
  expect_array(compute("Equal", {wanted, list({-1})}), {2}, {0, 1});
  expect_array(compute("Where", {same, list({7, 8}), wanted}), {2}, {1, 8});
  expect_refused(compute("Where", {wanted, wanted, wanted}), "condition must be of bools");
}

TEST(Operators, Functions) {
  const Given x = input({3}, {-1, 0, 2});
  expect_array(compute("Relu", {x}), {3}, {0, 0, 2});
  expect_array(compute("LeakyRelu", {x}, {{"alpha", 0.1}}), {3}, {-0.1, 0, 2});
  expect_array(compute("LeakyRelu", {x}), {3}, {-0.01, 0, 2});
  expect_array(compute("Sigmoid", {x}), {3}, {0.2689414, 0.5, 0.8807971});
  expect_array(compute("Tanh", {x}), {3}, {-0.7615942, 0, 0.9640276});
  expect_array(compute("Exp", {x}), {3}, {0.3678794, 1, 7.3890561});
  expect_array(compute("Erf", {x}), {3}, {-0.8427008, 0, 0.9953223});
  expect_array(compute("Sqrt", {input({2}, {4, 9})}), {2}, {2, 3});
  expect_array(compute("Log", {input({2}, {1, std::exp(2.0)})}), {2}, {0, 2});
  expect_refused(compute("Sigmoid", {typed(x, ElementType::kInt64)}), "must be of floats");
}

TEST(Operators, ResultsAreRoundedToFloat) {
  const auto sum = compute("Add", {input({1}, {16777216}), weight({1}, {1})});
  ASSERT_TRUE(sum.ok());
  EXPECT_EQ(sum->data[0], 16777216.0);
  const auto wide = compute(
      "Add", {typed(input({1}, {16777216}), ElementType::kDouble), typed(weight({1}, {1}), ElementType::kDouble)});
  ASSERT_TRUE(wide.ok());
  EXPECT_EQ(wide->data[0], 16777217.0);
}

TEST(Operators, Clip) {
  const Given x = input({3}, {-5, 0.5, 5});
  expect_array(compute("Clip", {x}, {{"min", -1.0}, {"max", 1.0}}, 10), {3}, {-1, 0.5, 1});
  expect_array(compute("Clip", {x}, {{"max", 1.0}}, 10), {3}, {-5, 0.5, 1});
  expect_array(compute("Clip", {x, weight({}, {-1}), weight({}, {1})}), {3}, {-1, 0.5, 1});
  expect_array(compute("Clip", {x, std::nullopt, weight({}, {1})}), {3}, {-5, 0.5, 1});
  expect_array(compute("Clip", {x, weight({}, {0})}), {3}, {0, 0.5, 5});
  expect_array(compute("Clip", {x}), {3}, {-5, 0.5, 5});
  expect_refused(compute("Clip", {x, weight({2}, {0, 1})}), "single numbers");
  expect_refused(compute("Clip", {x}, {{"min", 0.0}}), "must be inputs from opset 11 on");
  expect_refused(compute("Clip", {x, weight({}, {0})}, {}, 10), "must be attributes before opset 11");
}

TEST(Operators, Cast) {
  const auto cast = [](Given given, std::int64_t to) { return compute("Cast", {given}, {{"to", to}}); };
  const Given x = input({3}, {-1.5, 300.7, 0});
  expect_array(cast(x, 7), {3}, {-1, 300, 0});
  expect_array(cast(x, 9), {3}, {1, 1, 0});
  expect_array(cast(x, 3), {3}, {-1, 127, 0});
  expect_array(cast(x, 2), {3}, {0, 255, 0});
  expect_array(cast(list({300, -1}), 2), {2}, {44, 255});
  expect_array(cast(list({4294967297, -1}), 6), {2}, {1, -1});
  expect_array(cast(list({300}), 1), {1}, {300});
  expect_array(cast(x, 1), {3}, {-1.5, 300.7, 0});
  expect_refused(cast(x, 8), "a cast to element type 8 is not supported");
}

TEST(Operators, Softmax) {
  const Given x = input({1, 2, 2}, {0, 0, 0, std::log(3.0)});
  expect_array(compute("Softmax", {x}), {1, 2, 2}, {0.5, 0.5, 0.25, 0.75});
  expect_array(compute("Softmax", {x}, {{"axis", std::int64_t{1}}}), {1, 2, 2}, {0.5, 0.25, 0.5, 0.75});
  const double sixth = 1.0 / 6;
  expect_array(compute("Softmax", {x}, {}, 11), {1, 2, 2}, {sixth, sixth, sixth, 0.5});
  expect_array(compute("Softmax", {input({2}, {1000, 1000})}), {2}, {0.5, 0.5});
  expect_refused(compute("Softmax", {x}, {{"axis", std::int64_t{3}}}), "axis 3 does not exist");
}

TEST(Operators, BatchNormalization) {
  const Given x = input({1, 2, 2}, {1, 2, 3, 4});
  const Given scale = weight({2}, {1, 2});
  const Given bias = weight({2}, {0, 1});
  const Given mean = weight({2}, {1, 3});
  const Given variance = weight({2}, {4, 1});
  const std::vector<std::optional<Given>> all{x, scale, bias, mean, variance};
  expect_array(compute("BatchNormalization", all, {{"epsilon", 0.0}}), {1, 2, 2}, {0, 0.5, 1, 3});
  expect_array(compute("BatchNormalization", {input({1, 2}, {3, 3}), scale, bias, mean, variance}, {{"epsilon", 0.0}}),
               {1, 2}, {1, 1});
  expect_refused(compute("BatchNormalization", all, {{"training_mode", std::int64_t{1}}}), "training mode");
  expect_refused(compute("BatchNormalization", all, {{"spatial", std::int64_t{0}}}, 8), "'spatial' 0");
  expect_refused(compute("BatchNormalization", {x, weight({1}, {1}), bias, mean, variance}), "must have the shape (2)");
}

TEST(Operators, Reshaping) {
  const Given x = input({1, 2, 3}, {1, 2, 3, 4, 5, 6});
  const std::vector<double> same{1, 2, 3, 4, 5, 6};
  expect_array(compute("Flatten", {x}), {1, 6}, same);
  expect_array(compute("Flatten", {x}, {{"axis", std::int64_t{-1}}}), {2, 3}, same);
  expect_array(compute("Flatten", {x}, {{"axis", std::int64_t{3}}}), {6, 1}, same);
  expect_array(compute("Reshape", {x, list({0, -1})}), {1, 6}, same);
  expect_array(compute("Reshape", {x, list({3, 0})}), {3, 2}, same);
  expect_array(compute("Squeeze", {x}), {2, 3}, same);
  expect_array(compute("Squeeze", {x, list({0})}), {2, 3}, same);
  expect_array(compute("Squeeze", {x}, {{"axes", Ints{-3}}}, 11), {2, 3}, same);
  expect_array(compute("Unsqueeze", {x, list({-1, 0})}), {1, 1, 2, 3, 1}, same);
  expect_array(compute("Unsqueeze", {x}, {{"axes", Ints{1}}}, 11), {1, 1, 2, 3}, same);
  expect_array(compute("Identity", {x}), {1, 2, 3}, same);
  expect_refused(compute("Reshape", {x, list({4, -1})}), "no whole length");
  expect_refused(compute("Reshape", {x, list({-1, -1})}), "no whole length");
  expect_refused(compute("Reshape", {x, list({2, 2})}), "(1, 2, 3) does not fit into (2, 2)");
  expect_refused(compute("Reshape", {x, list({6, 1, 1, 0})}), "copies an axis that is not there");
  expect_refused(compute("Reshape", {x, list({0, -1})}, {{"allowzero", std::int64_t{1}}}), "no whole length");
  expect_refused(compute("Reshape", {x, typed(input({1}, {6}), ElementType::kInt64)}), "known only at run time");
  expect_refused(compute("Squeeze", {x, list({1})}), "not of length 1");
  expect_refused(compute("Unsqueeze", {x, list({1, 1})}), "repeat");
  expect_refused(compute("Unsqueeze", {x}), "axes are missing");
}

TEST(Operators, Reordering) {
  const Given x = input({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_array(compute("Transpose", {x}), {3, 2}, {1, 4, 2, 5, 3, 6});
  expect_array(compute("Transpose", {input({1, 2, 2}, {1, 2, 3, 4})}, {{"perm", Ints{2, 0, 1}}}), {2, 1, 2},
               {1, 3, 2, 4});
  expect_array(compute("Concat", {x, weight({2, 1}, {8, 9})}, {{"axis", std::int64_t{-1}}}), {2, 4},
               {1, 2, 3, 8, 4, 5, 6, 9});
  expect_array(compute("Expand", {input({2, 1}, {1, 2}), list({1, 3})}), {2, 3}, {1, 1, 1, 2, 2, 2});
  expect_refused(compute("Transpose", {x}, {{"perm", Ints{0, 0}}}), "no permutation");
  expect_refused(compute("Transpose", {x}, {{"perm", Ints{0}}}), "one entry an axis");
  expect_refused(compute("Concat", {x, x}), "axis is missing");
  expect_refused(compute("Concat", {x, weight({1, 1}, {8})}, {{"axis", std::int64_t{1}}}), "differ in an axis");
  expect_refused(compute("Expand", {x, list({4})}), "do not fit together");
}

TEST(Operators, GatherAndSlice) {
  const Given x = input({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_array(compute("Gather", {x, list({-1, 0})}, {{"axis", std::int64_t{1}}}), {2, 2}, {3, 1, 6, 4});
  expect_array(compute("Gather", {x, typed(weight({}, {1}), ElementType::kInt64)}), {3}, {4, 5, 6});
  expect_refused(compute("Gather", {x, list({2})}), "index 2 lies outside");
  const double far = 9223372036854775807.0;
  expect_array(compute("Slice", {x, list({1}), list({far}), list({1})}), {2, 2}, {2, 3, 5, 6});
  expect_array(compute("Slice", {x, list({-1}), list({-far}), list({1}), list({-2})}), {2, 2}, {3, 1, 6, 4});
  expect_array(compute("Slice", {x, list({0, 1}), list({1, 3})}), {1, 2}, {2, 3});
  expect_array(compute("Slice", {x}, {{"starts", Ints{1}}, {"ends", Ints{2}}, {"axes", Ints{1}}}, 9), {2, 1}, {2, 5});
  expect_array(compute("Slice", {x, list({0}), list({far}), list({1}), list({far})}), {2, 1}, {1, 4});
  expect_refused(compute("Slice", {x, list({2}), list({2})}), "has no elements");
  expect_refused(compute("Slice", {x, list({0}), list({1}), list({0}), list({0})}), "step is 0");
  expect_refused(compute("Slice", {x, list({0, 0}), list({1, 1}), list({1, -1})}), "repeat");
  expect_refused(compute("Slice", {x, list({0}), list({1, 1})}), "different lengths");
}

TEST(Operators, Reducing) {
  const Given x = input({2, 2}, {1, 2, 3, 6});
  const auto axis = [](std::int64_t at) { return Attributes{{"axis", at}, {"keepdims", std::int64_t{0}}}; };
  expect_array(compute("ReduceSum", {x, list({0})}), {1, 2}, {4, 8});
  expect_array(compute("ReduceSum", {x}, {{"keepdims", std::int64_t{0}}}), {}, {12});
  expect_array(compute("ReduceSum", {x}, {{"noop_with_empty_axes", std::int64_t{1}}}), {2, 2}, {1, 2, 3, 6});
  expect_array(compute("ReduceMean", {x}, {{"axes", Ints{-1}}}), {2, 1}, {1.5, 4.5});
  expect_array(compute("ReduceMean", {x, list({-1})}, {}, 18), {2, 1}, {1.5, 4.5});
  expect_array(compute("ArgMax", {x}, axis(1)), {2}, {1, 1});
  expect_array(compute("ArgMax", {input({1, 3}, {5, 5, 1})}, axis(1)), {1}, {0});
  expect_array(compute("ArgMax", {input({1, 3}, {5, 5, 1})},
                       {{"axis", std::int64_t{1}}, {"select_last_index", std::int64_t{1}}}),
               {1, 1}, {1});
  expect_refused(compute("ReduceSum", {x, list({2})}), "axis 2 does not exist");
}

TEST(Operators, Generating) {
  expect_array(compute("Constant", {}, {{"value_floats", std::vector<double>{1, 2}}}), {2}, {1, 2});
  expect_array(compute("Constant", {}, {{"value_float", 1.5}}), {}, {1.5});
  expect_array(compute("Constant", {}, {{"value_int", std::int64_t{3}}}), {}, {3});
  expect_array(compute("Constant", {}, {{"value_ints", Ints{3, 4}}}), {2}, {3, 4});
  expect_array(compute("Constant", {}, {{"value", Array{{1}, {7}}}, {"value_type", std::int64_t{2}}}), {1}, {7});
  expect_refused(compute("Constant", {}), "no value of a kind");
  expect_array(compute("ConstantOfShape", {list({2, 1})}), {2, 1}, {0, 0});
  expect_array(compute("ConstantOfShape", {list({2})}, {{"value", Array{{1}, {7}}}}), {2}, {7, 7});
  expect_refused(compute("ConstantOfShape", {list({1 << 20, 1 << 20})}), "too large");
  expect_refused(compute("ConstantOfShape", {list({1 << 27})}), "too large to be computed in advance");
  expect_array(compute("Range", {list({1}), list({8}), list({3})}), {3}, {1, 4, 7});
  expect_refused(compute("Range", {list({1}), list({8}), list({0})}), "no range");
  expect_array(compute("Shape", {input({1, 4}, {0, 0, 0, 0})}), {2}, {1, 4});
  expect_array(compute("Shape", {input({1, 4}, {0, 0, 0, 0})}, {{"start", std::int64_t{-1}}}), {1}, {4});
}

}  // namespace
}  // namespace veil
