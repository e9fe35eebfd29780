// Convolutions and pools: every attribute on numbers small enough to follow, blocks of the product, refusals.
#include "graph/test_operator.h"
#include "tensor/product.h"

namespace veil {
namespace {

using Numbers = std::vector<double>;

Numbers counted(std::size_t count) {
  Numbers numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<double>(i + 1);
  return numbers;
}
Given line(Numbers numbers) {
  const auto length = static_cast<std::int64_t>(numbers.size());
  return input({1, 1, length}, std::move(numbers));
}
Given kernel(Numbers numbers) {
  const auto length = static_cast<std::int64_t>(numbers.size());
  return weight({1, 1, length}, std::move(numbers));
}
Attribute word(const char* text) { return std::string(text); }
Attribute one(std::int64_t number) { return Ints{number}; }

TEST(Convolve, AlongOneAxis) {
  const Given x = line({1, 2, 3, 4, 5});
  const Given w = kernel({1, 10});
  expect_array(compute("Conv", {x, w}), {1, 1, 4}, {21, 32, 43, 54});
  expect_array(compute("Conv", {x, w, weight({1}, {100})}), {1, 1, 4}, {121, 132, 143, 154});
  expect_array(compute("Conv", {x, w}, {{"strides", one(2)}}), {1, 1, 2}, {21, 43});
  expect_array(compute("Conv", {x, w}, {{"dilations", one(3)}}), {1, 1, 2}, {41, 52});
  expect_array(compute("Conv", {x, w}, {{"pads", Ints{1, 2}}}), {1, 1, 7}, {10, 21, 32, 43, 54, 5, 0});
  expect_array(compute("Conv", {x, w}, {{"auto_pad", word("SAME_UPPER")}}), {1, 1, 5}, {21, 32, 43, 54, 5});
  expect_array(compute("Conv", {x, w}, {{"auto_pad", word("SAME_LOWER")}}), {1, 1, 5}, {10, 21, 32, 43, 54});
  expect_array(compute("Conv", {x, w}, {{"auto_pad", word("VALID")}, {"pads", Ints{1, 1}}}), {1, 1, 4},
               {21, 32, 43, 54});
  expect_array(compute("Conv", {x, w}, {{"auto_pad", word("SAME_UPPER")}, {"strides", one(4)}}), {1, 1, 2}, {21, 5});
}

TEST(Convolve, AlongSeveralAxes) {
  const Given x = input({2, 1, 2, 3}, counted(12));
  expect_array(compute("Conv", {x, weight({2, 1, 2, 2}, {1, 0, 0, 1, 0, 1, 0, 0})}), {2, 2, 1, 2},
               {6, 8, 2, 3, 18, 20, 8, 9});
  const Given cube = input({1, 1, 2, 2, 2}, counted(8));
  expect_array(compute("Conv", {cube, weight({1, 1, 2, 2, 2}, Numbers(8, 1.0))}), {1, 1, 1, 1, 1}, {36});
}

TEST(Convolve, InGroups) {
  const Given x = input({1, 2, 2}, {1, 2, 3, 4});
  const Given w = weight({4, 1, 1}, {1, 10, 100, 1000});
  expect_array(compute("Conv", {x, w}, {{"group", std::int64_t{2}}}), {1, 4, 2}, {1, 2, 10, 20, 300, 400, 3000, 4000});
  expect_array(compute("ConvTranspose", {x, weight({2, 2, 1}, {1, 10, 100, 1000})}, {{"group", std::int64_t{2}}}),
               {1, 4, 2}, {1, 2, 10, 20, 300, 400, 3000, 4000});
}

TEST(Convolve, Transposed) {
  const Given x = line({1, 2, 3});
  const Given w = kernel({1, 10});
  expect_array(compute("ConvTranspose", {x, w}), {1, 1, 4}, {1, 12, 23, 30});
  expect_array(compute("ConvTranspose", {x, w, weight({1}, {100})}), {1, 1, 4}, {101, 112, 123, 130});
  expect_array(compute("ConvTranspose", {x, w}, {{"strides", one(3)}}), {1, 1, 8}, {1, 10, 0, 2, 20, 0, 3, 30});
  expect_array(compute("ConvTranspose", {x, w}, {{"strides", one(3)}, {"output_padding", one(1)}}), {1, 1, 9},
               {1, 10, 0, 2, 20, 0, 3, 30, 0});
  expect_array(compute("ConvTranspose", {x, w}, {{"dilations", one(2)}}), {1, 1, 5}, {1, 2, 13, 20, 30});
  expect_array(compute("ConvTranspose", {x, w}, {{"pads", Ints{1, 0}}}), {1, 1, 3}, {12, 23, 30});
  expect_array(compute("ConvTranspose", {x, w}, {{"auto_pad", word("SAME_UPPER")}}), {1, 1, 3}, {1, 12, 23});
  expect_array(compute("ConvTranspose", {x, w}, {{"auto_pad", word("SAME_LOWER")}}), {1, 1, 3}, {12, 23, 30});
  expect_array(compute("ConvTranspose", {x, w}, {{"output_shape", one(3)}}), {1, 1, 3}, {12, 23, 30});
  expect_array(compute("ConvTranspose", {x, w}, {{"output_shape", one(5)}}), {1, 1, 5}, {1, 12, 23, 30, 0});
}

TEST(Convolve, MaxPool) {
  const Given x = line({-1, -2, -3, -5, -4});
  const auto pool = [&](Attributes attributes) {
    attributes.emplace("kernel_shape", Ints{2});
    return compute("MaxPool", {x}, std::move(attributes));
  };
  expect_array(pool({}), {1, 1, 4}, {-1, -2, -3, -4});
  expect_array(pool({{"strides", one(2)}}), {1, 1, 2}, {-1, -3});
  expect_array(pool({{"strides", one(2)}, {"ceil_mode", std::int64_t{1}}}), {1, 1, 3}, {-1, -3, -4});
  expect_array(pool({{"pads", Ints{1, 1}}}), {1, 1, 6}, {-1, -1, -2, -3, -4, -4});
  expect_array(pool({{"dilations", one(3)}}), {1, 1, 2}, {-1, -2});
  expect_array(pool({{"auto_pad", word("SAME_LOWER")}, {"storage_order", std::int64_t{1}}}), {1, 1, 5},
               {-1, -1, -2, -3, -4});
  // The window that would start in the padding on the right is left out.
  expect_array(pool({{"strides", one(3)}, {"pads", Ints{0, 1}}, {"ceil_mode", std::int64_t{1}}}), {1, 1, 2}, {-1, -4});
  expect_array(compute("MaxPool", {input({1, 1, 2, 3}, counted(6))}, {{"kernel_shape", Ints{2, 2}}}), {1, 1, 1, 2},
               {5, 6});
  // Its places, the first of several, whether they are computed in advance or by comparisons.
  const std::vector<double> tied{1, 3, 3, 2, 5, 5, 4, 0, 6};
  const Attributes padded{{"kernel_shape", Ints{2, 2}}, {"pads", Ints{1, 1, 0, 0}}};
  Attributes by_columns = padded;
  by_columns["storage_order"] = std::int64_t{1};
  for (const Given& given : {input({1, 1, 3, 3}, tied), weight({1, 1, 3, 3}, tied)}) {
    expect_array(compute("MaxPool", {given}, padded, 17, 1), {1, 1, 3, 3}, {0, 1, 1, 3, 4, 4, 6, 4, 8});
    expect_array(compute("MaxPool", {given}, by_columns, 17, 1), {1, 1, 3, 3}, {0, 3, 3, 1, 4, 4, 2, 4, 8});
  }
}

TEST(Convolve, AveragePool) {
  const Given x = line({2, 4, 6, 8, 12});
  const auto pool = [&](Attributes attributes) {
    attributes.emplace("kernel_shape", Ints{2});
    return compute("AveragePool", {x}, std::move(attributes), 19);
  };
  const Attribute yes = std::int64_t{1};
  expect_array(pool({}), {1, 1, 4}, {3, 5, 7, 10});
  expect_array(pool({{"pads", Ints{1, 1}}}), {1, 1, 6}, {2, 3, 5, 7, 10, 12});
  expect_array(pool({{"pads", Ints{1, 1}}, {"count_include_pad", yes}}), {1, 1, 6}, {1, 3, 5, 7, 10, 6});
  // What lies beyond even the padding is never counted.
  expect_array(pool({{"strides", one(2)}, {"ceil_mode", yes}, {"count_include_pad", yes}}), {1, 1, 3}, {3, 7, 12});
  expect_array(pool({{"dilations", one(2)}}), {1, 1, 3}, {4, 6, 9});
}

TEST(Convolve, Malformed) {
  const Given x = line({1, 2, 3, 4, 5});
  const Given w = kernel({1, 10});
  const auto refused = [&](const char* op, Attributes attributes, const char* part) {
    SCOPED_TRACE(part);
    std::vector<std::optional<Given>> given{x};
    if (std::string(op).find("Pool") == std::string::npos) given.emplace_back(w);
    expect_refused(compute(op, given, std::move(attributes), 19), part);
  };
  const std::int64_t far = std::int64_t{1} << 62;
  for (const char* op : {"Conv", "ConvTranspose"}) {
    SCOPED_TRACE(op);
    refused(op, {{"strides", one(0)}}, "'strides' is out of bounds");
    refused(op, {{"strides", Ints{1, 1}}}, "'strides' does not fit");
    refused(op, {{"dilations", one(0)}}, "'dilations' is out of bounds");
    refused(op, {{"dilations", one(far)}}, "'dilations' is out of bounds");
    refused(op, {{"pads", Ints{-1, 0}}}, "'pads' is out of bounds");
    refused(op, {{"pads", Ints{1}}}, "'pads' does not fit");
    refused(op, {{"group", std::int64_t{2}}}, "do not fit 1 channels in 2 groups");
    refused(op, {{"group", std::int64_t{0}}}, "in 0 groups");
    refused(op, {{"kernel_shape", one(3)}}, "'kernel_shape' differs");
    refused(op, {{"auto_pad", word("SAME")}}, "'auto_pad' is not one of");
    expect_refused(compute(op, {x, w, weight({2}, {1, 1})}), "bias of shape (2)");
    expect_refused(compute(op, {input({1, 2}, {1, 2}), weight({1, 2}, {1, 2})}), "have no kernel axes");
    expect_refused(compute(op, {x, weight({1, 1, 1, 1}, {1})}), "kernel does not fit");
    expect_refused(compute(op, {x}), "input 1 is missing");
  }
  refused("Conv", {{"dilations", one(5)}}, "larger than its padded input");
  refused("Conv", {{"dilations", one(1 << 28)}}, "larger than its padded input");
  refused("Conv", {{"pads", Ints{1 << 28, 1 << 28}}}, "too many or too large");
  refused("ConvTranspose", {{"dilations", one(1 << 28)}, {"strides", one(1 << 28)}}, "no possible length");
  refused("ConvTranspose", {{"pads", Ints{6, 6}}}, "no possible length");
  refused("ConvTranspose", {{"output_shape", one(0)}}, "'output_shape' is out of bounds");
  refused("MaxPool", {}, "'kernel_shape' is missing");
  refused("MaxPool", {{"kernel_shape", one(0)}}, "kernel is out of bounds");
  refused("MaxPool", {{"kernel_shape", one(far)}}, "kernel is out of bounds");
  refused("MaxPool", {{"kernel_shape", one(6)}}, "larger than its padded input");
  refused("MaxPool", {{"kernel_shape", one(2)}, {"pads", Ints{2, 0}}}, "nothing but padding");
  refused("AveragePool", {{"kernel_shape", one(2)}, {"pads", Ints{1 << 27, 0}}}, "nothing but padding");
  const Attribute large = Ints{1 << 14, 1 << 14, 1 << 14};
  const Attribute pads = Ints(6, 1 << 15);
  expect_refused(compute("MaxPool", {input({1, 1, 1, 1, 1}, {1})}, {{"kernel_shape", large}, {"pads", pads}}),
                 "too many or too large");
}

double weight_at(std::size_t i) { return static_cast<double>(i * 7919 % 1013) / 512 - 1; }

// Sizes around those of the blocks; every way to lay out the matrices; the same order of summands, so the same bits.
TEST(Convolve, BlocksOfTheProductChangeNothing) {
  const std::size_t sizes[][3] = {{1, 3, 9}, {3, 300, 5}, {4, 256, 8}, {5, 257, 513}, {9, 600, 31}, {2, 1, 1030}};
  for (const auto& [rows, depth, columns] : sizes) {
    Numbers a(rows * depth), b(depth * columns), out(rows * columns);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = weight_at(i);
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = weight_at(i + 11);
    for (const unsigned turned : {0u, 1u, 2u, 3u}) {
      const Matrix left = (turned & 1) != 0 ? Matrix{a.data(), 1, rows} : Matrix{a.data(), depth, 1};
      const Matrix right = (turned & 2) != 0 ? Matrix{b.data(), 1, depth} : Matrix{b.data(), columns, 1};
      std::fill(out.begin(), out.end(), 0.5);
      multiply_add(left, right, rows, depth, columns, out.data(), columns);
      for (std::size_t i = 0; i < out.size(); ++i) {
        double sum = 0.5;
        for (std::size_t k = 0; k < depth; ++k) {
          const double product = left.data[i / columns * left.row + k * left.column] *
                                 right.data[k * right.row + i % columns * right.column];
          sum += product;
        }
        ASSERT_EQ(out[i], sum) << rows << " " << depth << " " << columns << " " << turned << " " << i;
      }
    }
  }
}

// More places and more depth than a block has.
TEST(Convolve, BlocksOfPlaces) {
  const std::int64_t length = 1100, channels = 90, filters = 5;
  Numbers x(static_cast<std::size_t>(length * channels)), w(static_cast<std::size_t>(filters * channels * 3));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i * 31 % 17) - 8;
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<double>(i * 13 % 7) - 3;
  Numbers expected;
  for (std::int64_t f = 0; f < filters; ++f) {
    for (std::int64_t o = 0; o < length; ++o) {
      double sum = 0;
      for (std::int64_t c = 0; c < channels; ++c) {
        for (std::int64_t k = std::max<std::int64_t>(1 - o, 0); k < 3 && o + k - 1 < length; ++k) {
          sum += x[static_cast<std::size_t>(c * length + o + k - 1)] *
                 w[static_cast<std::size_t>((f * channels + c) * 3 + k)];
        }
      }
      expected.push_back(sum);
    }
  }
  const Attributes attributes{{"pads", Ints{1, 1}}};
  expect_array(compute("Conv", {input({1, channels, length}, x), weight({filters, channels, 3}, w)}, attributes),
               {1, filters, length}, expected);
}

TEST(Convolve, NothingIsNotConvolved) {
  for (const char* op : {"Conv", "ConvTranspose"}) {
    EXPECT_FALSE(compute(op, {input({1, 1, 0}, {}), weight({1, 1, 2}, {1, 2})}, {{"pads", Ints{2, 2}}}).ok());
    EXPECT_FALSE(compute(op, {input({1, 1, 3}, {1, 2, 3}), weight({1, 1, 0}, {})}).ok());
  }
}

}  // namespace
}  // namespace veil
