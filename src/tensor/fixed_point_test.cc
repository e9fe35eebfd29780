#include "tensor/fixed_point.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/int128.h"

namespace veil {
namespace {

TEST(RoundShift, IsHalfUpForEveryShift) {
  std::mt19937_64 random(1);
  for (unsigned shift = 1; shift <= 20; ++shift) {
    const std::int64_t unit = std::int64_t{1} << shift;
    for (int i = 0; i < 2000; ++i) {
      const auto value = static_cast<std::int64_t>(random() % 4000000) - 2000000;
      const std::int64_t rounded = round_shift(value, shift);
      const std::int64_t twice_off = 2 * (value - rounded * unit);
      EXPECT_TRUE(-unit <= twice_off && twice_off < unit) << value << " >> " << shift;
    }
  }
  EXPECT_EQ(round_shift(5, 0), 5);
  EXPECT_EQ(round_shift(1, 1), 1);
  EXPECT_EQ(round_shift(-1, 1), 0);
  EXPECT_EQ(round_shift(-3, 1), -1);
}

TEST(QuantiseReal, RoundsHalfUpAndSaturates) {
  const IntegerRange range = signed_range(16);
  EXPECT_EQ(quantise_real(0.5, 0, range), 1);
  EXPECT_EQ(quantise_real(-0.5, 0, range), 0);
  EXPECT_EQ(quantise_real(-1.5, 0, range), -1);
  EXPECT_EQ(quantise_real(-0.0, 0, range), 0);
  EXPECT_EQ(quantise_real(std::nextafter(0.5, 0.0), 0, range), 0);
  EXPECT_EQ(quantise_real(std::nextafter(-0.5, -1.0), 0, range), -1);
  EXPECT_EQ(quantise_real(-1e-300, 0, range), 0);
  EXPECT_EQ(quantise_real(3.0, -4, range), 48);
  EXPECT_EQ(quantise_real(1e6, 5, range), 31250);
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(quantise_real(infinity, 3, range), 32767);
  EXPECT_EQ(quantise_real(-infinity, 3, range), -32768);
  EXPECT_EQ(quantise_real(1e308, -1000, range), 32767);
  EXPECT_EQ(quantise_real(std::nan(""), 0, range), std::nullopt);
}

TEST(ScaleFor, IsTheLeastPowerThatFits) {
  EXPECT_EQ(scale_for(32767, 32767, 0), 0);
  EXPECT_EQ(scale_for(32768, 32767, 0), 1);
  EXPECT_EQ(scale_for(1.0, 32767, 0), -14);
  EXPECT_EQ(scale_for(0.0, 32767, -7), -7);
  std::mt19937_64 random(2);
  for (int i = 0; i < 10000; ++i) {
    const double largest =
        std::ldexp(1.0 + static_cast<double>(random() % 1000) / 1000, static_cast<int>(random() % 80) - 40);
    const std::int64_t limit = 1 + static_cast<std::int64_t>(random() % 40000);
    const std::int32_t scale = scale_for(largest, limit, 0);
    EXPECT_LE(largest, std::ldexp(static_cast<double>(limit), scale));
    EXPECT_GT(largest, std::ldexp(static_cast<double>(limit), scale - 1));
  }
}

TEST(IntegerRanges, CoverEveryCorner) {
  EXPECT_EQ(multiply_ranges({-3, 2}, {-5, 7}), (IntegerRange{-21, 15}));
  EXPECT_EQ(add_ranges({-3, 2}, {-5, 7}), (IntegerRange{-8, 9}));
  EXPECT_EQ(scale_range({-3, 2}, -2), (IntegerRange{-4, 6}));
  EXPECT_EQ(multiply_ranges({0, std::int64_t{1} << 40}, {0, std::int64_t{1} << 40}), std::nullopt);
}

}  // namespace
}  // namespace veil
