#include "base/integer_array.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace veil {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(IntegerArray, TakesTheNarrowestWidthThatHoldsItsIntegers) {
  const std::vector<std::pair<std::vector<std::int64_t>, IntegerWidth>> cases{
      {{}, IntegerWidth::k8},
      {{0}, IntegerWidth::k8},
      {{-128, 127}, IntegerWidth::k8},
      {{0, 128}, IntegerWidth::k16},
      {{-129}, IntegerWidth::k16},
      {{-32768, 32767}, IntegerWidth::k16},
      {{32768}, IntegerWidth::k32},
      {{-32769, 0}, IntegerWidth::k32},
      {{std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()}, IntegerWidth::k32},
      {{std::int64_t{1} << 31}, IntegerWidth::k64},
      {{-(std::int64_t{1} << 31) - 1}, IntegerWidth::k64},
      {{kMin, kMax}, IntegerWidth::k64},
  };
  for (const auto& [values, width] : cases) {
    const IntegerArray array(values);
    EXPECT_EQ(array.width(), width);
    EXPECT_EQ(array.size_bytes(), values.size() * width_bytes(width));
    EXPECT_EQ(array.to_vector(), values);
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(array[i], values[i]);
  }
}

TEST(IntegerArray, CopiesShareOneStorage) {
  const IntegerArray array(std::vector<std::int64_t>{1, -2, 300});
  const IntegerArray copy = array;
  EXPECT_TRUE(copy.shares_storage_with(array));
  EXPECT_EQ(copy, array);
  const IntegerArray again(std::vector<std::int64_t>{1, -2, 300});
  EXPECT_FALSE(again.shares_storage_with(array));
  EXPECT_EQ(again, array);
  EXPECT_FALSE(array == IntegerArray(std::vector<std::int64_t>{1, -2, 301}));
  EXPECT_FALSE(array == IntegerArray(std::vector<std::int64_t>{1, -2}));
}

TEST(IntegerArray, EqualityIsOfIntegersNotOfWidths) {
  IntegerBuffer wide(2, IntegerWidth::k64);
  wide.store(0, std::vector<std::int64_t>{-5, 7});
  EXPECT_EQ(std::move(wide).finish(), IntegerArray(std::vector<std::int64_t>{-5, 7}));
}

TEST(IntegerBuffer, PiecesOfAnyWidthComeOutAsTheyWere) {
  std::mt19937_64 random(1);
  for (const IntegerWidth width : {IntegerWidth::k8, IntegerWidth::k16, IntegerWidth::k32, IntegerWidth::k64}) {
    const unsigned shift = 64 - 8 * static_cast<unsigned>(width_bytes(width));
    std::vector<std::int64_t> expected(100, 0);
    IntegerBuffer buffer(expected.size(), width);
    for (std::size_t first : {std::size_t{0}, std::size_t{31}, std::size_t{90}}) {
      std::vector<std::int64_t> piece;
      for (std::size_t i = 0; i < 10; ++i) piece.push_back(static_cast<std::int64_t>(random()) >> shift);
      buffer.store(first, first == 31 ? IntegerArray(piece).view() : IntegerView(piece));
      std::copy(piece.begin(), piece.end(), expected.begin() + static_cast<std::ptrdiff_t>(first));
    }
    buffer.set(50, -1);
    expected[50] = -1;
    const IntegerArray array = std::move(buffer).finish();
    EXPECT_EQ(array.width(), width);
    EXPECT_EQ(array.to_vector(), expected);
    EXPECT_EQ(array.view().part(31, 10)[3], expected[34]);
    EXPECT_TRUE(array.view().all_within(kMin, kMax));
    const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
    EXPECT_TRUE(array.view().all_within(*low, *high));
    EXPECT_FALSE(array.view().all_within(*low + 1, *high));
    EXPECT_FALSE(array.view().all_within(*low, *high - 1));
  }
}

TEST(IntegerBufferDeathTest, WhatDoesNotFitAborts) {
  IntegerBuffer buffer(4, IntegerWidth::k8);
  EXPECT_DEATH(buffer.set(0, 128), "");
  EXPECT_DEATH(buffer.set(4, 0), "");
  EXPECT_DEATH(buffer.store(3, std::vector<std::int64_t>{1, 2}), "");
}

}  // namespace
}  // namespace veil
