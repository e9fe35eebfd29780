// Functions of one number and arithmetic of two: parameters, rounding, signs, what integers and bools do.
#include <limits>

#include "graph/test_operator.h"

namespace veil {
namespace {

constexpr std::int64_t kOne = 1;

Given bools(GraphShape shape, std::vector<double> data) {
  return typed(input(std::move(shape), std::move(data)), ElementType::kBool);
}
Given of_type(ElementType type, std::vector<double> data) { return typed(list(std::move(data)), type); }

TEST(Functions, Rounding) {
  const Given x = input({8}, {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, -2.6});
  expect_array(compute("Round", {x}), {8}, {-2, -2, 0, 0, 2, 2, 2, -3});
  expect_array(compute("Floor", {x}), {8}, {-3, -2, -1, 0, 1, 2, 2, -3});
  expect_array(compute("Ceil", {x}), {8}, {-2, -1, 0, 1, 2, 3, 3, -2});
  expect_array(compute("Sign", {input({3}, {-2, 0, 7})}), {3}, {-1, 0, 1});
  expect_refused(compute("Round", {list({1})}), "must be of floats");
}

TEST(Functions, WithoutParameters) {
  const Given x = input({2}, {-0.5, 0.75});
  const auto expect = [&](const char* op, double first, double second) {
    SCOPED_TRACE(op);
    expect_array(compute(op, {x}), {2}, {first, second});
  };
  expect("Reciprocal", -2, 1.3333333);
  expect("Sin", -0.4794255, 0.6816388);
  expect("Cos", 0.8775826, 0.7316889);
  expect("Tan", -0.5463025, 0.9315960);
  expect("Asin", -0.5235988, 0.8480621);
  expect("Acos", 2.0943951, 0.7227342);
  expect("Atan", -0.4636476, 0.6435011);
  expect("Sinh", -0.5210953, 0.8223167);
  expect("Cosh", 1.1276260, 1.2946833);
  expect("Asinh", -0.4812118, 0.6931472);
  expect("Atanh", -0.5493061, 0.9729551);
  expect_array(compute("Acosh", {input({2}, {1, 2})}), {2}, {0, 1.3169579});
  expect("Softplus", 0.4740770, 1.1368710);
  expect("Softsign", -0.3333333, 0.4285714);
  expect("Mish", -0.2207438, 0.6100183);
  expect("HardSwish", -0.2083333, 0.46875);
  expect_array(compute("Softplus", {input({2}, {1000, -1000})}), {2}, {1000, 0});
}

TEST(Functions, WithParameters) {
  const Given x = input({2}, {-1, 2});
  expect_array(compute("Elu", {x}), {2}, {-0.6321206, 2});
  expect_array(compute("Elu", {x}, {{"alpha", 0.5}}), {2}, {-0.3160603, 2});
  expect_array(compute("Selu", {x}), {2}, {-1.1113307, 2.1014020});
  expect_array(compute("Selu", {x}, {{"alpha", 1.0}, {"gamma", 2.0}}), {2}, {-1.2642411, 4});
  expect_array(compute("Celu", {x}, {{"alpha", 2.0}}), {2}, {-0.7869387, 2});
  expect_array(compute("Swish", {x}), {2}, {-0.2689414, 1.7615942});
  expect_array(compute("Swish", {x}, {{"alpha", 0.5}}), {2}, {-0.3775407, 1.4621172});
  expect_array(compute("HardSigmoid", {x}), {2}, {0.3, 0.9});
  expect_array(compute("HardSigmoid", {x}, {{"alpha", 1.0}, {"beta", 0.25}}), {2}, {0, 1});
  expect_array(compute("Gelu", {x}), {2}, {-0.1586553, 1.9544997});
  expect_array(compute("Gelu", {x}, {{"approximate", std::string("tanh")}}), {2}, {-0.1588080, 1.9545977});
  expect_refused(compute("Gelu", {x}, {{"approximate", std::string("fast")}}), "neither none nor tanh");
  expect_refused(compute("Celu", {x}, {{"alpha", 0.0}}), "by which it divides");
  expect_refused(compute("Elu", {x}, {{"alpha", std::numeric_limits<double>::infinity()}}), "no finite number");
}

TEST(Functions, PRelu) {
  const Given x = input({2, 2}, {-1, 2, -3, -4});
  expect_array(compute("PRelu", {x, weight({2}, {0.5, 2})}), {2, 2}, {-0.5, 2, -1.5, -8});
  expect_array(compute("PRelu", {x, weight({2, 1}, {0.5, 2})}), {2, 2}, {-0.5, 2, -6, -8});
  expect_refused(compute("PRelu", {input({2}, {1, 2}), weight({2, 2}, {1, 1, 1, 1})}), "slope of shape (2, 2)");
  expect_refused(compute("PRelu", {x, weight({3}, {1, 1, 1})}), "do not fit");
}

TEST(Functions, Logic) {
  const Given a = bools({4}, {0, 0, 1, 1});
  const Given b = bools({4}, {0, 1, 0, 1});
  expect_array(compute("And", {a, b}), {4}, {0, 0, 0, 1});
  expect_array(compute("Or", {a, b}), {4}, {0, 1, 1, 1});
  expect_array(compute("Xor", {a, b}), {4}, {0, 1, 1, 0});
  expect_array(compute("Not", {a}), {4}, {1, 1, 0, 0});
  expect_array(compute("Equal", {a, b}), {4}, {1, 0, 0, 1});
  expect_array(compute("Less", {input({2}, {1, 2}), weight({}, {2})}), {2}, {1, 0});
  expect_refused(compute("And", {input({1}, {1}), input({1}, {1})}), "must be of bools");
  expect_refused(compute("Not", {input({1}, {1})}), "must be of bools");
  expect_refused(compute("Less", {a, b}), "not of bools");
  expect_refused(compute("Add", {a, b}), "not of bools");
  expect_refused(compute("Neg", {a}), "not of bools");
}

TEST(Functions, QuotientsOfIntegers) {
  const Given a = list({-7, 7, -7, 7});
  const Given b = list({3, -3, -3, 3});
  expect_array(compute("Div", {a, b}), {4}, {-2, -2, 2, 2});
  expect_array(compute("Mod", {a, b}), {4}, {2, -2, -1, 1});
  expect_array(compute("Mod", {a, b}, {{"fmod", kOne}}), {4}, {-1, 1, -1, 1});
  expect_array(compute("Mod", {input({2}, {-5.5, 5.5}), weight({}, {2})}, {{"fmod", kOne}}), {2}, {-1.5, 1.5});
  expect_refused(compute("Mod", {input({1}, {1}), input({1}, {1})}), "must be 1 for floats");
  expect_refused(compute("Mod", {a, b}, {{"fmod", std::int64_t{2}}}), "neither 0 nor 1");
  expect_refused(compute("Mod", {list({1}), list({0})}), "division of integers by zero");
  const double least = static_cast<double>(std::numeric_limits<std::int64_t>::min());
  expect_array(compute("Div", {list({least}), list({-1})}), {1}, {-least});
}

TEST(Functions, IntegersWrap) {
  using enum ElementType;
  expect_array(compute("Add", {of_type(kUint8, {250}), of_type(kUint8, {10})}), {1}, {4});
  expect_array(compute("Sub", {of_type(kUint8, {3}), of_type(kUint8, {5})}), {1}, {254});
  expect_array(compute("Neg", {of_type(kInt8, {-128})}), {1}, {-128});
  expect_array(compute("Mul", {of_type(kInt32, {65537}), of_type(kInt32, {65537})}), {1}, {131073});
  expect_array(compute("Mul", {of_type(kInt32, {2147483647}), of_type(kInt32, {2147483647})}), {1}, {1});
  expect_array(compute("ReduceSum", {of_type(kInt32, {2147483647, 1})}), {1}, {-2147483648.0});
}

}  // namespace
}  // namespace veil
