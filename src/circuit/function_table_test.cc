#include "circuit/function_table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace veil {
namespace {

long double exact(SmoothFunction function, long double x) {
  switch (function) {
    case SmoothFunction::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case SmoothFunction::kTanh:
      return std::tanh(x);
    default:
      return -std::expm1(-x);
  }
}

std::vector<PieceParameters> examples() {
  std::vector<PieceParameters> all;
  for (std::int64_t function = 1; function <= 3; ++function) {
    for (std::int64_t key_bits = 6; key_bits <= 12; key_bits += 2) {
      for (std::int64_t low_bits : {0, 1, 4, 8}) {
        for (std::int64_t output : {-8, -14, -24}) {
          const std::int64_t input = std::min<std::int64_t>(4 - (key_bits - 1 + low_bits), 0);
          all.push_back({function, key_bits, low_bits, input, output, low_bits == 0 ? 0 : 6});
        }
      }
    }
  }
  return all;
}

// Every base and slope against long double: at most one unit from the real number that it stands for.
TEST(FunctionPieces, AgreeWithLongDoubleWithinOneUnit) {
  for (const PieceParameters& p : examples()) {
    const auto list = piece_list(p);
    if (!function_pieces_known(list)) continue;
    const auto columns = function_pieces(list);
    const auto function = static_cast<SmoothFunction>(p.function);
    const long double unit = std::ldexp(1.0L, static_cast<int>(p.output_scale_log2));
    for (std::size_t row = 0; row < columns[0].size(); ++row) {
      const long double start =
          std::ldexp(static_cast<long double>(columns[0][row]), static_cast<int>(p.low_bits + p.input_scale_log2));
      const long double width = std::ldexp(1.0L, static_cast<int>(p.low_bits + p.input_scale_log2));
      const long double f0 = exact(function, start);
      const long double f1 = exact(function, start + width);
      const long double middle = exact(function, start + width / 2);
      const long double raise = p.low_bits == 0 ? 0 : (middle - (f0 + f1) / 2) / 2;
      ASSERT_NEAR(static_cast<double>((f0 + raise) / unit), static_cast<double>(columns[1][row]), 1.0);
      const long double slope =
          p.low_bits == 0 ? 0 : (f1 - f0) / unit * std::ldexp(1.0L, static_cast<int>(p.slope_shift - p.low_bits));
      // What keeps y increasing: rounding of two bases, and in wide pieces the raise that differs from the next one.
      const long double unit_of_slope = p.low_bits == 0 ? 0
                                                        : std::ldexp(1.0L, static_cast<int>(p.slope_shift)) /
                                                              (std::ldexp(1.0L, static_cast<int>(p.low_bits)) - 1);
      ASSERT_LE(static_cast<double>(columns[2][row]), static_cast<double>(slope + 1));
      ASSERT_GE(static_cast<double>(columns[2][row]), static_cast<double>(0.75L * slope - 1 - 2 * unit_of_slope));
    }
  }
}

TEST(FunctionPieces, AreIncreasingFromEndToEnd) {
  for (const PieceParameters& p : examples()) {
    const auto list = piece_list(p);
    if (!function_pieces_known(list)) continue;
    const auto columns = function_pieces(list);
    std::int64_t before = columns[1][0];
    for (std::size_t row = 0; row < columns[0].size(); ++row) {
      for (std::int64_t low = 0; low < (std::int64_t{1} << p.low_bits); ++low) {
        const std::int64_t half = p.slope_shift == 0 ? 0 : std::int64_t{1} << (p.slope_shift - 1);
        const std::int64_t y = columns[1][row] + ((columns[2][row] * low + half) >> p.slope_shift);
        ASSERT_GE(y, before) << p.function << " " << p.key_bits << " " << p.low_bits << " " << p.output_scale_log2;
        before = y;
      }
    }
  }
}

TEST(FunctionPieces, KeysAreConsecutiveAndSlopesNotNegative) {
  for (const PieceParameters& p : examples()) {
    const auto list = piece_list(p);
    if (!function_pieces_known(list)) continue;
    const auto columns = function_pieces(list);
    ASSERT_EQ(columns.size(), 3u);
    EXPECT_EQ(columns[0].front(), p.function == 3 ? 0 : -(std::int64_t{1} << (p.key_bits - 1)));
    for (std::size_t row = 0; row < columns[0].size(); ++row) {
      EXPECT_EQ(columns[0][row], columns[0][0] + static_cast<std::int64_t>(row));
      EXPECT_GE(columns[2][row], 0);
    }
  }
}

// The 16-bit tables that the model wing uses: 2^-12 absolute over the whole domain, rounding included.
TEST(FunctionPieces, SixteenBitAccuracy) {
  for (const PieceParameters& p : {PieceParameters{1, 9, 7, -11, -14, 8}, PieceParameters{2, 9, 7, -12, -13, 8}}) {
    const auto list = piece_list(p);
    ASSERT_TRUE(function_pieces_known(list));
    const auto columns = function_pieces(list);
    double worst = 0;
    for (std::size_t row = 0; row < columns[0].size(); ++row) {
      for (std::int64_t low = 0; low < (std::int64_t{1} << p.low_bits); ++low) {
        const std::int64_t y = columns[1][row] + ((columns[2][row] * low + 128) >> p.slope_shift);
        const std::int64_t z = (columns[0][row] << p.low_bits) + low;
        const auto x = std::ldexp(static_cast<long double>(z), static_cast<int>(p.input_scale_log2));
        const auto got = std::ldexp(static_cast<long double>(y), static_cast<int>(p.output_scale_log2));
        worst =
            std::max(worst, static_cast<double>(std::fabs(got - exact(static_cast<SmoothFunction>(p.function), x))));
      }
    }
    EXPECT_LT(worst, std::ldexp(1.0, -12)) << "function " << p.function;
    RecordProperty("worst_error_function_" + std::to_string(p.function), std::to_string(worst));
    std::printf("function %d: worst error %.3g = 2^%.2f\n", static_cast<int>(p.function), worst, std::log2(worst));
  }
}

// Pinned values: the same integers on every platform and in every release.
TEST(FunctionPieces, GoldenChecksum) {
  std::uint64_t checksum = 1469598103934665603u;
  for (const PieceParameters& p : {PieceParameters{1, 9, 7, -11, -14, 8}, PieceParameters{2, 9, 7, -12, -13, 8},
                                   PieceParameters{1, 8, 4, -8, -12, 8}, PieceParameters{2, 8, 0, -5, -7, 0},
                                   PieceParameters{3, 8, 8, -12, -16, 8}}) {
    for (const auto& column : function_pieces(piece_list(p))) {
      for (const std::int64_t value : column) {
        checksum = (checksum ^ static_cast<std::uint64_t>(value)) * 1099511628211u;
      }
    }
  }
  EXPECT_EQ(checksum, 14604183018377644603u);
}

TEST(FunctionPieces, RefusesEveryParameterOutOfBounds) {
  const PieceParameters good{1, 9, 7, -11, -14, 8};
  EXPECT_TRUE(function_pieces_known(piece_list(good)));
  const std::vector<std::int64_t> list = piece_list(good);
  for (std::size_t i = 0; i < list.size(); ++i) {
    for (const std::int64_t bad : {INT64_MIN, std::int64_t{-25}, std::int64_t{17}, std::int64_t{1} << 40, INT64_MAX}) {
      std::vector<std::int64_t> changed = list;
      changed[i] = bad;
      EXPECT_FALSE(function_pieces_known(changed)) << i << " " << bad;
    }
  }
  EXPECT_FALSE(function_pieces_known({}));
  EXPECT_FALSE(function_pieces_known({1, 9, 7, -11, -14}));
  EXPECT_FALSE(function_pieces_known({1, 9, 7, -11, -14, 8, 0}));
  EXPECT_FALSE(function_pieces_known({1, 9, 0, -11, -14, 8}));  // a slope without low bits
  EXPECT_FALSE(function_pieces_known({1, 9, 7, -11, -14, 0}));
  EXPECT_FALSE(function_pieces_known({1, 9, 7, -5, -14, 8}));  // a piece wider than 2
  EXPECT_FALSE(function_pieces_known({0, 9, 7, -11, -14, 8}));
  EXPECT_FALSE(function_pieces_known({4, 9, 7, -11, -14, 8}));
}

}  // namespace
}  // namespace veil
