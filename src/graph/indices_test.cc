// Operators that go by indices: gathering, scattering, padding, repeating, orders and running sums.
#include <limits>

#include "graph/test_operator.h"

namespace veil {
namespace {

Given indices(GraphShape shape, std::vector<double> data) {
  return typed(weight(std::move(shape), std::move(data)), ElementType::kInt64);
}
Given index(double number) { return indices({}, {number}); }
Attribute word(const char* text) { return std::string(text); }
Attribute number(std::int64_t value) { return value; }

TEST(Indices, GatherElements) {
  const Given x = input({2, 2}, {1, 2, 3, 4});
  expect_array(compute("GatherElements", {x, indices({2, 2}, {0, 0, 1, 0})}, {{"axis", number(1)}}), {2, 2},
               {1, 1, 4, 3});
  expect_array(compute("GatherElements", {x, indices({1, 2}, {-1, 0})}), {1, 2}, {3, 2});
  expect_array(compute("GatherElements", {x, indices({3, 1}, {0, 1, 0})}), {3, 1}, {1, 3, 1});
  const Given at_run_time = typed(input({1, 2}, {1, 0}), ElementType::kInt64);
  expect_array(compute("GatherElements", {x, at_run_time}), {1, 2}, {3, 2});
  expect_refused(compute("GatherElements", {x, indices({1, 2}, {2, 0})}), "index 2 lies outside");
  expect_refused(compute("GatherElements", {x, indices({1, 3}, {0, 0, 0})}), "(1, 3) do not fit");
  expect_refused(compute("GatherElements", {x, indices({2}, {0, 0})}), "(2) do not fit");
  expect_refused(compute("GatherElements", {x, weight({1, 2}, {0, 0})}), "must be integers");
}

TEST(Indices, ScatterElements) {
  const Given x = input({2, 2}, {1, 2, 3, 4});
  const Given at = indices({2, 2}, {0, -1, 1, 1});
  const Given updates = input({2, 2}, {10, 20, 30, 40});
  const auto scatter = [&](const char* reduction) {
    return compute("ScatterElements", {x, at, updates}, {{"axis", number(1)}, {"reduction", word(reduction)}}, 18);
  };
  expect_array(scatter("none"), {2, 2}, {10, 20, 3, 40});
  expect_array(scatter("add"), {2, 2}, {11, 22, 3, 74});
  expect_array(scatter("mul"), {2, 2}, {10, 40, 3, 4800});
  expect_array(scatter("max"), {2, 2}, {10, 20, 3, 40});
  expect_array(scatter("min"), {2, 2}, {1, 2, 3, 4});
  expect_refused(scatter("mean"), "'reduction' is not one of");
  expect_refused(compute("ScatterElements", {x, at, input({1, 2}, {1, 2})}), "should have the shape (2, 2)");
  expect_refused(compute("ScatterElements", {x, indices({1, 1}, {5}), input({1, 1}, {1})}), "index 5 lies outside");
}

TEST(Indices, ScatterND) {
  const Given x = input({3, 2}, {1, 2, 3, 4, 5, 6});
  expect_array(compute("ScatterND", {x, indices({2, 1}, {2, -3}), input({2, 2}, {10, 20, 30, 40})}), {3, 2},
               {30, 40, 3, 4, 10, 20});
  const std::vector<std::optional<Given>> twice{x, indices({2, 2}, {1, 0, 1, 0}), input({2}, {10, 20})};
  expect_array(compute("ScatterND", twice, {{"reduction", word("add")}}), {3, 2}, {1, 2, 33, 4, 5, 6});
  expect_array(compute("ScatterND", twice), {3, 2}, {1, 2, 20, 4, 5, 6});
  expect_refused(compute("ScatterND", {x, indices({1, 2}, {0, 2}), input({1}, {1})}), "index 2 lies outside");
  expect_refused(compute("ScatterND", {x, indices({1, 3}, {0, 0, 0}), input({1}, {1})}), "(1, 3) do not fit");
  expect_refused(compute("ScatterND", {x, indices({1, 1}, {0}), input({1}, {1})}), "should have the shape (1, 2)");
}

TEST(Indices, Pad) {
  const Given x = input({1, 3}, {1, 2, 3});
  const auto pad = [&](const char* mode, std::vector<double> pads) {
    return compute("Pad", {x, list(std::move(pads))}, {{"mode", word(mode)}}, 19);
  };
  expect_array(pad("constant", {0, 1, 1, 2}), {2, 6}, {0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0});
  expect_array(pad("reflect", {0, 2, 0, 1}), {1, 6}, {3, 2, 1, 2, 3, 2});
  expect_array(pad("reflect", {0, 0, 0, 5}), {1, 8}, {1, 2, 3, 2, 1, 2, 3, 2});
  expect_array(pad("edge", {0, 2, 0, 1}), {1, 6}, {1, 1, 1, 2, 3, 3});
  expect_array(pad("wrap", {0, 4, 0, 1}), {1, 8}, {3, 1, 2, 3, 1, 2, 3, 1});
  expect_array(pad("constant", {0, -1, 0, 1}), {1, 3}, {2, 3, 0});
  expect_array(pad("edge", {0, -2, 1, 1}), {2, 2}, {3, 3, 3, 3});
  expect_array(compute("Pad", {x, list({1, 0}), weight({}, {7}), list({-1})}, {}, 18), {1, 4}, {7, 1, 2, 3});
  expect_array(compute("Pad", {x}, {{"pads", Ints{0, 1, 0, 0}}, {"value", 9.0}}, 10), {1, 4}, {9, 1, 2, 3});
  expect_refused(pad("mirror", {0, 0, 0, 0}), "'mode' is not one of");
  expect_refused(pad("constant", {0, 0}), "two pads an axis");
  expect_refused(pad("constant", {0, -2, 0, -2}), "cut more than");
  expect_refused(pad("edge", {0, -3, 0, 2}), "nothing is left");
  expect_refused(pad("constant", {0, 9e18, 0, 9e18}), "out of bounds");
  expect_refused(pad("constant", {1 << 27, 1 << 27, 0, 0}), "too large");
  expect_refused(compute("Pad", {x, list({0, 0}), weight({}, {7}), list({3})}), "axis 3 does not exist");
}

TEST(Indices, Tile) {
  const Given x = input({2, 2}, {1, 2, 3, 4});
  expect_array(compute("Tile", {x, list({1, 2})}), {2, 4}, {1, 2, 1, 2, 3, 4, 3, 4});
  expect_array(compute("Tile", {x, list({2, 1})}), {4, 2}, {1, 2, 3, 4, 1, 2, 3, 4});
  expect_refused(compute("Tile", {x, list({2})}), "one repeat an axis");
  expect_refused(compute("Tile", {x, list({-1, 1})}), "out of bounds");
  expect_refused(compute("Tile", {x, list({1 << 20, 1 << 20})}), "too large");
}

TEST(Indices, OneHot) {
  const Given x = typed(input({3}, {0, -1, 5}), ElementType::kInt64);
  const Given values = weight({2}, {-1, 4});
  expect_array(compute("OneHot", {x, index(3), values}), {3, 3}, {4, -1, -1, -1, -1, 4, -1, -1, -1});
  expect_array(compute("OneHot", {x, index(2), values}, {{"axis", number(0)}}), {2, 3}, {4, -1, -1, -1, 4, -1});
  expect_refused(compute("OneHot", {x, index(0), values}), "its depth is 0");
  expect_refused(compute("OneHot", {x, index(1 << 28), values}), "too large");
  expect_refused(compute("OneHot", {x, index(3), weight({1}, {1})}), "two numbers, off and on");
  expect_refused(compute("OneHot", {x, typed(input({}, {3}), ElementType::kInt64), values}), "known only at run time");
}

TEST(Indices, TopK) {
  const Given x = input({2, 4}, {1, 3, 3, 2, 5, 5, 5, 6});
  const Attributes smallest{{"largest", number(0)}};
  expect_array(compute("TopK", {x, list({2})}), {2, 2}, {3, 3, 6, 5});
  expect_array(compute("TopK", {x, list({2})}, {}, 17, 1), {2, 2}, {1, 2, 3, 0});
  expect_array(compute("TopK", {x, list({3})}, smallest), {2, 3}, {1, 2, 3, 5, 5, 5});
  expect_array(compute("TopK", {x, list({3})}, smallest, 17, 1), {2, 3}, {0, 3, 1, 0, 1, 2});
  expect_array(compute("TopK", {x, list({1})}, {{"axis", number(0)}}, 17, 1), {1, 4}, {1, 1, 1, 1});
  expect_array(compute("TopK", {x}, {{"k", number(1)}}, 9), {2, 1}, {3, 6});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  expect_array(compute("TopK", {input({4}, {nan, 1, nan, 2}), list({2})}), {2}, {2, 1});
  expect_refused(compute("TopK", {x, list({5})}), "K is 5 on an axis of length 4");
  expect_refused(compute("TopK", {x, list({-1})}), "K is -1");
  expect_refused(compute("TopK", {x, list({1, 1})}), "no single number");
}

TEST(Indices, ArgMin) {
  const Given x = input({2, 3}, {2, 1, 1, 4, 5, 4});
  expect_array(compute("ArgMin", {x}, {{"axis", number(1)}}), {2, 1}, {1, 0});
  expect_array(compute("ArgMin", {x}, {{"axis", number(-1)}, {"select_last_index", number(1)}}), {2, 1}, {2, 2});
  expect_array(compute("ArgMin", {x}, {{"keepdims", number(0)}}), {3}, {0, 0, 0});
}

TEST(Indices, CumSum) {
  const Given x = input({2, 3}, {1, 2, 3, 4, 5, 6});
  const Attribute yes = number(1);
  expect_array(compute("CumSum", {x, index(1)}), {2, 3}, {1, 3, 6, 4, 9, 15});
  expect_array(compute("CumSum", {x, list({0})}), {2, 3}, {1, 2, 3, 5, 7, 9});
  expect_array(compute("CumSum", {x, index(1)}, {{"exclusive", yes}}), {2, 3}, {0, 1, 3, 0, 4, 9});
  expect_array(compute("CumSum", {x, index(-1)}, {{"reverse", yes}}), {2, 3}, {6, 5, 3, 15, 11, 6});
  expect_array(compute("CumSum", {x, index(1)}, {{"exclusive", yes}, {"reverse", yes}}), {2, 3}, {5, 3, 0, 11, 6, 0});
  expect_refused(compute("CumSum", {x, index(2)}), "axis 2 does not exist");
  expect_refused(compute("CumSum", {x, list({0, 1})}), "no single number");
}

TEST(Indices, Folding) {
  const Given x = input({2, 2}, {1, -2, 3, 6});
  const Given whole = typed(input({3}, {-7, 2, 2}), ElementType::kInt64);
  expect_array(compute("ReduceMax", {x}, {{"axes", Ints{0}}}), {1, 2}, {3, 6});
  expect_array(compute("ReduceMax", {x, list({-1})}, {{"keepdims", number(0)}}, 18), {2}, {1, 6});
  expect_array(compute("ReduceMin", {x}), {1, 1}, {-2});
  expect_array(compute("ReduceProd", {x}, {{"axes", Ints{1}}}), {2, 1}, {-2, 18});
  expect_array(compute("ReduceProd", {x, list({})}, {{"noop_with_empty_axes", number(1)}}, 18), {2, 2}, {1, -2, 3, 6});
  expect_array(compute("ReduceMax", {whole}), {1}, {2});
  expect_array(compute("ReduceMean", {whole}), {1}, {-1});
  expect_array(compute("ReduceMin", {typed(input({2}, {1, 0}), ElementType::kBool)}, {}, 20), {1}, {0});
  expect_refused(compute("ReduceSum", {typed(input({2}, {1, 0}), ElementType::kBool)}), "not of bools");
}

TEST(Indices, ConstantsFromShapes) {
  expect_array(compute("Size", {input({2, 3}, std::vector<double>(6))}), {}, {6});
  const Given matrix = input({2, 3}, std::vector<double>(6));
  expect_array(compute("EyeLike", {matrix}), {2, 3}, {1, 0, 0, 0, 1, 0});
  expect_array(compute("EyeLike", {matrix}, {{"k", number(2)}, {"dtype", number(7)}}), {2, 3}, {0, 0, 1, 0, 0, 0});
  expect_array(compute("EyeLike", {matrix}, {{"k", number(-1)}}), {2, 3}, {0, 0, 0, 1, 0, 0});
  const std::int64_t far = std::numeric_limits<std::int64_t>::min();
  expect_array(compute("EyeLike", {matrix}, {{"k", number(far)}}), {2, 3}, std::vector<double>(6));
  expect_refused(compute("EyeLike", {input({2}, {0, 0})}), "must be a matrix");
  expect_refused(compute("EyeLike", {matrix}, {{"dtype", number(8)}}), "element type is not supported");
  expect_array(compute("NonZero", {weight({2, 2}, {0, 5, -1, 0})}), {2, 2}, {0, 1, 1, 0});
  expect_refused(compute("NonZero", {input({1}, {1})}), "known only at run time");
}

TEST(GatherNd, ReadsBlocksByTuplesOfIndices) {
  const Given data = input({2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  const auto at = [](GraphShape shape, std::vector<double> places) {
    return typed(weight(std::move(shape), std::move(places)), ElementType::kInt64);
  };
  EXPECT_EQ(compute("GatherND", {data, at({2, 3}, {0, 0, 1, 1, -1, 0})}).value().data, (std::vector<double>{1, 6}));
  EXPECT_EQ(compute("GatherND", {data, at({2, 1, 2}, {0, 1, 1, 0})}).value().data, (std::vector<double>{2, 3, 4, 5}));
  EXPECT_EQ(compute("GatherND", {data, at({2, 1, 2}, {0, 1, 1, 0})}).value().shape, (GraphShape{2, 1, 2}));
  const auto batched = compute("GatherND", {data, at({2, 1}, {1, 0})}, {{"batch_dims", std::int64_t{1}}});
  EXPECT_EQ(batched.value().data, (std::vector<double>{2, 3, 4, 5}));
  EXPECT_FALSE(compute("GatherND", {data, at({1, 1}, {2})}).ok());
  EXPECT_FALSE(compute("GatherND", {data, at({1, 4}, {0, 0, 0, 0})}).ok());
  EXPECT_FALSE(compute("GatherND", {data, at({3, 1}, {0, 0, 0})}, {{"batch_dims", std::int64_t{1}}}).ok());
  EXPECT_FALSE(compute("GatherND", {data, at({2, 1}, {0, 0})}, {{"batch_dims", std::int64_t{2}}}).ok());
}

}  // namespace
}  // namespace veil
