// Operators whose indices are data are written with others: the same numbers as with indices known in advance.
#include "graph/shape.h"
#include "graph/test_operator.h"

namespace veil {
namespace {

using Ints = std::vector<std::int64_t>;

Given places(GraphShape shape, std::vector<double> data) {
  return typed(input(std::move(shape), std::move(data)), ElementType::kInt64);
}

Given counted(GraphShape shape, double first = 1) {
  Given given = input(std::move(shape), {});
  for (std::size_t i = 0; i < size_of(given.array.shape); ++i)
    given.array.data.push_back(first + static_cast<double>(i));
  return given;
}

// By data and by constants.
void expect_same(const std::string& op, const std::vector<std::optional<Given>>& given, const Attributes& attributes) {
  std::vector<std::optional<Given>> known = given;
  known[1]->is_constant = true;
  const auto expected = compute(op, known, attributes);
  ASSERT_TRUE(expected.ok()) << expected.error().message;
  expect_array(compute(op, given, attributes), expected->shape, expected->data);
  expect_array(compute(op, given, attributes, 22), expected->shape, expected->data);
}

TEST(Places, GatherElements) {
  const Attributes last{{"axis", std::int64_t{-1}}};
  expect_same("GatherElements", {counted({3, 3}), places({2, 3}, {1, 2, 0, -1, 0, -3})}, {});
  expect_same("GatherElements", {counted({2, 2, 3}), places({1, 2, 4}, {1, 2, 0, -1, 0, -3, 1, 1})}, last);
  expect_same("GatherElements", {counted({5}), places({2}, {4, -5})}, last);
  expect_refused(compute("GatherElements", {counted({3}), places({1}, {3})}), "outside an axis of length 3");
  expect_refused(compute("GatherElements", {counted({3}), places({1}, {-4})}), "outside an axis of length 3");
  expect_refused(compute("GatherElements", {counted({3}), places({1, 1}, {0})}), "do not fit");
  expect_refused(compute("GatherElements", {counted({1 << 12}), places({1 << 11}, std::vector<double>(1 << 11))}),
                 "more than 2^22");
}

TEST(Places, GatherNd) {
  const Attributes batch{{"batch_dims", std::int64_t{1}}};
  expect_array(compute("GatherND", {counted({2, 2}), typed(weight({2, 2}, {0, 0, 1, 1}), ElementType::kInt64)}), {2},
               {1, 4});
  expect_same("GatherND", {counted({2, 3}), places({2, 1, 2}, {1, -1, 0, 1})}, {});
  expect_same("GatherND", {counted({2, 2, 3}), places({2, 2}, {1, 0, -2, 1})}, {});
  expect_same("GatherND", {counted({2, 3, 2}), places({2, 2, 1}, {2, 0, -3, 1})}, batch);
  expect_same("GatherND", {counted({2, 3, 2}), places({2, 2}, {2, 0, -3, 1})}, batch);
  expect_refused(compute("GatherND", {counted({2, 3}), places({1, 2}, {1, 3})}), "outside an axis of length 3");
  expect_refused(compute("GatherND", {counted({2}), places({1, 2}, {0, 0})}), "do not fit");
  expect_refused(compute("GatherND", {counted({2}), places({1, 1}, {0})}, {{"batch_dims", std::int64_t{1}}}),
                 "'batch_dims'");
}

// Of several updates of a place the last counts.
TEST(Places, Scatters) {
  expect_same("ScatterElements", {counted({3, 3}), places({2, 3}, {1, 0, 2, 1, 2, -3}), counted({2, 3}, 20)}, {});
  expect_same("ScatterElements", {counted({3, 3, 2}), places({2, 2, 1}, {1, 0, 1, -2}), counted({2, 2, 1}, 20)},
              {{"axis", std::int64_t{1}}});
  expect_same("ScatterND", {counted({4, 2}), places({3, 1}, {1, -1, 1}), counted({3, 2}, 20)}, {});
  expect_same("ScatterND", {counted({2, 3}), places({3, 2}, {1, -1, 0, 0, 1, 2}), counted({3}, 20)}, {});
  expect_refused(compute("ScatterND", {counted({4}), places({1, 1}, {4}), counted({1})}),
                 "outside an axis of length 4");
}

TEST(Places, Reductions) {
  const Given updates = input({1, 4}, {2, 3, 4, -5});
  for (const bool known : {false, true}) {
    Given at = places({1, 4}, {1, 0, 1, -1});
    at.is_constant = known;
    const auto scattered = [&](const char* reduction) {
      return compute("ScatterElements", {counted({1, 3}), at, updates},
                     {{"axis", std::int64_t{1}}, {"reduction", std::string(reduction)}}, 18);
    };
    expect_array(scattered("add"), {1, 3}, {4, 8, -2});
    expect_array(scattered("mul"), {1, 3}, {3, 16, -15});
    expect_array(scattered("min"), {1, 3}, {1, 2, -5});
    expect_array(scattered("max"), {1, 3}, {3, 4, 3});
    expect_refused(scattered("mean"), "not one of none, add, mul, min, max");
  }
}

// Nothing to move, and nothing to move it from.
TEST(Places, NoNumbers) {
  const Given none = typed(weight({1, 0}, {}), ElementType::kInt64);
  const Attributes sum{{"axis", std::int64_t{1}}, {"reduction", std::string("add")}};
  const Given updates = weight({1, 0}, {});
  expect_array(compute("ScatterElements", {counted({1, 2}), none, updates}, sum, 18), {1, 2}, {1, 2});
  expect_array(compute("ScatterND", {counted({2}), typed(weight({0, 1}, {}), ElementType::kInt64), weight({0}, {})},
                       {{"reduction", std::string("max")}}, 18),
               {2}, {1, 2});
  EXPECT_FALSE(compute("GatherElements", {weight({1, 0}, {}), places({1, 1}, {0})}, {{"axis", std::int64_t{1}}}).ok());
  EXPECT_FALSE(compute("GatherND", {weight({0, 2}, {}), places({1, 1}, {0})}).ok());
  EXPECT_FALSE(compute("TopK", {weight({0}, {}), list({1})}).ok());
}

TEST(Places, Parameters) {
  const Given x = input({1, 2, 2}, {1, -2, 3, -4});
  expect_array(compute("PRelu", {x, input({2, 1}, {0.5, -1})}), {1, 2, 2}, {1, -1, 3, 4});
  const auto normal = compute("BatchNormalization",
                              {x, input({2}, {2, 1}), input({2}, {1, 0}), input({2}, {1, -1}), input({2}, {4, 0.25})},
                              {{"epsilon", 0.0}});
  expect_array(normal, {1, 2, 2}, {1, -2, 8, -6});
  const auto power = compute("Pow", {input({4}, {2, 0, 0, 1.5}), input({4}, {3, 2, 0, -1})});
  expect_array(power, {4}, {8, 0, 1, 2.0 / 3});
}

}  // namespace
}  // namespace veil
